import { describe, expect, test } from 'vitest';
import type { Rectangle } from '../../../../source/core/rectangle.js';
import { BroadcastRig } from '../../../helpers/broadcast-rig.js';
import type { BroadcastViewer } from '../../../helpers/broadcast-viewer.js';
import { stopAfterEach } from '../../../helpers/cleanup.js';
import { drawSeed } from '../../../helpers/seed.js';
import { noise, shifted, text } from '../../../pixels/pictures.js';
import { random } from '../../../pixels/planes.js';

const SIZES = [
  { width: 300, height: 150 },
  { width: 270, height: 260 },
];
/** A smooth picture of many colours, as photographs are. */
const photo = (seed: number) => (x: number, y: number) => {
  const value = (scale: number, turn: number) => Math.round(127 + 120 * Math.sin((x + seed) / scale + y / turn));
  return (value(37, 29) << 16) | (value(53, 31) << 8) | value(41, 47);
};
const started = stopAfterEach();

/** Text that scrolls, photographs, noise and other sizes, at random times. */
class Work {
  readonly #rig: BroadcastRig;
  readonly #next: () => number;
  #scrolled = 0;
  #size = 0;

  constructor(rig: BroadcastRig, next: () => number) {
    this.#rig = rig;
    this.#next = next;
  }

  async step(number: number): Promise<void> {
    const { screen } = this.#rig;
    const { bounds } = screen.framebuffer;
    const kind = this.#next();
    if (kind < 0.35) {
      this.#scrolled += 1 + Math.floor(this.#next() * 30);
      this.#rig.paint({ ...bounds, y: 40, height: bounds.height - 40 }, shifted(text(1), 0, -this.#scrolled));
    } else if (kind < 0.97) {
      const side = (most: number) => 1 + Math.floor(this.#next() * (most - 1));
      const at = { x: side(bounds.width / 2), y: side(bounds.height / 2) };
      const rectangle: Rectangle = { ...at, width: side(bounds.width / 2), height: side(bounds.height / 2) };
      this.#rig.paint(rectangle, kind < 0.5 ? text(number) : kind < 0.85 ? photo(number) : noise(number));
    } else {
      this.#size = 1 - this.#size;
      this.#rig.resize(SIZES[this.#size]!);
      this.#rig.paint({ x: 0, y: 0, ...SIZES[this.#size]! }, text(number));
    }
  }

  /** Sometimes nothing for a time, so that what is static is refined, or a segment ends by its age. */
  async rest(number: number): Promise<void> {
    await this.#rig.pass(number % 15 === 14 ? 4000 : this.#next() < 0.7 ? 40 : 700, 70);
  }
}

async function broadcastOf(quality: 'lossless' | 'auto', steps: number) {
  const rig = started(new BroadcastRig(SIZES[0]!, quality, { segmentSeconds: 4 }));
  rig.paint({ x: 0, y: 0, ...SIZES[0]! }, text(1));
  await rig.begin();
  const next = random(drawSeed());
  const work = new Work(rig, next);
  const viewers: BroadcastViewer[] = [rig.viewer()];
  /** What the sharer had when all viewers had taken an update. */
  const shared = new Map<number, string>();
  for (let step = 0; step < steps; step++) {
    await work.step(step);
    await work.rest(step);
    if (step % 13 === 12 && viewers.length < 4) viewers.push(rig.viewer());
    for (const viewer of viewers) await viewer.follow();
    shared.set(Math.max(...viewers[0]!.pictures.keys()), rig.colours);
  }
  return { viewers, shared, rig };
}

describe('whoever comes whenever has the same picture at the same update', () => {
  test.each(['lossless', 'auto'] as const)('%s', async quality => {
    const { viewers, shared, rig } = await broadcastOf(quality, 48);
    const [first, ...later] = viewers;
    expect(first!.metas.length).toBeGreaterThan(3);
    for (const viewer of later) {
      for (const [n, picture] of viewer.pictures) expect(first!.pictures.get(n), `update ${n}`).toBe(picture);
    }
    if (quality === 'lossless') {
      for (const [n, picture] of shared) expect(first!.pictures.get(n), `update ${n}`).toBe(picture);
    }
    // What is static is made exact.
    await rig.pass(6000, 100);
    for (const viewer of viewers) {
      await viewer.follow();
      expect(viewer.colours).toBe(rig.colours);
    }
  });
});
