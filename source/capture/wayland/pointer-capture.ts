import type { Clock } from '../../core/clock.js';
import type { CursorShape } from '../capture-source.js';
import { CaptureStream } from './capture-stream.js';
import type { WaylandConnection, WaylandObject } from './connection.js';
import { ExtCapturer } from './ext-capturer.js';
import { alphaFormat, bestFormat } from './formats.js';
import { EXT_CURSOR_SESSION, type EXT_SESSION, type WL_SHM } from './interfaces.js';

/** The pointer over a captured monitor or window. */
export interface PointerState {
  /** Whether it is there. If not, its last known place means nothing. */
  readonly inside: boolean;
  /** Its hotspot, in coordinates of the captured buffer. */
  readonly x: number;
  readonly y: number;
  /** Null: invisible, or not known yet. */
  readonly shape: CursorShape | null;
}

/** Follows the pointer over a captured monitor or window, through a cursor session of ext-image-copy-capture-v1. */
export class PointerCapture {
  readonly #session: WaylandObject<typeof EXT_CURSOR_SESSION>;
  readonly #stream: CaptureStream;
  readonly #onChange: (state: PointerState) => void;
  readonly #nextSerial: () => number;
  #state: PointerState = { inside: false, x: 0, y: 0, shape: null };
  #hotspot = { x: 0, y: 0 };

  /**
   * @param begin makes the request that creates the session
   * @param nextSerial numbers for shapes, unique among all pointers of a source
   */
  constructor(
    connection: WaylandConnection,
    shm: WaylandObject<typeof WL_SHM>,
    clock: Clock,
    begin: (session: WaylandObject<typeof EXT_CURSOR_SESSION>) => void,
    nextSerial: () => number,
    onChange: (state: PointerState) => void,
  ) {
    this.#nextSerial = nextSerial;
    this.#onChange = onChange;
    this.#session = connection.create(EXT_CURSOR_SESSION, {
      enter: () => this.#tell({ inside: true }),
      leave: () => this.#tell({ inside: false }),
      position: (x, y) => this.#tell({ x, y }),
      hotspot: (x, y) => this.#point(x, y),
    });
    begin(this.#session);
    const capture = (session: WaylandObject<typeof EXT_SESSION>) => {
      this.#session.send('get_capture_session', session as WaylandObject);
    };
    const choose = (formats: readonly number[]) => alphaFormat(formats) ?? bestFormat(formats);
    this.#stream = new CaptureStream(
      connection,
      shm,
      clock,
      host => new ExtCapturer(connection, host, capture, choose),
      {
        shaped: () => {
          if (!this.#stream.shape) this.#tell({ shape: null });
        },
        frame: () => this.#take(),
        // The position is useful even without the shape.
        failed: () => {},
        stopped: () => {},
        refused: () => {},
      },
    );
    this.#stream.run();
  }

  get state(): PointerState {
    return this.#state;
  }

  close(): void {
    this.#stream.close();
    this.#session.send('destroy');
  }

  #point(x: number, y: number): void {
    this.#hotspot = { x, y };
    const { shape } = this.#state;
    if (shape && (shape.hotspotX !== x || shape.hotspotY !== y))
      this.#tell({ shape: { ...shape, hotspotX: x, hotspotY: y, serial: this.#nextSerial() } });
  }

  #take(): void {
    const { width, height, format } = this.#stream.shape!;
    const pixels = this.#stream.front!.pixels({ x: 0, y: 0, width, height });
    const opaque = alphaFormat([format.code]) === null;
    const rgba = rgbaOf(pixels, opaque);
    this.#stream.taken();
    const before = this.#state.shape;
    // Some compositors report the same picture again with each move.
    if (rgba && before?.width === width && Buffer.compare(before.rgba, rgba) === 0) return;
    const { x, y } = this.#hotspot;
    this.#tell({ shape: rgba && { width, height, rgba, hotspotX: x, hotspotY: y, serial: this.#nextSerial() } });
  }

  #tell(change: Partial<PointerState>): void {
    this.#state = { ...this.#state, ...change };
    this.#onChange(this.#state);
  }
}

/** From BGRA; null for a picture in which nothing is visible. */
function rgbaOf(pixels: Uint32Array, opaque: boolean): Uint8Array | null {
  const rgba = new Uint8Array(pixels.length * 4);
  let ink = 0;
  for (let pixel = 0, at = 0; pixel < pixels.length; pixel++, at += 4) {
    const value = pixels[pixel]!;
    const alpha = opaque ? 255 : value >>> 24;
    rgba[at] = (value >>> 16) & 255;
    rgba[at + 1] = (value >>> 8) & 255;
    rgba[at + 2] = value & 255;
    rgba[at + 3] = alpha;
    ink |= alpha;
  }
  return ink === 0 ? null : rgba;
}
