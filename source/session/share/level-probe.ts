import type { LevelCost } from '../../analysis/bottleneck.js';
import type { Clock } from '../../core/clock.js';
import { deflateStripSync } from '../../node/compressors.js';

/** The interval between measurements, and how long one remains valid. */
const INTERVAL_MS = 2000;
const VALID_MS = 6000;
const LEVELS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

export interface LevelSample {
  readonly level: number;
  readonly ms: number;
  readonly bytes: number;
}

/**
 * Measures other deflate levels on a small part of the current data, so that hints about levels are based on
 * measurements. Only runs while compression or the network is the limit: a few milliseconds every other second.
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

  /** Whether a listener should measure with its next update. */
  get wanted(): boolean {
    return this.#asked && !this.#measuring && this.#clock.now() - this.#measuredAt > INTERVAL_MS;
  }

  /** Switches measuring on or off. */
  ask(wanted: boolean): void {
    this.#asked = wanted;
  }

  /** Costs relative to the present level; empty without a recent measurement. */
  get costs(): readonly LevelCost[] {
    return this.#clock.now() - this.#measuredAt < VALID_MS ? this.#costs : [];
  }

  /** The level has changed, so earlier measurements no longer apply. */
  forget(): void {
    this.#generation++;
    this.#costs = [];
    this.#measuredAt = Number.NEGATIVE_INFINITY;
  }

  /** Records a listener's measurement. */
  measured(present: number, samples: readonly LevelSample[]): void {
    this.#measuredAt = this.#clock.now();
    const base = samples.find(({ level }) => level === present);
    if (!base || base.ms <= 0 || base.bytes === 0) return;
    this.#costs = samples
      .filter(({ level }) => level !== present)
      .map(({ level, ms, bytes }) => ({ level, timeFactor: ms / base.ms, bytesFactor: bytes / base.bytes }));
  }

  /** Deflates the data at every level, one per turn of the event loop. */
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
