import fs from 'node:fs';
import { PeerglassError } from '../../core/errors.js';
import type { Rectangle, Size } from '../../core/rectangle.js';
import { createSharedFile } from '../../native/shared-file.js';
import { SharedMapping } from '../../native/shared-mapping.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../../pixels/framebuffer.js';
import type { WaylandConnection, WaylandObject } from './connection.js';
import { type ShmFormat, toBgrx } from './formats.js';
import { WL_BUFFER, type WL_SHM, WL_SHM_POOL } from './interfaces.js';
import { copyTurned, isUpright, type Turn, turnedBack } from './turn.js';

/** No monitor is larger, and sizes stay within the protocol's signed 32 bits. */
const MAX_SIDE = 16_384;

/** The size and pixel format that the compositor requires of a buffer. */
export interface BufferShape extends Size {
  /** Bytes from the beginning of a row to that of the next. */
  readonly stride: number;
  readonly format: ShmFormat;
}

export function sameShape(a: BufferShape, b: BufferShape): boolean {
  return a.width === b.width && a.height === b.height && a.stride === b.stride && a.format.code === b.format.code;
}

/** The stride of packed rows, as a multiple of 4 bytes. */
export function packedStride(width: number, { bytesPerPixel }: ShmFormat): number {
  return (width * bytesPerPixel + 3) & ~3;
}

/** Memory for pixels on their way from a buffer to a framebuffer. */
export class RowMemory {
  #bytes = Buffer.alloc(0);

  /** Memory of at least this length, valid until the next call, at the beginning of an ArrayBuffer. */
  take(length: number): Buffer {
    if (this.#bytes.length < length) this.#bytes = Buffer.from(new ArrayBuffer(length));
    return this.#bytes;
  }
}

/** A picture in memory that the compositor writes to and this program reads. */
export class SharedBuffer {
  readonly shape: BufferShape;
  readonly object: WaylandObject<typeof WL_BUFFER>;
  /** Areas that have changed since the last capture to this buffer; null: there was none. */
  missing: Rectangle[] | null = null;
  readonly #connection: WaylandConnection;
  readonly #rows: RowMemory;
  readonly #fd: number;
  readonly #mapping: SharedMapping | null;
  #closed = false;

  /** @throws PeerglassError E_CAPTURE where there is no memory for it */
  constructor(connection: WaylandConnection, shm: WaylandObject<typeof WL_SHM>, shape: BufferShape, rows: RowMemory) {
    const { width, height, stride, format } = shape;
    this.#connection = connection;
    this.#rows = rows;
    this.shape = shape;
    const fits = width > 0 && height > 0 && width <= MAX_SIDE && height <= MAX_SIDE;
    if (!fits || stride < width * format.bytesPerPixel || stride > MAX_SIDE * BYTES_PER_PIXEL) {
      throw new PeerglassError('E_CAPTURE', `The compositor offers an impossible picture (${width}x${height}).`, '');
    }
    const length = stride * height;
    this.#fd = openFile(length);
    this.#mapping = SharedMapping.of(this.#fd, length);
    const pool = connection.create(WL_SHM_POOL);
    shm.send('create_pool', pool as WaylandObject, this.#fd, length);
    this.object = connection.create(WL_BUFFER);
    pool.send('create_buffer', this.object as WaylandObject, 0, width, height, stride, format.code);
    pool.send('destroy');
  }

  /**
   * Copies a part of the upright picture.
   *
   * @param part in the picture's coordinates, inside of it
   * @param by how the picture is turned
   * @param to where the part's top left pixel goes in the framebuffer
   */
  read(part: Rectangle, by: Turn, incoming: Framebuffer, to: { readonly x: number; readonly y: number }): void {
    const { layout } = this.shape.format;
    if (isUpright(by) && (layout === 'bgrx' || layout === 'rgbx')) {
      this.#readRows(part, incoming, to);
      if (layout === 'bgrx') return;
      const at = incoming.at(to.x, to.y);
      incoming.memory.kernels.swapRedBlue(at, incoming.stride, at, incoming.stride, part.width, part.height);
      return;
    }
    const from = turnedBack(by, part, this.shape);
    const pixels = this.pixels(from);
    const target = new Uint32Array(incoming.memory.memory.buffer, incoming.pointer, incoming.width * incoming.height);
    copyTurned(by, pixels, from, target, to.y * incoming.width + to.x, incoming.width);
  }

  /**
   * A rectangle of the buffer, not turned, as BGRX; valid until the next call, also of another buffer of the stream.
   */
  pixels({ x, y, width, height }: Rectangle): Uint32Array {
    const { bytesPerPixel } = this.shape.format;
    const count = width * height;
    const rowBytes = width * bytesPerPixel;
    const memory = this.#rows.take(count * (BYTES_PER_PIXEL + bytesPerPixel));
    const rows = memory.subarray(count * BYTES_PER_PIXEL, count * (BYTES_PER_PIXEL + bytesPerPixel));
    this.#copyRows(x, y, rowBytes, height, rows, 0, rowBytes);
    const pixels = new Uint32Array(memory.buffer, 0, count);
    toBgrx(this.shape.format, rows, pixels);
    return pixels;
  }

  /** Frees it; the compositor may still write to its own mapping. Safe to call twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.object.send('destroy');
    this.#mapping?.unmap();
    this.#connection.afterSending(() => fs.closeSync(this.#fd));
  }

  #readRows({ x, y, width, height }: Rectangle, incoming: Framebuffer, to: { readonly x: number; readonly y: number }) {
    const place = to.y * incoming.stride + to.x * BYTES_PER_PIXEL;
    this.#copyRows(x, y, width * BYTES_PER_PIXEL, height, incoming.bytes(), place, incoming.stride);
  }

  #copyRows(x: number, y: number, length: number, rows: number, to: Uint8Array, place: number, toStride: number): void {
    const { stride, format } = this.shape;
    let from = y * stride + x * format.bytesPerPixel;
    // Whole rows are contiguous on both sides.
    const together = length === stride && length === toStride ? rows : 1;
    for (let row = 0; row < rows; row += together, from += stride, place += toStride)
      this.#copy(from, to, place, length * together);
  }

  #copy(from: number, to: Uint8Array, place: number, length: number): void {
    if (this.#mapping) this.#mapping.copyTo(to, place, from, length);
    else fs.readSync(this.#fd, to, place, length, from);
  }
}

function openFile(length: number): number {
  try {
    const fd = createSharedFile('peerglass', length);
    if (fd !== null) return fd;
  } catch (cause) {
    const message = `There is no memory for the screen's picture (${Math.ceil(length / 1_000_000)} MB).`;
    throw new PeerglassError('E_CAPTURE', message, 'Close other programs, then share again.', { cause });
  }
  throw new PeerglassError('E_CAPTURE', 'This system has no memory files (memfd).', 'Linux 3.17 or newer is needed.');
}
