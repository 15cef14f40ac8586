import type { VideoDecoders } from '../../source/codecs/video/video-codec.js';
import type { Clock } from '../../source/core/clock.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import type { BroadcastMessage, BroadcastMeta } from '../../source/protocols/broadcast/messages.js';
import { nameOf } from '../../source/protocols/broadcast/resources.js';
import type { SegmentReader, SegmentStore } from '../../source/session/share/broadcast/segment-store.js';
import { coloursOf, playedPicture } from './recorded-log.js';
import { readerOf } from './sealed-broadcast.js';

/** Reads a segment of a store, as a cache does. */
export class KeptSegment implements SegmentReader {
  waitingBytes = 0;
  ended = false;
  readonly pieces: Uint8Array[] = [];
  readonly #left: () => void;

  /** @param left called when it no longer reads */
  constructor(left: () => void = () => {}) {
    this.#left = left;
  }

  grow(messages: readonly Uint8Array[], taken?: () => void): void {
    this.pieces.push(...messages);
    taken?.();
  }

  whole(messages: readonly Uint8Array[]): void {
    this.pieces.push(...messages);
    this.end();
  }

  end(): void {
    this.ended = true;
    this.#left();
  }
}

/** A viewer of a broadcast that reads its store directly: one update after the other, by number. */
export class BroadcastViewer {
  readonly #store: SegmentStore;
  readonly #left: () => void;
  readonly #picture;
  #k: number;
  #n = -1;
  #segment: KeptSegment;
  #reader;
  #leave: () => void = () => {};
  #read = 0;
  #size = '';
  /** The picture after each update. */
  readonly pictures = new Map<number, string>();
  readonly metas: BroadcastMeta[] = [];
  readonly turns: number[] = [];
  beats = 0;
  /** Rectangles of updates by encoding. */
  readonly encodings = new Map<number, number>();

  /** @param left called when it has read a segment */
  constructor(store: SegmentStore, clock: Clock, left: () => void, decoders: VideoDecoders | null = null) {
    this.#store = store;
    this.#left = left;
    this.#segment = new KeptSegment(left);
    this.#picture = playedPicture(clock, createPixelMemory(), false, decoders);
    this.#k = store.newest!;
    this.#reader = this.#readerOf();
  }

  get colours(): string {
    return coloursOf(this.#picture.framebuffer);
  }

  /** 0xRRGGBB. */
  colour(x: number, y: number): number {
    const { memory, pointer, width } = this.#picture.framebuffer!;
    return new DataView(memory.memory.buffer).getUint32(pointer + (y * width + x) * 4, true) & 0xffffff;
  }

  /** Reads everything available, including segments that have begun meanwhile. */
  async follow(): Promise<void> {
    for (;;) {
      for (; this.#read < this.#segment.pieces.length; this.#read++) {
        this.#reader.push(this.#segment.pieces[this.#read]!);
        for (let message = await this.#reader.next(); message; message = await this.#reader.next()) {
          await this.#take(message);
        }
      }
      if (!this.#segment.ended || this.#k === this.#store.newest) return;
      this.#k++;
      this.#reader = this.#readerOf();
    }
  }

  /** It reads no more. */
  leave(): void {
    this.#leave();
    this.#left();
  }

  #readerOf() {
    this.#segment = new KeptSegment(this.#left);
    this.#read = 0;
    const leave = this.#store.read(this.#k, this.#segment);
    if (!leave) throw new Error(`there is no segment ${this.#k}`);
    this.#leave = leave;
    return readerOf(nameOf({ kind: 'u', segment: this.#k }));
  }

  async #take(message: BroadcastMessage): Promise<void> {
    if (message.type === 'meta') await this.#begin(message.meta);
    else if (message.type === 'turn') this.turns.push(message.inMs);
    else if (message.type === 'beat') this.beats++;
    else if (message.type === 'update' && message.n > this.#n) {
      if (message.n !== this.#n + 1) throw new Error(`update ${message.n} follows ${this.#n}`);
      for (const { encoding } of message.rectangles) {
        this.encodings.set(encoding, (this.encodings.get(encoding) ?? 0) + 1);
      }
      await this.#picture.paint(message.rectangles);
      this.#seen(message.n);
    }
  }

  /** A viewer that already has the picture with which a segment begins needs it again only in another size. */
  async #begin(meta: BroadcastMeta): Promise<void> {
    this.metas.push(meta);
    const size = `${meta.width}x${meta.height}`;
    if (size === this.#size) {
      if (meta.n > this.#n) throw new Error(`a segment begins with ${meta.n} after ${this.#n}`);
      return;
    }
    this.#size = size;
    this.#picture.begin(meta);
    const reader = readerOf(nameOf({ kind: 'k', segment: meta.k }));
    for (const piece of this.#store.picture(meta.k)!) reader.push(piece);
    let cells = -1;
    for (let message = await reader.next(); message; message = await reader.next()) {
      if (message.type === 'meta') cells = message.meta.cells;
      if (message.type !== 'cell') continue;
      cells--;
      await this.#picture.paint(message.rectangles);
    }
    if (cells !== 0) throw new Error(`${cells} cells are missing`);
    this.#seen(meta.n);
  }

  #seen(n: number): void {
    this.#n = n;
    this.pictures.set(n, this.colours);
  }
}
