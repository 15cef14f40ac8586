import {
  type CursorEncoding,
  cursorBytes,
  isDrawn,
  NO_CURSOR,
  readCursor,
} from '../../../codecs/decode/cursor-decoder.js';
import type { StreamInflater } from '../../../codecs/decode/inflate.js';
import { type LatePicture, Scratch } from '../../../codecs/decode/rectangle-decoder.js';
import { WireColours } from '../../../codecs/decode/wire-colours.js';
import { encodingOf, RectangleDecoders } from '../../../codecs/encodings/registry.js';
import type { JpegDecoder } from '../../../codecs/jpeg/jpeg-decoder.js';
import type { VideoParts } from '../../../codecs/video/video-contexts.js';
import type { ByteReader } from '../../../core/byte-reader.js';
import type { Clock } from '../../../core/clock.js';
import { PeerglassError } from '../../../core/errors.js';
import { BGRX, type PixelFormat, pixelFormatKey } from '../../../core/pixel-format.js';
import { area, bounds, contains, isEmpty, overlaps, type Rectangle, type Size } from '../../../core/rectangle.js';
import { Framebuffer } from '../../../pixels/framebuffer.js';
import type { PixelMemory } from '../../../pixels/pixel-memory.js';
import { Region } from '../../../pixels/region.js';
import { checkPictureSize } from '../../../protocols/rfb/client-handshake.js';
import { unrequestedLength } from '../../../protocols/rfb/client-reader.js';
import {
  DESKTOP_SIZE_REASON,
  DESKTOP_SIZE_RESULT,
  ENCODING,
  PSEUDO_ENCODING,
  RFB_LIMITS,
} from '../../../protocols/rfb/constants.js';
import { LongText } from '../../../protocols/rfb/long-text.js';
import type { RectangleHeader } from '../../../protocols/rfb/messages.js';
import type { PictureRecorder } from '../picture-recorder.js';
import { BUFFER_LIMITS } from './bounds.js';
import { PointerOverlay } from './pointer-overlay.js';

export interface PictureHost {
  readonly memory: PixelMemory;
  readonly inflater: StreamInflater;
  readonly clock: Clock;
  resize(size: Size): Framebuffer;
  /** The server resized the desktop. */
  resized(size: Size): void;
  renamed(name: string): void;
}

/** The result of an update's rectangles. */
export interface UpdateResult {
  /** Disjoint. */
  readonly dirty: readonly Rectangle[];
  /** False: no new frame, only a lossless refresh or the cursor. */
  readonly frame: boolean;
  /** As packed RGB. */
  readonly rawBytes: number;
  readonly decodeMs: number;
  /** Rectangles by encoding. */
  readonly encodings: Readonly<Record<string, number>>;
}

/** Pixels still being decoded on another thread. */
interface Pending {
  readonly rectangle: Rectangle;
  readonly done: Promise<void>;
}

/** A picture of a film, to be painted when the rest of the update is there. */
interface Film {
  readonly rectangle: Rectangle;
  readonly picture: LatePicture;
  /** Its rectangle without the areas that the server has named, and without those that came after it. */
  readonly visible: Region;
}

const RGB_BYTES = 3;
const SCREEN_BYTES = 16;
/** What reads pixels of the picture, or replaces it. */
const MOVES_OR_RESIZES: ReadonlySet<number> = new Set([
  ENCODING.copyRect,
  PSEUDO_ENCODING.desktopSize,
  PSEUDO_ENCODING.extendedDesktopSize,
]);
/** Replaces an empty rectangle for decoders: it may lie anywhere, and its pointers could be outside the memory. */
const NOWHERE: Rectangle = { x: 0, y: 0, width: 0, height: 0 };

/**
 * The picture of one connection: decodes an update's rectangles, pixels and pseudo-encodings alike, into the
 * framebuffer.
 */
export class RfbPicture {
  readonly pointer = new PointerOverlay();
  /** Is told each rectangle; null: nobody is. */
  recorder: PictureRecorder | null = null;
  /** Whether rectangles are in the format that is recorded. */
  readonly #recordable: boolean;
  readonly #host: PictureHost;
  readonly #decoders: RectangleDecoders;
  readonly #colours: WireColours;
  readonly #scratch: Scratch;
  readonly #name = new LongText(RFB_LIMITS.nameLength, RFB_LIMITS.nameRead);
  /** The desktop size as announced. It may be empty for a moment: the framebuffer then stays as it was. */
  #bounds: Rectangle;
  #framebuffer: Framebuffer;
  /** The framebuffer until the first non-empty size. */
  #placeholder: Framebuffer | null = null;
  /** Bytes left to skip of a cursor too large to draw. */
  #toSkip: number | null = null;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  /** The first error from another thread. */
  #fault: unknown = null;
  #films: Film[] = [];
  /** Of this update: what films do not draw over. */
  #masks: Rectangle[] = [];
  #filmed = false;
  #freed = false;
  #dirty: Rectangle[] = [];
  #rawBytes = 0;
  #refines = false;
  #decodeMs = 0;
  #encodings: Record<string, number> = {};

  constructor(
    host: PictureHost,
    size: Size,
    format: PixelFormat,
    jpeg: JpegDecoder | null,
    video: VideoParts | null = null,
  ) {
    this.#host = host;
    this.#recordable = pixelFormatKey(format) === pixelFormatKey(BGRX);
    this.#decoders = new RectangleDecoders({ inflater: host.inflater, memory: host.memory, jpeg, video });
    this.#colours = new WireColours(host.memory, format);
    this.#scratch = new Scratch(host.memory);
    this.#bounds = { x: 0, y: 0, width: size.width, height: size.height };
    if (isEmpty(this.#bounds)) this.#placeholder = new Framebuffer(host.memory, { width: 1, height: 1 });
    this.#framebuffer = this.#placeholder ?? host.resize({ width: size.width, height: size.height });
  }

  /** The whole picture, or 1x1 while it is empty, since servers do not answer a request for an empty area. */
  get bounds(): Rectangle {
    const { width, height } = this.#bounds;
    return { x: 0, y: 0, width: Math.max(width, 1), height: Math.max(height, 1) };
  }

  get framebuffer(): Framebuffer {
    return this.#framebuffer;
  }

  /** Begins an update. */
  begin(): void {
    this.pointer.restore(this.#framebuffer);
    this.#dirty = [];
    this.#rawBytes = 0;
    this.#refines = false;
    this.#decodeMs = 0;
    this.#encodings = {};
    this.#masks = [];
    this.#filmed = false;
  }

  /** The next of several updates that are painted as one: what was masked is not any more. */
  nextUpdate(): void {
    this.#masks = [];
  }

  /** Whether this update may only be shown as a whole: what comes after a film's picture is part of it. */
  get indivisible(): boolean {
    return this.#filmed;
  }

  /**
   * Whether this rectangle must wait for pixels still being decoded on another thread: those it overlaps, or may copy
   * from.
   */
  mustWait(header: RectangleHeader): boolean {
    if (this.#films.length > 0 && this.#filmsMustPaint(header.encoding)) return true;
    if (this.#pending.length === 0) return false;
    if (this.#pendingBytes > BUFFER_LIMITS.pendingBytes) return true;
    if (header.encoding === ENCODING.copyRect || !encodingOf(header.encoding)?.decode) return true;
    return this.#pending.some(({ rectangle }) => overlaps(rectangle, header));
  }

  /** Whether rectangles may be waiting for more to be decoded with. */
  get isPending(): boolean {
    return this.#pending.length > 0 && this.#host.memory.threads !== null;
  }

  /** Decodes what has arrived, without waiting for more. */
  decodePending(): void {
    const started = this.#host.clock.now();
    this.#decoders.finish();
    this.#decodeMs += this.#host.clock.now() - started;
  }

  /** Waits for all decoding on other threads. */
  async settle(): Promise<void> {
    if (this.#pending.length === 0 && this.#films.length === 0 && this.#fault === null) return;
    const started = this.#host.clock.now();
    this.#decoders.finish();
    const pending = this.#pending;
    const films = this.#films;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#films = [];
    await Promise.all(pending.map(({ done }) => done));
    for (const film of films) await this.#paintFilm(film);
    this.#decodeMs += this.#host.clock.now() - started;
    if (this.#fault !== null) throw this.#fault;
  }

  /**
   * Decodes as much of a rectangle as has arrived. `more`: more bytes are needed. `yield`: part of it is done; call
   * again after giving way to others.
   * @throws PeerglassError E_RFB_DECODE, E_RFB_PROTOCOL
   */
  rectangle(header: RectangleHeader, reader: ByteReader): 'more' | 'yield' | 'done' {
    const encoding = encodingOf(header.encoding);
    if (!encoding?.decode) return this.#pseudo(header, reader) ? 'done' : 'more';
    if (!isEmpty(header) && !contains(this.#bounds, header)) {
      const { x, y, width, height } = header;
      throw new PeerglassError(
        'E_RFB_PROTOCOL',
        `The server sent a rectangle outside the picture: ${width}x${height}+${x}+${y}.`,
      );
    }
    const started = this.#host.clock.now();
    const begun = reader.consumed;
    const decoder = this.#decoders.get(header.encoding);
    if (!decoder) throw unknownEncoding(header.encoding);
    const target = { framebuffer: this.#framebuffer, colours: this.#colours, scratch: this.#scratch };
    // Bytes that can be recorded are all there before any of them is read.
    const unread = this.recorder && encoding.keepable ? reader.peekBytes(reader.available) : null;
    const decoded = decoder.decode(reader, isEmpty(header) ? NOWHERE : header, target);
    this.#decodeMs += this.#host.clock.now() - started;
    if (decoded === 'more' || decoded === 'yield') return decoded;
    if (typeof decoded === 'object' && 'paint' in decoded) {
      this.#filmed = true;
      const visible = Region.of([header]).subtract(Region.of(this.#masks));
      this.#films.push({ rectangle: header, picture: decoded, visible });
    } else {
      if (decoded !== 'done') this.#await(header, decoded, reader.consumed - begun);
      for (const { rectangle, visible } of this.#films) if (overlaps(rectangle, header)) visible.subtract(header);
    }
    if (this.recorder && !isEmpty(header)) {
      const data = unread?.subarray(0, reader.consumed - begun);
      this.recorder.painted(header, data && this.#recordable && encoding.keepable?.(data) ? data : null);
    }
    if (!isEmpty(header)) this.#paintedIn(header);
    this.#rawBytes += area(header) * RGB_BYTES;
    const kind = decoder.kind ?? encoding.name;
    this.#encodings[kind] = (this.#encodings[kind] ?? 0) + 1;
    return 'done';
  }

  /**
   * The areas painted since the update began, or since the last call, with the cursor drawn: to show an update that
   * takes long. Nothing may be decoding on another thread. Call `resume` before painting continues.
   */
  partialResult(): readonly Rectangle[] {
    const dirty = this.#disjoint();
    this.#dirty = [];
    return dirty;
  }

  resume(): void {
    this.pointer.restore(this.#framebuffer);
  }

  /** Ends an update, everything painted: draws the cursor. */
  finish(): UpdateResult {
    return {
      dirty: this.#disjoint(),
      frame: this.#rawBytes > 0 && !this.#refines,
      rawBytes: this.#rawBytes,
      decodeMs: this.#decodeMs,
      encodings: this.#encodings,
    };
  }

  #disjoint(): readonly Rectangle[] {
    const dirty = [...this.#dirty, ...this.pointer.draw(this.#framebuffer)];
    return dirty.length > 1 ? disjoint(dirty, BUFFER_LIMITS.presented) : dirty;
  }

  free(): void {
    this.#freed = true;
    this.pointer.restore(this.#framebuffer);
    this.#placeholder?.free();
    this.#placeholder = null;
    this.#decoders.free();
    this.#colours.free();
    this.#scratch.free();
  }

  #paintedIn(rectangle: Rectangle): void {
    this.#dirty.push(rectangle);
    // Merged early: the pieces of crossing slivers grow with the square of their number.
    if (this.#dirty.length > BUFFER_LIMITS.dirty) this.#dirty = disjoint(this.#dirty, BUFFER_LIMITS.dirty / 2);
  }

  /** Whether what comes next needs the films in the picture, or there are so many that each rectangle would take long. */
  #filmsMustPaint(encoding: number): boolean {
    const { films, filmSpans } = BUFFER_LIMITS;
    if (MOVES_OR_RESIZES.has(encoding) || this.#films.length >= films) return true;
    return this.#films.some(({ visible }) => visible.spans > filmSpans);
  }

  async #paintFilm({ picture, visible }: Film): Promise<void> {
    // After the end the framebuffer may be another connection's.
    if ((await picture.ready) && !this.#freed) picture.paint(this.#framebuffer, visible.rectangles());
  }

  #await(rectangle: Rectangle, decoded: Promise<void>, bytes: number): void {
    this.#pendingBytes += bytes;
    const done = decoded.catch((thrown: unknown) => {
      this.#fault ??= thrown;
    });
    this.#pending.push({ rectangle, done });
  }

  #pseudo(header: RectangleHeader, reader: ByteReader): boolean {
    switch (header.encoding) {
      case PSEUDO_ENCODING.cursor:
      case PSEUDO_ENCODING.xCursor:
      case PSEUDO_ENCODING.cursorWithAlpha:
        return this.#cursor(header.encoding, header, reader);
      case PSEUDO_ENCODING.pointerPos:
      case PSEUDO_ENCODING.tightPointerPos:
        this.pointer.moveTo(header.x, header.y);
        return true;
      case PSEUDO_ENCODING.desktopSize:
        this.#resize(header);
        return true;
      case PSEUDO_ENCODING.extendedDesktopSize:
        return this.#extendedDesktopSize(header, reader);
      case PSEUDO_ENCODING.desktopName:
        return this.#desktopName(reader);
      case PSEUDO_ENCODING.shareStatus:
        this.#refines = true;
        return true;
      case PSEUDO_ENCODING.videoMask:
        if (this.#masks.length >= BUFFER_LIMITS.masks) throw tooManyMasks();
        this.#masks.push(header);
        this.recorder?.masked(header);
        return true;
      default:
        return readUnsolicited(header, reader);
    }
  }

  #cursor(encoding: CursorEncoding, header: RectangleHeader, reader: ByteReader): boolean {
    if (!isDrawn(header)) return this.#undrawnCursor(encoding, header, reader);
    const image = readCursor(reader, encoding, header, this.#colours);
    if (!image) return false;
    this.pointer.setImage(image);
    return true;
  }

  /** Too large to draw: skipped as it arrives. */
  #undrawnCursor(encoding: CursorEncoding, header: RectangleHeader, reader: ByteReader): boolean {
    this.#toSkip ??= cursorBytes(encoding, header, this.#colours);
    const there = Math.min(this.#toSkip, reader.available);
    reader.skip(there);
    this.#toSkip -= there;
    if (this.#toSkip > 0) return false;
    this.#toSkip = null;
    this.pointer.setImage(NO_CURSOR);
    return true;
  }

  /** The screen layout is of no use to a mirror. */
  #extendedDesktopSize(header: RectangleHeader, reader: ByteReader): boolean {
    const whole = reader.attempt(() => {
      const screens = reader.u8();
      reader.skip(3 + screens * SCREEN_BYTES);
      return true;
    });
    if (!whole) return false;
    // A refused SetDesktopSize, ours or another client's, changes nothing.
    const refused = header.x === DESKTOP_SIZE_REASON.thisClient && header.y !== DESKTOP_SIZE_RESULT.ok;
    if (!refused) this.#resize(header);
    return true;
  }

  #resize({ width, height }: Size): void {
    checkPictureSize(width, height);
    if (width === this.#bounds.width && height === this.#bounds.height) return;
    this.#bounds = { x: 0, y: 0, width, height };
    if (isEmpty(this.#bounds)) return;
    this.#framebuffer = this.#host.resize({ width, height });
    this.#placeholder?.free();
    this.#placeholder = null;
    this.pointer.forget();
    this.#dirty = [this.#framebuffer.bounds];
    this.#host.resized({ width, height });
  }

  #desktopName(reader: ByteReader): boolean {
    const name = this.#name.read(reader);
    if (name === undefined) return false;
    this.#host.renamed(name);
    return true;
  }
}

function tooManyMasks(): PeerglassError {
  return new PeerglassError('E_RFB_PROTOCOL', `The server sent more than ${BUFFER_LIMITS.masks} video masks at once.`);
}

/** The rectangles made disjoint, or their bounds if that gives more than `most`. */
function disjoint(rectangles: readonly Rectangle[], most: number): Rectangle[] {
  const parts = Region.of(rectangles).rectangles();
  return parts.length > most ? [parts.reduce(bounds)] : parts;
}

/** False: more bytes are needed. @throws PeerglassError E_RFB_PROTOCOL for a rectangle of unknown length */
function readUnsolicited(header: RectangleHeader, reader: ByteReader): boolean {
  const length = unrequestedLength(header);
  if (length === null) throw unknownEncoding(header.encoding);
  if (reader.available < length) return false;
  reader.skip(length);
  return true;
}

function unknownEncoding(encoding: number): PeerglassError {
  return new PeerglassError(
    'E_RFB_PROTOCOL',
    `The server sent a rectangle in encoding ${encoding}, which this viewer did not offer.`,
  );
}
