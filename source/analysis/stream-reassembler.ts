/** Most bytes held back while a missing segment is awaited, and most stretches: each new segment is held against all. */
const OUT_OF_ORDER_LIMIT = 8 * 1024 * 1024;
const MAX_EARLY = 2048;

export interface SegmentFacts {
  /** On the wire, which may be more than was captured of it. */
  readonly payloadLength: number;
  /** What a packet list calls the packet. */
  readonly number: number;
}

/** Bytes of a direction, and the segment that brought them. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly segment: SegmentFacts;
}

/** Its bytes are none where they were too many to keep. */
interface Held extends Piece {
  readonly start: number;
  readonly end: number;
}

/**
 * Puts the segments of one direction in order. Sequence numbers are relative (the first payload byte is 1) and wrap at
 * 2^32; they are taken to lie within 2^31 of what is due.
 */
export class StreamReassembler {
  #next: number | null = null;
  /** Sorted, apart from each other, all after what is due. */
  #early: Held[] = [];
  #held = 0;

  /** The connection was seen from its start, so what comes first is known. */
  begin(): void {
    this.#next ??= 1;
  }

  /**
   * @param payload what was captured of it
   * @returns how many of its bytes were not here before, and the payload that is in order by now
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

  /** The parts of a stretch that were never here. */
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
    // It will not come any more.
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
