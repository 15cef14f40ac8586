/** Whoever reads a segment, in most cases a cache. */
export interface SegmentReader {
  /** Bytes that it has not taken yet. */
  readonly waitingBytes: number;
  /** The segment so far, then what is added to it. @param taken called when the system has taken that */
  grow(messages: readonly Uint8Array[], taken?: () => void): void;
  /** All of the segment, which has ended. */
  whole(messages: readonly Uint8Array[]): void;
  /** The segment ends after what it was given. */
  end(): void;
}

interface Segment {
  readonly k: number;
  readonly messages: Uint8Array[];
  /** Its readers; where segments are handed out whole they wait for its end. */
  readonly readers: Set<SegmentReader>;
  /** Seals its whole picture, when somebody asks for it. */
  readonly seal: () => readonly Uint8Array[];
  picture: readonly Uint8Array[] | null;
}

/** The newest one and those before it that are kept. */
const KEPT = 3;

/** The last segments of a broadcast, in memory, and who reads them. */
export class SegmentStore {
  readonly #closed: boolean;
  /** The oldest first; the last one grows until `end`. */
  #segments: Segment[] = [];
  #ended = false;
  /** Readers that wait for the segment after the newest. */
  readonly #early = new Set<SegmentReader>();

  /** @param closed whether segments are handed out when they have ended */
  constructor(closed: boolean) {
    this.#closed = closed;
  }

  /** The number of the newest segment; null: there is none yet. */
  get newest(): number | null {
    return this.#segments.at(-1)?.k ?? null;
  }

  /** How many read the newest segment, or wait for the next one: most do both for a while. */
  get readers(): number {
    return Math.max(this.#early.size, this.#segments.at(-1)?.readers.size ?? 0);
  }

  /** Bytes that the fastest reader has not taken yet; 0: nobody reads. */
  get waitingBytes(): number {
    const { readers } = this.#segments.at(-1) ?? {};
    if (!readers || readers.size === 0) return 0;
    return Math.min(...[...readers].map(({ waitingBytes }) => waitingBytes));
  }

  /**
   * Another segment begins, and the one before it ends.
   * @param seal its whole picture, sealed as the messages of `k/N`
   */
  begin(k: number, seal: () => readonly Uint8Array[]): void {
    this.#finish();
    const readers = new Set(this.#early);
    this.#early.clear();
    this.#segments = [...this.#segments.slice(1 - KEPT), { k, messages: [], readers, seal, picture: null }];
  }

  /** Adds messages to the newest segment. @param taken called when the first reader's system has taken them */
  put(messages: readonly Uint8Array[], taken: () => void = () => {}): void {
    const segment = this.#segments.at(-1);
    if (!segment || this.#ended) return;
    segment.messages.push(...messages);
    if (this.#closed) return;
    let first = true;
    const once = () => {
      if (first) taken();
      first = false;
    };
    for (const reader of [...segment.readers]) reader.grow(messages, once);
  }

  /** The last segment ends, and none follows. */
  end(): void {
    this.#finish();
    this.#ended = true;
    for (const reader of this.#early) reader.end();
    this.#early.clear();
  }

  /**
   * Gives a segment to a reader, or has it wait for the next one.
   * @returns what takes the reader away again; null: there is no such segment
   */
  read(k: number, reader: SegmentReader): (() => void) | null {
    const newest = this.newest;
    if (newest === null) return null;
    if (k === newest + 1 && !this.#ended) return this.#add(this.#early, reader);
    const segment = this.#segments.find(each => each.k === k);
    if (!segment) return null;
    if (k < newest || this.#ended) {
      reader.whole(segment.messages);
      return () => {};
    }
    if (!this.#closed) reader.grow(segment.messages);
    return this.#add(segment.readers, reader);
  }

  /** The whole picture that a segment begins with, sealed; null: there is no such segment. */
  picture(k: number): readonly Uint8Array[] | null {
    const segment = this.#segments.find(each => each.k === k);
    if (!segment) return null;
    segment.picture ??= segment.seal();
    return segment.picture;
  }

  /** A reader that waits goes over to the segment when it begins, so it is looked for in both. */
  #add(readers: Set<SegmentReader>, reader: SegmentReader): () => void {
    readers.add(reader);
    return () => {
      this.#early.delete(reader);
      for (const segment of this.#segments) segment.readers.delete(reader);
    };
  }

  #finish(): void {
    const segment = this.#segments.at(-1);
    if (!segment || this.#ended) return;
    for (const reader of segment.readers) {
      if (this.#closed) reader.whole(segment.messages);
      else reader.end();
    }
    segment.readers.clear();
  }
}
