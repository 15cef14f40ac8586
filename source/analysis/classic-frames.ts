import { inflateSync } from 'node:zlib';

/** One frame of the classic protocol, found in the segments of a capture. */
export interface ClassicFrame {
  /** Counts from 1, as the dissector does. */
  readonly number: number;
  /** The packet with its first byte, and that segment's payload length. */
  readonly packet: number;
  readonly firstSegment: number;
  /** The relative sequence number of its first byte: the connection's first byte has 1. */
  readonly sequence: number;
  /** Unix milliseconds of the segments with its first and its last byte. */
  readonly begun: number;
  readonly ended: number;
  readonly headerBytes: number;
  /** Compressed bytes, without the header. */
  readonly size: number;
  /** Bytes of the picture, or null if unknown. */
  readonly rawSize: number | null;
  /** Number of segments with a part of it. */
  readonly segments: number;
}

/** Larger pictures are not inflated: a capture file is untrusted. */
const LARGEST_PICTURE = 16_384 * 16_384 * 3;
/** Stop inflating after this many failures: a zlib bomb costs a second each. */
const MAX_TRIES = 8;
/** Larger bodies are not kept for inflating: one frame is enough to learn the size of all pictures. */
const LARGEST_BODY = 64 * 1024 * 1024;

/**
 * Finds frames in a sharer's payload: `[n][size: n bytes, big-endian][zlib(RGB)]`. It needs the connection's payload
 * from the first byte on. `broken` is set when the bytes cannot be the classic protocol.
 */
export class ClassicFrameFinder {
  broken: string | null = null;
  #count = 0;
  #sequence = 1;
  #state: 'length' | 'size' | 'body' = 'length';
  #begin = { time: 0, packet: 0, firstSegment: 0, sequence: 0 };
  #sizeBytes = 0;
  #sizeRead = 0;
  #size = 0;
  #left = 0;
  #segments = 0;
  #lastSegment = -1;
  #body: Buffer[] = [];
  #rawSize: number | null = null;
  #rawKnown = false;
  #tries = 0;

  constructor(readonly onFrame: (frame: ClassicFrame) => void) {}

  push(bytes: Uint8Array, time: number, segment: { readonly number: number; readonly payloadLength: number }): void {
    let at = 0;
    while (at < bytes.length && this.broken === null) {
      if (this.#state === 'length') {
        this.#start(bytes[at]!);
        this.#begin = {
          time,
          packet: segment.number,
          firstSegment: segment.payloadLength,
          sequence: this.#sequence + at,
        };
        at++;
      } else if (this.#state === 'size') {
        this.#size = this.#size * 256 + bytes[at]!;
        at++;
        if (++this.#sizeRead === this.#sizeBytes) this.#headerDone();
      } else {
        const part = bytes.subarray(at, at + this.#left);
        if (!this.#rawKnown) this.#body.push(Buffer.from(part));
        this.#left -= part.length;
        at += part.length;
      }
      if (segment.number !== this.#lastSegment) this.#segments++;
      this.#lastSegment = segment.number;
      if (this.#state === 'body' && this.#left === 0) this.#finish(time);
    }
    this.#sequence += bytes.length;
  }

  #start(count: number): void {
    if (count < 1 || count > 4) {
      this.broken = `frame ${this.#count + 1} announces ${count} size bytes`;
      return;
    }
    this.#state = 'size';
    this.#sizeBytes = count;
    this.#sizeRead = 0;
    this.#size = 0;
    this.#segments = 0;
    this.#lastSegment = -1;
    this.#body = [];
  }

  #headerDone(): void {
    if (this.#size === 0) {
      this.broken = `frame ${this.#count + 1} has size 0`;
      return;
    }
    this.#state = 'body';
    this.#left = this.#size;
    if (this.#size > LARGEST_BODY) this.#rawKnown = true;
  }

  #finish(ended: number): void {
    if (!this.#rawKnown) this.#inflate();
    const { time, packet, firstSegment, sequence } = this.#begin;
    this.onFrame({
      number: ++this.#count,
      packet,
      firstSegment,
      sequence,
      begun: time,
      ended,
      headerBytes: 1 + this.#sizeBytes,
      size: this.#size,
      rawSize: this.#rawSize,
      segments: this.#segments,
    });
    this.#state = 'length';
  }

  /** The picture's size never changes, so it is enough to inflate one frame. */
  #inflate(): void {
    try {
      this.#rawSize = inflateSync(Buffer.concat(this.#body), { maxOutputLength: LARGEST_PICTURE }).length;
      this.#rawKnown = true;
    } catch {
      this.#rawSize = null;
      this.#rawKnown = ++this.#tries >= MAX_TRIES;
    }
    this.#body = [];
  }
}
