/** The most bytes, and pieces, to hold while a segment is missing. Each new segment is compared with all pieces. */
const OUT_OF_ORDER_LIMIT = 8 * 1024 * 1024;
const MAX_EARLY = 2048;

export interface SegmentFacts {
  /** Length on the wire; less may have been captured. */
  readonly payloadLength: number;
  /** The packet's number in the packet list. */
  readonly number: number;
}

/** Bytes of one direction, and the segment that carried them. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly segment: SegmentFacts;
}

/** A piece ahead of a gap. Its bytes are dropped (empty) when too many are held. */
interface Held extends Piece {
  readonly start: number;
  readonly end: number;
}

/**
 * Reassembles the payload of one direction. Sequence numbers are relative (the first payload byte has 1), wrap at 2^32
 * and are assumed to lie within 2^31 of the next expected one.
 */
export class StreamReassembler {
  #next: number | null = null;
  /** Pieces beyond a gap: sorted, disjoint, all after `#next`. */
  #early: Held[] = [];
  #held = 0;

  /** To be called on a SYN: the first payload byte has number 1. */
  begin(): void {
    this.#next ??= 1;
  }

  /**
   * @param payload the captured part of the segment's payload
   * @returns the number of new bytes, and the payload that is in order now
   */
  add(sequence: number, payload: Uint8Array, segment: SegmentFacts): { fresh: number; ready: Piece[] } {
    this.#next ??= sequence;
    const start = this.#next + ((sequence - (this.#next >>> 0)) | 0);
    const pieces = this.#missing(start, start + segment.payloadLength);
    let fresh = 0;
    for (const { from, to } of pieces) {
      fresh += to - from;
      this.#hold(from, to, payload.subarray(Math.min(payload.length, from - start), to - start), segment);
    }
    return { fresh, ready: this.#ready() };
  }

  /** The parts of a range that have not arrived before. */
  #missing(start: number, end: number): { from: number; to: number }[] {
    const pieces: { from: number; to: number }[] = [];
    let from = Math.max(start, this.#next ?? start);
    for (const held of this.#early) {
      if (held.start >= end) break;
      if (held.end <= from) continue;
      if (held.start > from) pieces.push({ from, to: held.start });
      from = held.end;
    }
    if (from < end) pieces.push({ from, to: end });
    return pieces;
  }

  #hold(start: number, end: number, bytes: Uint8Array, segment: SegmentFacts): void {
    const due = start === this.#next;
    const keep = due || this.#held + bytes.length <= OUT_OF_ORDER_LIMIT;
    const at = this.#early.findIndex(held => held.start > start);
    const kept = keep ? (due ? bytes : Buffer.from(bytes)) : new Uint8Array(0);
    this.#early.splice(at < 0 ? this.#early.length : at, 0, { start, end, bytes: kept, segment });
    this.#held += kept.length;
  }

  #ready(): Piece[] {
    const ready: Piece[] = [];
    // Give up on the missing segment.
    if (this.#early.length > MAX_EARLY) this.#next = this.#early[0]!.start;
    while (this.#early[0]?.start === this.#next) {
      const { end, bytes, segment } = this.#early.shift()!;
      this.#next = end;
      this.#held -= bytes.length;
      if (bytes.length > 0) ready.push({ bytes, segment });
    }
    return ready;
  }
}
