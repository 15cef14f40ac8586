import { area, type Rectangle } from '../core/rectangle.js';
import type { Framebuffer } from './framebuffer.js';
import type { PixelMemory } from './pixel-memory.js';

/** An offset by which something may have moved. */
export interface Candidate {
  readonly dx: number;
  readonly dy: number;
  /** Where those who voted for it are now, as x, y, x, y ... */
  readonly places: readonly number[];
}

/** Anchors taken from each picture at most, and how many are aimed at. */
const MOST_ANCHORS = 8192;
const AIM = 6000;
/** Fewer could be chance. */
export const LEAST_VOTES = 4;
/** A power of two, with room for the anchors of both pictures. */
const SLOTS = 32_768;

/**
 * Finds offsets: anchors (kernels/anchors.ts) that occur once in each of two pictures vote for the way from one to the
 * other. Whatever its axis, and however many parts move differently, true ways get many votes.
 */
export class ScrollVotes {
  readonly #memory: PixelMemory;
  readonly #out: number;
  readonly #scratch: number;
  /** An open hash table; a slot belongs to this search when its stamp is the present one. */
  readonly #stamps = new Uint32Array(SLOTS);
  readonly #hashes = new Uint32Array(SLOTS);
  readonly #seenBefore = new Uint8Array(SLOTS);
  readonly #seenNow = new Uint8Array(SLOTS);
  readonly #placeBefore = new Uint32Array(SLOTS);
  readonly #placeNow = new Uint32Array(SLOTS);
  #stamp = 0;

  /** @param width of the pictures */
  constructor(memory: PixelMemory, width: number) {
    this.#memory = memory;
    this.#out = memory.allocate(MOST_ANCHORS * 8);
    this.#scratch = memory.allocate(width * 4 + 16);
  }

  /** @returns what got enough votes, most first */
  candidates(before: Framebuffer, now: Framebuffer, areas: readonly Rectangle[]): Candidate[] {
    this.#stamp++;
    const pixels = areas.reduce((sum, each) => sum + area(each), 0);
    const rarity = Math.min(Math.max(Math.ceil(Math.log2(pixels / AIM)), 1), 16);
    this.#collect(before, areas, rarity, this.#seenBefore, this.#placeBefore);
    const slots = this.#collect(now, areas, rarity, this.#seenNow, this.#placeNow);
    const votes = new Map<number, Candidate & { places: number[] }>();
    for (const slot of slots) if (this.#seenBefore[slot] === 1 && this.#seenNow[slot] === 1) this.#vote(slot, votes);
    return [...votes.values()]
      .filter(({ places }) => places.length >= LEAST_VOTES * 2)
      .sort((a, b) => b.places.length - a.places.length);
  }

  free(): void {
    this.#memory.free(this.#out);
    this.#memory.free(this.#scratch);
  }

  /** @returns the slots of the anchors found */
  #collect(
    picture: Framebuffer,
    areas: readonly Rectangle[],
    rarity: number,
    seen: Uint8Array,
    places: Uint32Array,
  ): Set<number> {
    const slots = new Set<number>();
    let left = MOST_ANCHORS;
    for (const { x, y, width, height } of areas) {
      const from = picture.at(x, y);
      const { kernels } = this.#memory;
      const count = kernels.findAnchors(from, picture.stride, width, height, rarity, this.#scratch, this.#out, left);
      left -= count;
      const words = new Uint32Array(this.#memory.memory.buffer, this.#out, count * 2);
      for (let i = 0; i < words.length; i += 2) {
        const slot = this.#slotOf(words[i]!);
        if (seen[slot]! < 2) seen[slot]!++;
        places[slot] = words[i + 1]! + y * 65_536 + x;
        slots.add(slot);
      }
    }
    return slots;
  }

  #slotOf(hash: number): number {
    // The highest bits are the same for all anchors, the lowest depend on little: the middle is spread best.
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
