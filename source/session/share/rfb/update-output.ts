import { type EncodedRectangle, releaseBuffers, withStreamHeader } from '../../../codecs/encode/encode-job.js';
import { pictureEvent } from '../../../core/picture-events.js';
import { area, translate } from '../../../core/rectangle.js';
import { limitUnsent } from '../../../native/tcp-info.js';
import type { Move } from '../../../pixels/journal.js';
import { UNKNOWN_RECTANGLES } from '../../../protocols/rfb/constants.js';
import { copyRectangle, lastRectangle, updateHeader } from '../../../protocols/rfb/server-writer.js';
import type { Connection } from '../../../transport/connection.js';
import type { ConnectionTrace } from '../../inspect/connection-trace.js';
import type { WireMessage } from '../../inspect/message-record.js';
import { writtenServerMessage, writtenUpdate } from '../../inspect/rfb-messages.js';
import type { LinkFigures } from '../../stats/link-figures.js';
import type { ViewerFigures } from '../../stats/share-figures.js';
import type { ShareHost } from '../viewer-session.js';
import type { CachedRectangle } from './encode-cache.js';
import { type FencedUpdate, PendingFences } from './pending-fences.js';

/** What comes before the rectangles of a FramebufferUpdate, in the order in which it is written. */
export interface UpdateHead {
  /** Pseudo-encoding rectangles. */
  readonly pseudoRectangles: readonly Uint8Array[];
  readonly moves: readonly Move[];
  /** When its content was captured; null if it shows nothing new. */
  readonly capturedAt: number | null;
  /** Whether it counts as a frame: a lossless refresh shows no new picture. */
  readonly picture: boolean;
}

type Rectangles = readonly (EncodedRectangle | CachedRectangle)[];

export interface SendCounts {
  latency(ms: number, now: number): void;
  skipped(versions: number): void;
}

const RGB = 3;
/** Unsent bytes in the kernel on a thin link: some ten packets. */
const MAX_KERNEL_QUEUE = 16 * 1024;

interface HeldMessage {
  readonly bytes: Uint8Array;
  readonly describe: (bytes: Uint8Array) => WireMessage;
}

/** An update whose rectangles are written while later ones are encoded; a LastRect ends it. */
export interface OpenUpdate {
  write(rectangles: Rectangles): void;
  end(): void;
}

/** Writes one viewer's updates and messages, and counts them. */
export class UpdateOutput {
  readonly #connection: Connection;
  readonly #host: ShareHost;
  readonly #figures: ViewerFigures;
  readonly #viewer: number;
  readonly #trace: ConnectionTrace;
  readonly #fences = new PendingFences();
  /** Zlib streams whose header was sent on this connection. */
  readonly #streams = new Set<string>();
  /** Called when the system has taken everything that was written. */
  onDrain: () => void = () => {};
  #position = 0;
  /** Updates begun since the connection began. */
  #updates = 0;
  #counted = 0;
  #open: OpenUpdate | null = null;
  /** Messages that are held until the open update ends; null: none is open. */
  #held: HeldMessage[] | null = null;
  /** Messages that are written in one batch; null: each is written by itself. */
  #gathered: Uint8Array[] | null = null;
  #unsentMessages = 0;
  #short = false;

  constructor(connection: Connection, host: ShareHost, figures: ViewerFigures, viewer: number, trace: ConnectionTrace) {
    this.#connection = connection;
    this.#host = host;
    this.#figures = figures;
    this.#viewer = viewer;
    this.#trace = trace;
  }

  /** The use of the link. */
  get link(): LinkFigures {
    return this.#figures.link;
  }

  /** Keeps the kernel's queue short, on a thin link: what it has not sent yet waits here. */
  keepQueueShort(): void {
    if (!this.#short) limitUnsent(this.#connection.socket, MAX_KERNEL_QUEUE);
    this.#short = true;
  }

  /** The least round trip of the connection itself; null: unknown. */
  get minRttMs(): number | null {
    const least = this.#connection.tcpInfo()?.minRttMs;
    // Without a measurement the kernel has the highest number there is.
    return least !== undefined && least < 60_000 ? least : null;
  }

  /** The round trip to the viewer's machine, tunnels included; null: unknown. */
  get peerRttMs(): number | null {
    return this.#connection.peerRttMs;
  }

  /** Whether what is written leaves once the event loop has had a turn. */
  get sendsLater(): boolean {
    return this.#connection.sendsLater;
  }

  /** Bytes written since the connection began. */
  get position(): number {
    return this.#position;
  }

  /** Whether the system has taken everything that was written. */
  get drained(): boolean {
    return this.#connection.pendingBytes === 0;
  }

  /** Bytes of messages, without updates, that the system has not taken yet. */
  get unsentMessages(): number {
    return this.#unsentMessages;
  }

  /** Writes a message; while an update is open, after that update. */
  message(bytes: Uint8Array, describe: HeldMessage['describe'] = writtenServerMessage): void {
    this.#unsentMessages += bytes.length;
    if (this.#held) this.#held.push({ bytes, describe });
    else this.#writeMessage({ bytes, describe });
  }

  /** Writes all messages of a callback at once. */
  batch(write: () => void): void {
    const gathered: Uint8Array[] = [];
    this.#gathered = gathered;
    try {
      write();
    } finally {
      this.#gathered = null;
      if (gathered.length > 0) this.#writeMessages(gathered);
    }
  }

  #writeMessage({ bytes, describe }: HeldMessage): void {
    this.#position += bytes.length;
    this.#trace.sent(bytes);
    this.#trace.record(() => describe(bytes));
    if (this.#gathered) this.#gathered.push(bytes);
    else this.#writeMessages([bytes]);
  }

  #writeMessages(messages: readonly Uint8Array[]): void {
    const all = messages.length === 1 ? messages[0]! : Buffer.concat(messages);
    this.#connection.write([all], () => {
      this.#unsentMessages -= all.length;
      this.#written();
    });
  }

  /**
   * Begins an update for a viewer that supports LastRect; messages are held until it ends.
   * @param fenced whether a fence follows it
   */
  begin({ pseudoRectangles, moves, capturedAt, picture }: UpdateHead, fenced: boolean): OpenUpdate {
    const began = this.#host.clock.now();
    const start = this.#position;
    const number = ++this.#updates;
    let first = true;
    const { watched } = this.#trace;
    const traced: Uint8Array[] = [];
    let pixels = moves.reduce((sum, move) => sum + area(move.source), 0);
    this.#held = [];
    const write = (pieces: readonly Uint8Array[], written: () => void) => {
      for (const piece of pieces) this.#position += piece.length;
      if (watched) traced.push(...pieces);
      this.#trace.sent(...pieces);
      this.#connection.write(pieces, written);
    };
    write([updateHeader(UNKNOWN_RECTANGLES), ...pseudoRectangles, ...this.#moves(moves)], () => this.count());
    const open: OpenUpdate = {
      write: rectangles => {
        for (const { rectangle } of rectangles) pixels += area(rectangle);
        const pieces = rectangles.flatMap(rectangle => this.#piecesOf(rectangle));
        const ended = this.#onceWritten(rectangles);
        if (first) pictureEvent('write', number, capturedAt ?? 0);
        first = false;
        write(pieces, () => {
          ended();
          this.count();
        });
      },
      end: () => {
        const held = this.#held ?? [];
        this.#held = null;
        this.#open = null;
        const last: Uint8Array[] = [lastRectangle()];
        this.#position += last[0]!.length;
        const bytes = this.#position - start;
        if (watched) this.#trace.record(() => writtenUpdate(traced, bytes));
        if (fenced) last.push(this.#fence(capturedAt));
        this.#trace.sent(...last);
        // Until now the link was waiting for the encoders.
        this.link.wrote(this.#host.clock.now(), bytes);
        pictureEvent('written', number);
        this.#connection.write(last, () => this.#updateWritten(number, bytes, picture ? pixels : 0, began));
        this.batch(() => {
          for (const message of held) this.#writeMessage(message);
        });
      },
    };
    this.#open = open;
    return open;
  }

  /** Ends the open update with what was written of it: what follows is the last message. */
  finish(): void {
    this.#open?.end();
  }

  /** Writes an update. @param fenced whether a fence follows it */
  update({ pseudoRectangles, moves, capturedAt, picture }: UpdateHead, rectangles: Rectangles, fenced: boolean): void {
    let parts = 0;
    let pixels = 0;
    for (const { source } of moves) pixels += area(source);
    for (const rectangle of rectangles) {
      parts += rectangle.parts.length;
      pixels += area(rectangle.rectangle);
    }
    const pieces = [updateHeader(pseudoRectangles.length + moves.length + parts), ...pseudoRectangles];
    if (moves.length > 0) pieces.push(...this.#moves(moves));
    for (const rectangle of rectangles) pieces.push(...this.#piecesOf(rectangle));
    let bytes = 0;
    for (const piece of pieces) bytes += piece.length;
    this.#position += bytes;
    this.#trace.record(() => writtenUpdate(pieces, bytes));
    if (fenced) pieces.push(this.#fence(capturedAt));
    this.#trace.sent(...pieces);
    const began = this.#host.clock.now();
    const ended = this.#onceWritten(rectangles);
    this.link.wrote(began, bytes);
    const number = ++this.#updates;
    pictureEvent('write', number, capturedAt ?? 0);
    pictureEvent('written', number);
    this.#connection.write(pieces, () => {
      ended();
      this.#updateWritten(number, bytes, picture ? pixels : 0, began);
    });
  }

  /** The stream position of the oldest unanswered fence; null: all are answered. */
  get unanswered(): number | null {
    return this.#fences.first?.position ?? null;
  }

  /**
   * Sends a fence as a probe.
   * @returns false if an update is open: it cannot be sent now, and that update will be fenced anyway
   */
  probe(): boolean {
    if (this.#held) return false;
    const fence = this.#fence(null);
    this.#trace.sent(fence);
    this.#connection.write([fence], () => this.#written());
    return true;
  }

  fenceAnswered(payload: Uint8Array): FencedUpdate | undefined {
    const update = this.#fences.answered(payload);
    if (update && update.capturedAt !== null) pictureEvent('answered', 0, update.capturedAt);
    return update;
  }

  /** Counts the bytes that the system has taken since the last call. */
  count(): void {
    const sent = this.#connection.sentBytes;
    if (sent > this.#counted) this.#figures.sent(this.#host.clock.now(), sent - this.#counted);
    this.#counted = sent;
  }

  #moves(moves: readonly Move[]): Uint8Array[] {
    if (moves.length > 0) this.#figures.encoding('copyrect', moves.length);
    return moves.map(({ source, dx, dy }) => copyRectangle(translate(source, dx, dy), source.x, source.y));
  }

  #updateWritten(number: number, bytes: number, pixels: number, began: number): void {
    const now = this.#host.clock.now();
    if (pixels > 0) this.#figures.frame(now, { bytes, rawBytes: pixels * RGB, kind: 'changed' });
    this.#host.figures.stage(now, 'send', now - began);
    pictureEvent('taken', number);
    this.#written();
  }

  #written(): void {
    this.count();
    if (this.drained) this.onDrain();
  }

  #fence(capturedAt: number | null): Uint8Array {
    const fence = this.#fences.fence(end => ({ position: this.#position + end, capturedAt }));
    this.#position += fence.length;
    this.#trace.record(() => writtenServerMessage(fence));
    return fence;
  }

  /** The callback for when the system has taken the rectangles: their buffers may be released. */
  #onceWritten(rectangles: Rectangles): () => void {
    // The inspector may keep them.
    return this.#trace.watched ? () => {} : () => releaseBuffers(rectangles);
  }

  /** One piece per rectangle on the wire. */
  #piecesOf(rectangle: EncodedRectangle | CachedRectangle): Uint8Array[] {
    const bytes = this.#bytesOf(rectangle);
    if (rectangle.parts.length === 1) return [bytes];
    let end = 0;
    return rectangle.parts.map(({ length }) => {
      end += length;
      return bytes.subarray(end - length, end);
    });
  }

  #bytesOf(rectangle: EncodedRectangle | CachedRectangle): Uint8Array {
    for (const { encoding } of rectangle.parts) this.#figures.encoding(encoding);
    if (rectangle.stream && !this.#streams.has(rectangle.stream)) {
      this.#streams.add(rectangle.stream);
      return withStreamHeader(rectangle);
    }
    if ('firstViewer' in rectangle) this.#noteShared(rectangle);
    return rectangle.bytes;
  }

  #noteShared(rectangle: CachedRectangle): void {
    if (rectangle.firstViewer === 0) {
      rectangle.firstViewer = this.#viewer;
    } else if (rectangle.firstViewer !== this.#viewer && !rectangle.shared) {
      rectangle.shared = true;
      this.#host.figures.sharedRectangles++;
    }
  }
}
