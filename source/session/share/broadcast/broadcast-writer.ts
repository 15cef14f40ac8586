import type { Size } from '../../../core/rectangle.js';
import { TURN_KIND } from '../../../protocols/broadcast/constants.js';
import { type BroadcastMeta, type BroadcastState, broadcastBody } from '../../../protocols/broadcast/messages.js';
import { nameOf } from '../../../protocols/broadcast/resources.js';
import type { MessageSealer } from '../../../protocols/broadcast/sealing.js';
import { LOG_KIND } from '../../../protocols/recording/constants.js';
import type { WrittenCell } from '../../../protocols/recording/log-writer.js';
import { bodyOf } from '../../../protocols/recording/messages.js';
import type { PictureWriter } from '../../recording/screen-recorder.js';
import type { SegmentRules } from './segment-rules.js';
import type { SegmentStore } from './segment-store.js';

export interface BroadcastWriterParts {
  readonly sealer: MessageSealer;
  readonly store: SegmentStore;
  readonly rules: SegmentRules;
  /** The number of the first segment. */
  readonly first: number;
  /** On the clock of the rules. */
  now(): number;
}

const NOTHING = new Uint8Array(0);

/** Writes a picture that changes as the segments of a broadcast: sealed messages, each for the segment that is the newest. */
export class BroadcastWriter implements PictureWriter {
  readonly #parts: BroadcastWriterParts;
  #k: number;
  #n = 0;
  #meta: Omit<BroadcastMeta, 'state'> | null = null;
  #state: BroadcastState = 'live';
  #announced = false;

  constructor(parts: BroadcastWriterParts) {
    this.#parts = parts;
    this.#k = parts.first - 1;
  }

  get segments(): number {
    return this.#k + 1 - this.#parts.first;
  }

  begin(): Uint8Array {
    return NOTHING;
  }

  segment(size: Size, name: string, at: number, cells: readonly WrittenCell[]): Uint8Array[] {
    const { store, rules, now } = this.#parts;
    if (this.#meta && !this.#announced) this.#announce(0);
    this.#announced = false;
    this.#k++;
    const { width, height } = size;
    const { normalMs, closed } = rules.times;
    const facts = { width, height, name, cells: cells.length, segmentMs: normalMs, closed };
    this.#meta = { k: this.#k, n: this.#n, at, ...facts };
    const meta = { ...this.#meta, state: this.#state };
    const bytes = cells.reduce((sum, cell) => sum + lengthOf(cell.rectangles), 0);
    const picture = nameOf({ kind: 'k', segment: this.#k });
    const n = this.#n;
    store.begin(this.#k, () => [
      this.#seal(picture, LOG_KIND.meta, broadcastBody.meta(meta)),
      ...cells.map(({ cell, rectangles }) => this.#seal(picture, LOG_KIND.cell, bodyOf.cell(cell, n, rectangles))),
    ]);
    rules.begin(now(), bytes);
    return [this.#sealHere(LOG_KIND.meta, broadcastBody.meta(meta))];
  }

  update(at: number, rectangles: readonly Uint8Array[]): Uint8Array {
    this.#n++;
    const sealed = this.#sealHere(LOG_KIND.update, bodyOf.update(this.#n, at, rectangles));
    this.#parts.rules.put(sealed.length);
    return sealed;
  }

  /** Nobody comes later who would need it: it only tells who reads now. */
  beat(at: number): Uint8Array {
    if (this.#parts.store.readers === 0) return NOTHING;
    return this.#sealHere(LOG_KIND.beat, bodyOf.beat(this.#n, at));
  }

  end(at: number): Uint8Array[] {
    this.#state = 'ended';
    return this.#meta ? [this.#sealMeta(at)] : [];
  }

  /** Tells who reads that the state or the name has changed. */
  say(state: BroadcastState, name: string, at: number): void {
    const same = state === this.#state && (this.#meta === null || name === this.#meta.name);
    this.#state = state;
    if (same || this.#meta === null) return;
    this.#meta = { ...this.#meta, name };
    this.#parts.store.put([this.#sealMeta(at)]);
  }

  /** Announces the next segment, if it is time. */
  announce(): void {
    const { rules, now } = this.#parts;
    const inMs = this.#meta ? rules.announces(now()) : null;
    if (inMs !== null) this.#announce(inMs);
  }

  /** The message of `m`; null: there is no segment yet. */
  newest(): Uint8Array | null {
    if (!this.#meta) return null;
    return this.#seal('m', LOG_KIND.meta, broadcastBody.meta({ ...this.#meta, state: this.#state }));
  }

  /** Whoever gets a segment when it has ended need not be told. */
  #announce(inMs: number): void {
    const { store, rules } = this.#parts;
    this.#announced = true;
    if (!rules.times.closed) store.put([this.#sealHere(TURN_KIND, broadcastBody.turn(this.#k + 1, inMs))]);
  }

  #sealMeta(at: number): Uint8Array {
    return this.#sealHere(LOG_KIND.meta, broadcastBody.meta({ ...this.#meta!, at, state: this.#state }));
  }

  /** For the newest segment. */
  #sealHere(kind: number, body: readonly Uint8Array[]): Uint8Array {
    return this.#seal(nameOf({ kind: 'u', segment: this.#k }), kind, body);
  }

  #seal(resource: string, kind: number, body: readonly Uint8Array[]): Uint8Array {
    return this.#parts.sealer.seal(resource, kind, body);
  }
}

function lengthOf(rectangles: readonly Uint8Array[]): number {
  return rectangles.reduce((sum, { length }) => sum + length, 0);
}
