import {
  type Compressors,
  type EncodedRectangle,
  EncodeScratch,
  MIN_POOLED,
} from '../../../codecs/encode/encode-job.js';
import type { EncodeProfile } from '../../../codecs/encode/encode-profile.js';
import { judgeTogether, photographicParts } from '../../../codecs/encode/photographic.js';
import { area } from '../../../core/rectangle.js';
import type { PixelMemory } from '../../../pixels/pixel-memory.js';
import type { ScreenView } from '../../../pixels/screen.js';
import { KEPT_BYTES } from '../tuning.js';
import type { Cell, CellCuts } from './cells.js';

/** An encoded rectangle and its recipients. */
export interface CachedRectangle extends EncodedRectangle {
  /** The first viewer that it was written to; 0: none yet. */
  firstViewer: number;
  /** Whether it was counted as shared. */
  shared: boolean;
}

/** Who encodes a viewer's cells. */
export interface CellEncoder {
  /** Whether a request for the cell would encode nothing. */
  has(screen: ScreenView, cell: Cell, profile: EncodeProfile): boolean;
  /**
   * The cell's bytes. Each caller releases their buffer once it has written them.
   * @param cell a present one: its version is that of its last change
   * @param pooled whether a large cell may use the thread pool
   */
  encode(
    screen: ScreenView,
    cell: Cell,
    profile: EncodeProfile,
    pooled: boolean,
  ): CachedRectangle | Promise<CachedRectangle>;
  /**
   * Before all of these cells are encoded, one after the other: where several threads work, looks first at those that
   * were photographs, all at once.
   */
  foresee(screen: ScreenView, tasks: readonly { readonly cell: Cell; readonly profile: EncodeProfile }[]): void;
  /** The rest of what was foreseen is not encoded: it would be of another picture. */
  forgetForeseen(): void;
}

/** The overhead of an entry in bytes. */
const ENTRY_BYTES = 400;

interface Entry {
  readonly result: CachedRectangle | Promise<CachedRectangle>;
  /** Its memory; 0 while it is being encoded. */
  readonly bytes: number;
  /** The number of callers that requested it while it is being encoded. */
  callers: number;
}

/**
 * Encodes each cell once per profile, however often it is requested. A result in progress is awaited, a finished one is
 * kept until newer ones need the room. One per share.
 */
export class EncodeCache implements CellEncoder {
  readonly #memory: PixelMemory;
  readonly #compressors: Compressors;
  readonly #cuts: CellCuts;
  readonly #encoded: () => void;
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Entry>();
  readonly #screens = new WeakMap<ScreenView, number>();
  #scratch: EncodeScratch | null = null;
  #bytes = 0;
  #screenCount = 0;

  /**
   * @param cuts receives the photographic areas that were found
   * @param encoded called for every rectangle that was not cached
   */
  constructor(
    memory: PixelMemory,
    compressors: Compressors,
    cuts: CellCuts,
    encoded: () => void,
    maxBytes = KEPT_BYTES,
  ) {
    this.#compressors = compressors;
    this.#memory = memory;
    this.#cuts = cuts;
    this.#encoded = encoded;
    this.#maxBytes = maxBytes;
  }

  /** Bytes in the cache. */
  get bytes(): number {
    return this.#bytes;
  }

  has(screen: ScreenView, cell: Cell, profile: EncodeProfile): boolean {
    return this.#entries.has(this.#key(screen, cell, profile));
  }

  /** Encoded from the screen's present content unless cached. */
  encode(screen: ScreenView, cell: Cell, profile: EncodeProfile, pooled: boolean): Entry['result'] {
    const key = this.#key(screen, cell, profile);
    const known = this.#entries.get(key);
    if (known) {
      // Most recently used entries are at the end of the map; it evicts from the front.
      this.#entries.delete(key);
      this.#entries.set(key, known);
      if (known.result instanceof Promise) known.callers++;
      else known.result.buffer?.retain();
      return known.result;
    }
    const encoded = this.#begin(screen, cell, profile, pooled);
    const finish = (done: EncodedRectangle, callers: number) => {
      if (profile.jpeg) this.#cuts.note(screen, done.parts);
      for (let caller = 0; caller < callers; caller++) done.buffer?.retain();
      return this.#keep(key, cached(done));
    };
    if (!(encoded instanceof Promise)) return finish(encoded, 1);
    const pending = encoded.then(
      done => finish(done, entry.callers),
      error => {
        this.#entries.delete(key);
        throw error;
      },
    );
    const entry: Entry = { result: pending, bytes: 0, callers: 1 };
    this.#entries.set(key, entry);
    return pending;
  }

  foresee(screen: ScreenView, tasks: readonly { readonly cell: Cell; readonly profile: EncodeProfile }[]): void {
    if (!this.#memory.threads) return;
    this.forgetForeseen();
    const photographs = tasks.filter(
      ({ cell, profile }) => profile.jpeg && this.#cuts.wasPhotographic(screen, cell.rectangle),
    );
    const fresh = photographs.filter(({ cell, profile }) => !this.has(screen, cell, profile));
    this.#scratch ??= new EncodeScratch(this.#memory, this.#compressors);
    judgeTogether(
      screen.framebuffer,
      fresh.map(({ cell }) => cell.rectangle),
      this.#scratch,
    );
  }

  forgetForeseen(): void {
    this.#scratch?.judged.clear();
  }

  /** As `encode`, for one viewer alone: neither taken from the cache nor kept. */
  encodeAlone(screen: ScreenView, cell: Cell, profile: EncodeProfile, pooled: boolean): Entry['result'] {
    const finish = (done: EncodedRectangle) => {
      if (profile.jpeg) this.#cuts.note(screen, done.parts);
      return cached(done);
    };
    const encoded = this.#begin(screen, cell, profile, pooled);
    return encoded instanceof Promise ? encoded.then(finish) : finish(encoded);
  }

  /** Pixels of the cells that look like photographs now. */
  photographicPixels({ framebuffer }: ScreenView, cells: readonly Cell[]): number {
    this.#scratch ??= new EncodeScratch(this.#memory, this.#compressors);
    let pixels = 0;
    for (const { rectangle } of cells) {
      this.#scratch.reserve(area(rectangle));
      for (const part of photographicParts(framebuffer, rectangle, this.#scratch)) {
        if (part.photographic) pixels += area(part.rectangle);
      }
    }
    return pixels;
  }

  /** Encodes a cell synchronously without caching it, to measure the cost. Null if that is not possible. */
  measure(screen: ScreenView, { rectangle }: Cell, profile: EncodeProfile): number | null {
    this.#scratch ??= new EncodeScratch(this.#memory, this.#compressors);
    this.#scratch.reserve(area(rectangle));
    const { pixels, level, jpeg } = profile;
    const job = { framebuffer: screen.framebuffer, rectangle, pixels, level, jpeg, pooled: false };
    const encoded = profile.encoder(job, this.#scratch);
    if (encoded instanceof Promise) return null;
    encoded.buffer?.release();
    return encoded.bytes.length;
  }

  free(): void {
    for (const { result } of this.#entries.values()) if (!(result instanceof Promise)) result.buffer?.release();
    this.#entries.clear();
    this.#bytes = 0;
    this.#scratch?.free();
    this.#scratch = null;
  }

  #begin(screen: ScreenView, { rectangle }: Cell, profile: EncodeProfile, pooled: boolean) {
    this.#scratch ??= new EncodeScratch(this.#memory, this.#compressors);
    this.#scratch.reserve(area(rectangle));
    this.#encoded();
    const { pixels, level, jpeg, echo } = profile;
    const { framebuffer } = screen;
    const onPool = pooled && area(rectangle) >= MIN_POOLED;
    const job = { framebuffer, rectangle, pixels, level, jpeg, echo, pooled: onPool };
    const encoded = profile.encoder(job, this.#scratch);
    this.#scratch.judged.delete(rectangle);
    return encoded;
  }

  #keep(key: string, result: CachedRectangle): CachedRectangle {
    const bytes = result.bytes.buffer.byteLength + ENTRY_BYTES;
    this.#entries.delete(key);
    this.#entries.set(key, { result, bytes, callers: 0 });
    this.#bytes += bytes;
    if (this.#bytes <= this.#maxBytes) return result;
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) break;
      // A result in progress has no bytes yet and is awaited.
      if (entry.result instanceof Promise) continue;
      this.#entries.delete(oldest);
      this.#bytes -= entry.bytes;
      entry.result.buffer?.release();
    }
    return result;
  }

  #key(screen: ScreenView, { rectangle, version }: Cell, profile: EncodeProfile): string {
    const { x, y, width, height } = rectangle;
    return `${this.#screenNumber(screen)} ${version} ${x} ${y} ${width} ${height} ${profile.key}`;
  }

  #screenNumber(screen: ScreenView): number {
    let number = this.#screens.get(screen);
    if (number === undefined) {
      number = ++this.#screenCount;
      this.#screens.set(screen, number);
    }
    return number;
  }
}

function cached({ rectangle, parts, bytes, buffer, stream }: EncodedRectangle): CachedRectangle {
  return { rectangle, parts, bytes, buffer, stream, firstViewer: 0, shared: false };
}
