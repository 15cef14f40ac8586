import { area } from '../core/rectangle.js';
import type { Framebuffer } from './framebuffer.js';
import { MOST_PARTS } from './kernel-threads.js';
import type { PixelMemory } from './pixel-memory.js';
import type { Sample, Samples } from './scroll-samples.js';

/** An offset by which part of the picture may have moved. */
export interface Candidate {
  readonly dx: number;
  readonly dy: number;
  /** The new places of its voters, as x, y, x, y ... */
  readonly places: readonly number[];
}

/** Anchors taken from each picture at most, and the default target. */
const MAX_ANCHORS = 8192;
const AIM = 5000;
/** Fewer votes could be chance. */
export const MIN_VOTES = 4;
/** Slots: a power of two, with room for the anchors of both pictures. */
const SLOTS = 32_768;
/** Bytes of the anchors of one sample. */
const ANCHORS = MAX_ANCHORS * 8;

/**
 * Finds offsets by votes: each anchor (kernels/anchors.ts) that occurs exactly once in both pictures votes for its
 * displacement. Real displacements get many votes, on any axis and however many parts move differently.
 */
export class ScrollVotes {
  readonly #memory: PixelMemory;
  readonly #out: number;
  readonly #scratch: number;
  readonly #scratchBytes: number;
  /** An open-addressing hash table; a slot is in use when it has this search's stamp. */
  readonly #stamps = new Uint32Array(SLOTS);
  readonly #hashes = new Uint32Array(SLOTS);
  readonly #seenBefore = new Uint8Array(SLOTS);
  readonly #seenNow = new Uint8Array(SLOTS);
  readonly #placeBefore = new Uint32Array(SLOTS);
  readonly #placeNow = new Uint32Array(SLOTS);
  readonly #found = new Uint32Array(MAX_ANCHORS);
  #stamp = 0;

  /** @param width of the pictures */
  constructor(memory: PixelMemory, width: number) {
    this.#memory = memory;
    // Each sample has a place of its own where several threads search.
    const places = memory.threads ? MOST_PARTS : 1;
    this.#scratchBytes = Math.ceil((width * 4 + 16) / 64) * 64;
    this.#out = memory.allocate(ANCHORS * places);
    this.#scratch = memory.allocate(this.#scratchBytes * places);
  }

  /**
   * @param aim target number of anchors from the previous picture if it were nowhere flat
   * @returns the offsets with enough votes, most first
   */
  candidates(before: Framebuffer, now: Framebuffer, samples: readonly Samples[], aim = AIM): Candidate[] {
    this.#stamp++;
    const old = samples.flatMap(each => each.before);
    const rarity = rarityFor(old, aim);
    this.#collect(before, old, rarity, this.#seenBefore, this.#placeBefore);
    const present = samples.flatMap(each => each.now);
    const found = this.#collect(now, present, rarity, this.#seenNow, this.#placeNow);
    const votes = new Map<number, Candidate & { places: number[] }>();
    for (let i = 0; i < found; i++) {
      const slot = this.#found[i]!;
      if (this.#seenBefore[slot] === 1 && this.#seenNow[slot] === 1) this.#vote(slot, votes);
    }
    return [...votes.values()]
      .filter(({ places }) => places.length >= MIN_VOTES * 2)
      .sort((a, b) => b.places.length - a.places.length);
  }

  free(): void {
    this.#memory.free(this.#out);
    this.#memory.free(this.#scratch);
  }

  /** @returns the number of slots of `found` with anchors */
  #collect(
    picture: Framebuffer,
    samples: readonly Sample[],
    rarity: number,
    seen: Uint8Array,
    places: Uint32Array,
  ): number {
    let found = 0;
    let left = MAX_ANCHORS;
    const { kernels, memory } = this.#memory;
    const counts = this.#searched(picture, samples, rarity);
    for (const [index, sample] of samples.entries()) {
      const place = counts ? index : 0;
      const count = counts
        ? Math.min(counts[index]!, left)
        : kernels.findAnchors(...this.#search(picture, sample, rarity, place, left));
      left -= count;
      const { x, y, step } = sample;
      const words = new Uint32Array(memory.buffer, this.#out + place * ANCHORS, count * 2);
      for (let i = 0; i < words.length; i += 2) {
        const slot = this.#slotOf(words[i]!);
        const place = words[i + 1]!;
        places[slot] = (y + (place >>> 16) * step) * 65_536 + x + (place & 0xffff);
        if (seen[slot] === 0) this.#found[found++] = slot;
        if (seen[slot]! < 2) seen[slot]!++;
      }
    }
    return found;
  }

  /** The anchors in each sample, all of them found at once; null where that does not pay. */
  #searched(picture: Framebuffer, samples: readonly Sample[], rarity: number): readonly number[] | null {
    const { threads } = this.#memory;
    if (threads === null || samples.length > MOST_PARTS) return null;
    const pixels = samples.reduce((sum, each) => sum + area(each) / each.step, 0);
    if (threads.partsOf('findAnchors', pixels, samples.length) === 1) return null;
    const calls = samples.map((each, place) => this.#search(picture, each, rarity, place, MAX_ANCHORS));
    return threads.run('findAnchors', calls);
  }

  /** The arguments of findAnchors. @param place of its own for a search beside others */
  #search(picture: Framebuffer, { x, y, width, height, step }: Sample, rarity: number, place: number, most: number) {
    const rows = Math.ceil(height / step);
    const scratch = this.#scratch + place * this.#scratchBytes;
    const out = this.#out + place * ANCHORS;
    return [picture.at(x, y), picture.stride * step, width, rows, rarity, scratch, out, most] as const;
  }

  #slotOf(hash: number): number {
    // The highest bits are the same for all anchors, the lowest depend on few pixels: the middle ones are spread best.
    let slot = (hash ^ (hash >>> 9)) & (SLOTS - 1);
    while (this.#stamps[slot] === this.#stamp && this.#hashes[slot] !== hash) slot = (slot + 1) & (SLOTS - 1);
    if (this.#stamps[slot] !== this.#stamp) {
      this.#stamps[slot] = this.#stamp;
      this.#hashes[slot] = hash;
      this.#seenBefore[slot] = 0;
      this.#seenNow[slot] = 0;
    }
    return slot;
  }

  #vote(slot: number, all: Map<number, Candidate & { places: number[] }>): void {
    const before = this.#placeBefore[slot]!;
    const now = this.#placeNow[slot]!;
    const x = now & 0xffff;
    const y = now >>> 16;
    const dx = x - (before & 0xffff);
    const dy = y - (before >>> 16);
    if (dx === 0 && dy === 0) return;
    const key = dx * 131_072 + dy;
    const candidate = all.get(key);
    if (candidate) candidate.places.push(x, y);
    else all.set(key, { dx, dy, places: [x, y] });
  }
}

/** The rarity that gives about the target number of anchors, if the samples were nowhere flat. */
function rarityFor(samples: readonly Sample[], aim: number): number {
  const pixels = samples.reduce((sum, each) => sum + area(each) / each.step, 0);
  return Math.min(Math.max(Math.ceil(Math.log2(pixels / aim)), 2), 16);
}
