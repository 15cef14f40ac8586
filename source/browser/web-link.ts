import type { StreamInflater } from '../codecs/decode/inflate.js';
import type { JpegDecoder } from '../codecs/jpeg/jpeg-decoder.js';
import type { VideoDecoders } from '../codecs/video/video-codec.js';
import type { Clock } from '../core/clock.js';
import { hasCodeShape } from '../core/code.js';
import type { PeerglassError } from '../core/errors.js';
import type { Size } from '../core/rectangle.js';
import { ReplaceableStream } from '../core/transport.js';
import type { Framebuffer } from '../pixels/framebuffer.js';
import type { PixelMemory } from '../pixels/pixel-memory.js';
import type { CPacePlatform } from '../protocols/rfb/security/cpace-platform.js';
import { NO_TRUST, type Trust } from '../protocols/rfb/security/trust.js';
import type { Percentiles } from '../session/stats/watch-figures.js';
import type { PictureUpdate, ProtocolFacts } from '../session/watch/protocol-session.js';
import { ClientConnection } from '../session/watch/rfb/client-connection.js';
import { noTrace, type RfbHost } from '../session/watch/rfb/rfb-host.js';
import { Silence } from './silence.js';
import type { BroadcastFacts } from './watch-facts.js';
import type { WebSocketStream } from './web-socket-stream.js';

/** What brings the picture: a connection to the sharer, or the downloads of a broadcast. */
export interface ViewerLink {
  /** When it showed its first picture; null: it has not yet. */
  shownAt: number | null;
  /** The key for another connection, where this one dies without a word; null: there is none. */
  readonly key: Uint8Array | null;
  /** How far a viewer of a broadcast is; null: it is no broadcast. */
  readonly broadcast: BroadcastFacts | null;
  start(): void;
  close(): void;
  /** Whether anybody looks at the picture. */
  setWanted(wanted: boolean): void;
  setCursor(shown: boolean): void;
  /** Bytes since the last call. */
  takeBytes(): number;
  /** The connection may have died while the page was asleep or the network away: find out now. */
  doubt(): void;
  /** Call about once a second. @returns whether the connection is dead, though nobody said so */
  isDead(): boolean;
}

/** The owner of the links, one after the other. */
export interface LinkOwner {
  readonly memory: PixelMemory;
  readonly inflater: StreamInflater;
  readonly clock: Clock;
  readonly jpeg: JpegDecoder;
  readonly cpace: CPacePlatform;
  /** For one link; null: H.264 cannot be decoded here. */
  createVideo(): VideoDecoders | null;
  /** The sharer has been reached. */
  reached(link: ViewerLink): void;
  resize(size: Size): Framebuffer;
  present(link: ViewerLink, update: PictureUpdate): void | Promise<void>;
  describe(facts: ProtocolFacts): void;
  latency(ms: Percentiles): void;
  notice(text: string): void;
  /** It has lost the sharer, and tries again by itself. */
  away(link: ViewerLink): void;
  ended(link: ViewerLink, error: PeerglassError): void;
}

export interface LinkOptions {
  /** Just opened. */
  readonly stream: WebSocketStream;
  readonly code: string | null;
  /** This viewer's name for the sharer; empty: none. */
  readonly name: string;
  /** The key of a connection that died silently. */
  readonly resume: Uint8Array | null;
}

/** One connection to the sharer. */
export class WebLink implements RfbHost, ViewerLink {
  readonly options;
  readonly memory: PixelMemory;
  readonly inflater: StreamInflater;
  readonly clock: Clock;
  readonly missed = false;
  readonly broadcast = null;
  /** When it showed its first picture; null: not yet. */
  shownAt: number | null = null;
  readonly #session: ClientConnection;
  readonly #owner: LinkOwner;
  readonly #stream: WebSocketStream;
  #key: Uint8Array | null = null;
  #counted = 0;
  readonly #silence: Silence;

  constructor({ stream: socket, code, name, resume }: LinkOptions, owner: LinkOwner) {
    const { memory, inflater, clock, jpeg, cpace } = owner;
    this.options = { code, quality: 'auto', level: null, maxRate: null } as const;
    this.memory = memory;
    this.inflater = inflater;
    this.clock = clock;
    this.#owner = owner;
    this.#silence = new Silence(clock, () => this.shownAt !== null && this.#session.probe());
    socket.onceOpen(() => owner.reached(this));
    this.#stream = socket;
    const stream = new ReplaceableStream(socket);
    const early = new Uint8Array(0);
    // Anybody who can change the page could also change what it remembers of a sharer.
    // A generated code is used for CPace only; any other may be the password for other VNC programs.
    const trust: Trust = { ...NO_TRUST, secret: code !== null && hasCodeShape(code) ? 'code' : 'password' };
    const forgetful = { trust, without: [], leaveOut() {}, letIn() {} };
    const protection = { tls: null, rsaAes: null, cpace, name, user: null, ...forgetful };
    const codecs = { jpeg, video: owner.createVideo() };
    const parts = { stream, early, peer: 'The sharer', resume, ...codecs, createTrace: noTrace, protection };
    this.#session = new ClientConnection(parts, this, {});
  }

  get key(): Uint8Array | null {
    return this.#key;
  }

  start(): void {
    this.#session.start();
  }

  close(): void {
    this.#session.close();
  }

  setWanted(wanted: boolean): void {
    this.#session.setWanted(wanted);
  }

  setCursor(shown: boolean): void {
    this.#session.setCursor(shown);
  }

  takeBytes(): number {
    const { received } = this.#stream;
    const bytes = received - this.#counted;
    this.#counted = received;
    return bytes;
  }

  doubt(): void {
    this.#silence.doubt(this.#stream.received);
  }

  isDead(): boolean {
    return this.#silence.isDead(this.#stream.received);
  }

  resize(size: Size): Framebuffer {
    return this.#owner.resize(size);
  }

  present(update: PictureUpdate): void | Promise<void> {
    return this.#owner.present(this, update);
  }

  skipped(): void {}

  describe(facts: ProtocolFacts): void {
    this.#owner.describe(facts);
  }

  latency(ms: Percentiles): void {
    this.#owner.latency(ms);
  }

  notice(_tone: string, text: string): void {
    this.#owner.notice(text);
  }

  resumable(key: Uint8Array): void {
    this.#key = key;
  }

  ended(error: PeerglassError): void {
    this.#owner.ended(this, error);
  }
}
