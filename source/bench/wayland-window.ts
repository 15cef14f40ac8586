import { openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { WaylandConnection, type WaylandObject } from '../capture/wayland/connection.js';
import { WL_BUFFER, WL_CALLBACK, WL_SHM, WL_SHM_POOL } from '../capture/wayland/interfaces.js';
import type { Rectangle, Size } from '../core/rectangle.js';
import { MAP_SHARED, memoryCalls, PROT_READ, PROT_WRITE } from '../native/memory-calls.js';
import { createSharedFile } from '../native/shared-file.js';
import { WL_COMPOSITOR, WL_SURFACE, XDG_SURFACE, XDG_TOPLEVEL, XDG_WM_BASE } from './drawing-interfaces.js';
import { FRAMEBUFFER_FILE, framebufferHeader } from './framebuffer-file.js';
import type { StageSurface } from './workloads/workload.js';

const XRGB8888 = 1;
const BUFFERS = 3;

/** One of the buffers that the compositor reads. */
interface Shown {
  readonly object: WaylandObject<typeof WL_BUFFER>;
  readonly pixels: Uint32Array;
  /** Whether the compositor still reads it. */
  busy: boolean;
  /** Areas of the window that changed since it was last shown. */
  missing: Rectangle[];
}

/**
 * A full-screen window of a Wayland compositor, painted from memory. The window's picture is also in a file like Xvfb's,
 * where the watcher sees when each frame is painted.
 */
export class WaylandWindow implements Size {
  readonly width: number;
  readonly height: number;
  readonly #connection: WaylandConnection;
  readonly #surface: WaylandObject<typeof WL_SURFACE>;
  readonly #picture: Uint32Array;
  readonly #buffers: Shown[];
  #damage: Rectangle[] = [];

  private constructor(
    connection: WaylandConnection,
    surface: WaylandObject<typeof WL_SURFACE>,
    { width, height }: Size,
    folder: string,
  ) {
    this.width = width;
    this.height = height;
    this.#connection = connection;
    this.#surface = surface;
    this.#picture = openPicture(path.join(folder, FRAMEBUFFER_FILE), { width, height });
    this.#buffers = createBuffers(connection, { width, height });
  }

  /** @param folder of the file for the watcher */
  static async open(socket: string, size: Size, folder: string): Promise<WaylandWindow> {
    const connection = await WaylandConnection.open({ WAYLAND_DISPLAY: socket });
    const compositor = connection.bind(WL_COMPOSITOR, 4);
    const base = connection.bind(XDG_WM_BASE, 1, { ping: serial => base?.send('pong', serial) });
    if (!compositor || !base) throw new Error('This compositor has no windows');
    const surface = connection.create(WL_SURFACE);
    compositor.send('create_surface', surface as WaylandObject);
    await connection.answered(configured => {
      const window = connection.create(XDG_SURFACE, {
        configure: serial => {
          window.send('ack_configure', serial);
          configured();
        },
      });
      base.send('get_xdg_surface', window as WaylandObject, surface as WaylandObject);
      const toplevel = connection.create(XDG_TOPLEVEL);
      window.send('get_toplevel', toplevel as WaylandObject);
      toplevel.send('set_fullscreen', null);
      surface.send('commit');
    });
    return new WaylandWindow(connection, surface, size, folder);
  }

  createSurface({ width, height }: Size): StageSurface {
    return { width, height, image: 0n, pixels: new Uint32Array(width * height) };
  }

  put(surface: StageSurface, { x, y, width, height }: Rectangle, toX: number, toY: number): void {
    copy(surface, { x, y, width, height }, { pixels: this.#picture, width: this.width }, toX, toY);
    this.#damage.push({ x: toX, y: toY, width, height });
  }

  /**
   * Shows what was put. Without a free buffer it is shown with the next frame.
   * @param onComposed gets the time at which the compositor had it in its picture, in whole milliseconds of the system's
   *   monotonic clock
   */
  show(onComposed: (time: number) => void): void {
    for (const buffer of this.#buffers) buffer.missing.push(...this.#damage);
    const free = this.#buffers.find(({ busy }) => !busy);
    if (!free) return;
    for (const part of free.missing) {
      copy(
        { pixels: this.#picture, width: this.width },
        part,
        { pixels: free.pixels, width: this.width },
        part.x,
        part.y,
      );
    }
    free.missing = [];
    free.busy = true;
    this.#surface.send('attach', free.object as WaylandObject, 0, 0);
    for (const { x, y, width, height } of this.#damage) this.#surface.send('damage_buffer', x, y, width, height);
    this.#damage = [];
    this.#surface.send('frame', this.#connection.create(WL_CALLBACK, { done: onComposed }) as WaylandObject);
    this.#surface.send('commit');
  }
}

interface PixelRows {
  readonly pixels: Uint32Array;
  readonly width: number;
}

function copy(from: PixelRows, { x, y, width, height }: Rectangle, to: PixelRows, toX: number, toY: number): void {
  for (let row = 0; row < height; row++) {
    const start = (y + row) * from.width + x;
    to.pixels.set(from.pixels.subarray(start, start + width), (toY + row) * to.width + toX);
  }
}

/** @throws Error where memory cannot be mapped */
function mapped(fd: number, length: number): Uint8Array {
  const system = memoryCalls();
  const address = system?.map(length, PROT_READ | PROT_WRITE, MAP_SHARED, fd) ?? null;
  if (!system || address === null) throw new Error('Memory cannot be mapped here');
  return system.view(address, length);
}

function openPicture(file: string, size: Size): Uint32Array {
  const header = framebufferHeader(size);
  const length = size.width * size.height * 4;
  const fd = openSync(file, 'w+');
  writeSync(fd, Buffer.concat([header, Buffer.alloc(length)]));
  const bytes = mapped(fd, header.length + length);
  return new Uint32Array(bytes.buffer, bytes.byteOffset + header.length, length / 4);
}

function createBuffers(connection: WaylandConnection, { width, height }: Size): Shown[] {
  const length = width * height * 4;
  const fd = createSharedFile('peerglass-bench', length * BUFFERS);
  const shm = connection.bind(WL_SHM, 1);
  if (fd === null || !shm) throw new Error('There is no shared memory');
  const bytes = mapped(fd, length * BUFFERS);
  const pool = connection.create(WL_SHM_POOL);
  shm.send('create_pool', pool as WaylandObject, fd, length * BUFFERS);
  return Array.from({ length: BUFFERS }, (_, index) => {
    const object = connection.create(WL_BUFFER, {
      release: () => {
        buffer.busy = false;
      },
    });
    pool.send('create_buffer', object as WaylandObject, index * length, width, height, width * 4, XRGB8888);
    const pixels = new Uint32Array(bytes.buffer, bytes.byteOffset + index * length, length / 4);
    const buffer: Shown = { object, pixels, busy: false, missing: [] };
    return buffer;
  });
}
