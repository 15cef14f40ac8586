import type { LevelCost } from '../../analysis/bottleneck.js';
import type { Clock } from '../../core/clock.js';
import { deflateStripSync } from '../../node/compressors.js';

/** Measured that often while it is asked for, and believed for that long. */
const INTERVAL_MS = 2000;
const VALID_MS = 6000;
const LEVELS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

export interface LevelSample {
  readonly level: number;
  readonly ms: number;
  readonly bytes: number;
}

/**
 * What other deflate levels would cost, tried on a small part of what is being sent: so that a hint at another level is
 * a measured one. Tries only while compression or the network is what limits, a few milliseconds every other second.
 */
export class LevelProbe {
  readonly #clock: Clock;
  #asked = false;
  #measuring = false;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #costs: readonly LevelCost[] = [];
  #generation = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a wire that is about to encode should measure. */
  get wanted(): boolean {
    return this.#asked && !this.#measuring && this.#clock.now() - this.#measuredAt > INTERVAL_MS;
  }

  /** Whether hints are of use now. */
  ask(wanted: boolean): void {
    this.#asked = wanted;
  }

  /** Against the level that is used now; empty when nothing was measured lately. */
  get costs(): readonly LevelCost[] {
    return this.#clock.now() - this.#measuredAt < VALID_MS ? this.#costs : [];
  }

  /** Another level is used from now on: what was measured was against the old one. */
  forget(): void {
    this.#generation++;
    this.#costs = [];
    this.#measuredAt = Number.NEGATIVE_INFINITY;
  }

  /** Takes what a wire measured. */
  measured(present: number, samples: readonly LevelSample[]): void {
    this.#measuredAt = this.#clock.now();
    const base = samples.find(({ level }) => level === present);
    if (!base || base.ms <= 0 || base.bytes === 0) return;
    this.#costs = samples
      .filter(({ level }) => level !== present)
      .map(({ level, ms, bytes }) => ({ level, timeFactor: ms / base.ms, bytesFactor: bytes / base.bytes }));
  }

  /** Deflates a piece at every level, one at a turn of the event loop. */
  async tryLevels(raw: Uint8Array, present: number): Promise<void> {
    const generation = this.#generation;
    this.#measuring = true;
    const samples: LevelSample[] = [];
    for (const level of LEVELS) {
      await new Promise(resolve => setImmediate(resolve));
      const began = this.#clock.now();
      const bytes = deflateStripSync(raw, level).length;
      samples.push({ level, ms: this.#clock.now() - began, bytes });
    }
    this.#measuring = false;
    if (generation === this.#generation) this.measured(present, samples);
  }
}
