import { kernelStreams } from '../codecs/decode/kernel-streams.js';
import { JpegDecoder } from '../codecs/jpeg/jpeg-decoder.js';
import type { VideoDecoders } from '../codecs/video/video-codec.js';
import type { Clock } from '../core/clock.js';
import type { PeerglassError } from '../core/errors.js';
import { plainText } from '../core/plain-text.js';
import type { Size } from '../core/rectangle.js';
import { Framebuffer } from '../pixels/framebuffer.js';
import type { PixelMemory } from '../pixels/pixel-memory.js';
import type { BroadcastLink } from '../protocols/broadcast/link.js';
import { type Announcement, announcementText, cleanAnnouncement, SHARING } from '../session/announcement.js';
import { type Percentiles, WatchFigures } from '../session/stats/watch-figures.js';
import type { PictureUpdate, ProtocolFacts } from '../session/watch/protocol-session.js';
import { mayComeBack } from '../session/watch/retries.js';
import { Backoff } from './backoff.js';
import { BitmapJpeg } from './bitmap-jpeg.js';
import { BroadcastPageLink } from './broadcast-link.js';
import { BrowserCPace } from './browser-cpace.js';
import { CanvasPainter } from './canvas-painter.js';
import { codesMeant } from './codes.js';
import type { FromWorker, ViewerState } from './messages.js';
import { type LinkOwner, type ViewerLink, WebLink } from './web-link.js';
import { WebSocketStream } from './web-socket-stream.js';

const FACTS_MS = 1000;
/** A sharer that was reached but shows nothing for this long is waiting for its user to let this viewer in. */
const CONSENT_MS = 700;
const MAX_NAME = 100;

export interface ViewerParts {
  readonly canvas: OffscreenCanvas;
  readonly memory: PixelMemory;
  readonly clock: Clock;
  /** Of the sharer's WebSocket. */
  readonly url: string;
  /** A connection to it that was opened before there was a viewer, or null. */
  readonly early: WebSocketStream | null;
  /** Watched instead of that, or null. */
  readonly broadcast: BroadcastLink | null;
  /** The seed of this viewer's key. */
  readonly seed: Uint8Array;
  /** Null: H.264 cannot be decoded here. */
  readonly createVideo: (() => VideoDecoders) | null;
  tell(message: FromWorker): void;
}

/** Watches a share in a browser: connects, shows, and reconnects. */
export class Viewer implements LinkOwner {
  readonly memory: PixelMemory;
  readonly inflater;
  readonly clock: Clock;
  readonly jpeg = new JpegDecoder(new BitmapJpeg());
  readonly cpace;
  readonly #parts: ViewerParts;
  readonly #painter: CanvasPainter;
  readonly #backoff = new Backoff(Math.random);
  readonly #figures = new WatchFigures();
  /** Readings of the typed code that are still to be tried. */
  #codes: readonly string[] = [];
  #viewerName = '';
  #early: WebSocketStream | null;
  #state: ViewerState = { name: 'connecting' };
  #framebuffer: Framebuffer | null = null;
  #link: ViewerLink | null = null;
  #name = '';
  #encryption: string | null = null;
  #video: string | null = null;
  #sharer: Announcement | null = null;
  #visible = true;
  #frozen = false;
  /** Whether updates arrived while the canvas was frozen. */
  #stale = false;
  #cursor = true;
  #cancel: () => void = () => {};

  constructor(parts: ViewerParts) {
    this.#parts = parts;
    this.#early = parts.early;
    this.memory = parts.memory;
    this.clock = parts.clock;
    this.inflater = kernelStreams(parts.memory);
    this.cpace = new BrowserCPace(parts.memory, parts.clock, parts.seed);
    this.#painter = new CanvasPainter(parts.canvas, parts.memory);
    this.#tick();
  }

  // Messages from the page.

  /** @param code as typed; null: none is known */
  start(code: string | null, name: string): void {
    this.#viewerName = name;
    this.#codes = code === null ? [] : codesMeant(code);
    this.connect();
  }

  /** Has the sharer's user asked again, with this viewer's name. */
  introduce(name: string): void {
    this.#viewerName = name;
    this.connect();
  }

  connect(): void {
    this.#backoff.reset();
    this.#tell({ name: 'connecting' });
    this.#open(null);
  }

  /** A hidden page requests no updates and does not reconnect. */
  setVisible(visible: boolean): void {
    this.#visible = visible;
    this.#painter.setVisible(visible);
    this.#link?.setWanted(this.#wanted);
    if (visible) this.#link?.doubt();
    if (this.#state.name !== 'away') return;
    if (visible) this.#open(null);
    else this.#cancel();
  }

  /** The network is back. */
  online(): void {
    if (this.#state.name === 'away') this.connect();
    else this.#link?.doubt();
  }

  freeze(frozen: boolean): void {
    this.#frozen = frozen;
    this.#link?.setWanted(this.#wanted);
    if (!frozen && this.#stale && this.#framebuffer) {
      void this.#painter.draw(this.#framebuffer, [this.#framebuffer.bounds]);
    }
    this.#stale &&= frozen;
  }

  showCursor(shown: boolean): void {
    this.#cursor = shown;
    this.#link?.setCursor(shown);
  }

  async save(): Promise<void> {
    if (this.#framebuffer) this.#parts.tell({ type: 'picture', png: await this.#painter.toPng() });
  }

  stop(): void {
    this.#leave();
    this.#tell({ name: 'stopped' });
  }

  // Events of the link.

  reached(link: ViewerLink): void {
    if (link !== this.#link) return;
    this.#cancel();
    this.#cancel = this.clock.after(CONSENT_MS, () => this.#tell({ name: 'waiting' }));
  }

  resize(size: Size): Framebuffer {
    const before = this.#framebuffer;
    if (before?.width === size.width && before.height === size.height) return before;
    before?.free();
    this.#framebuffer = new Framebuffer(this.memory, size);
    this.#painter.resize(this.#framebuffer);
    this.#parts.tell({ type: 'size', size });
    return this.#framebuffer;
  }

  present(link: ViewerLink, update: PictureUpdate): void | Promise<void> {
    const framebuffer = this.#framebuffer;
    if (link !== this.#link || !framebuffer) return;
    if (link.shownAt === null) this.#firstPicture(link);
    if (this.#frozen) {
      this.#stale = true;
      return;
    }
    const began = this.clock.now();
    const drawn = this.#painter.draw(framebuffer, update.dirty);
    const now = this.clock.now();
    this.#figures.presented(now, update, now - began);
    return drawn;
  }

  createVideo(): VideoDecoders | null {
    return this.#parts.createVideo?.() ?? null;
  }

  describe({ name, encryption, video, sharer }: ProtocolFacts): void {
    if (name !== undefined) this.#name = plainText(name, MAX_NAME);
    if (encryption !== undefined) this.#encryption = encryption;
    if (video !== undefined) this.#video = video;
    if (!sharer) return;
    this.#sharer = cleanAnnouncement(sharer);
    if (this.#state.name === 'watching') this.#tell(this.#watching);
  }

  latency(ms: Percentiles): void {
    this.#figures.latency(this.clock.now(), ms);
  }

  notice(text: string): void {
    this.#parts.tell({ type: 'notice', text });
  }

  away(link: ViewerLink): void {
    if (link !== this.#link) return;
    link.shownAt = null;
    this.#tell({ name: 'away' });
  }

  ended(link: ViewerLink, error: PeerglassError): void {
    if (link !== this.#link) return;
    const watchedMs = link.shownAt === null ? 0 : this.clock.now() - link.shownAt;
    this.#leave();
    switch (error.code) {
      case 'E_CODE_REQUIRED':
      case 'E_PASSWORD_REQUIRED':
        this.#tell({ name: 'code', problem: null });
        return;
      case 'E_RFB_AUTH':
        this.#codes = this.#codes.slice(1);
        if (this.#codes.length > 0) this.#open(null);
        else this.#tell({ name: 'code', problem: 'Wrong code.' });
        return;
      case 'E_CODE_DOWNGRADE':
        this.#codes = [];
        this.#tell({
          name: 'ended',
          message: error.message,
          remedy: 'Ask the sharer.',
          again: 'Watch without the code',
        });
        return;
      case 'E_TOO_MANY_TRIES':
        this.#tell({ name: 'code', problem: `${error.message} ${error.remedy}` });
        return;
      default:
        if (mayComeBack(error.code)) this.#away(watchedMs);
        else this.#tell({ name: 'ended', message: error.message, remedy: error.remedy });
    }
  }

  get #wanted(): boolean {
    return this.#visible && !this.#frozen;
  }

  get #watching(): ViewerState {
    const sharer = this.#sharer;
    return { name: 'watching', still: sharer && sharer.kind !== SHARING.kind ? announcementText(sharer) : null };
  }

  /** @param resume the key of a connection that died silently */
  #open(resume: Uint8Array | null): void {
    this.#leave();
    const { url, broadcast } = this.#parts;
    const link = broadcast ? new BroadcastPageLink(broadcast, this) : this.#openWeb(url, resume);
    this.#link = link;
    link.setCursor(this.#cursor);
    link.setWanted(this.#wanted);
    link.start();
  }

  #openWeb(url: string, resume: Uint8Array | null): WebLink {
    const stream = this.#early ?? new WebSocketStream(url);
    this.#early = null;
    return new WebLink({ stream, code: this.#codes[0] ?? null, name: this.#viewerName, resume }, this);
  }

  #leave(): void {
    this.#cancel();
    this.#link?.close();
    this.#link = null;
    this.#sharer = null;
    this.#video = null;
  }

  #firstPicture(link: ViewerLink): void {
    this.#cancel();
    link.shownAt = this.clock.now();
    const [code] = this.#codes;
    // The code that let this viewer in is used to reconnect.
    if (code !== undefined) {
      this.#codes = [code];
      this.#parts.tell({ type: 'code-works', code });
    }
    this.#tell(this.#watching);
    this.#tellFacts();
  }

  /** The sharer is gone but may come back. */
  #away(watchedMs: number, resume: Uint8Array | null = null): void {
    this.#tell({ name: 'away' });
    if (this.#visible) this.#cancel = this.clock.after(this.#backoff.nextMs(watchedMs), () => this.#open(resume));
  }

  #tell(state: ViewerState): void {
    this.#state = state;
    this.#parts.tell({ type: 'state', state });
  }

  #tick(): void {
    this.clock.after(FACTS_MS, () => this.#tick());
    const link = this.#link;
    const now = this.clock.now();
    this.#figures.received(now, link?.takeBytes() ?? 0);
    if (!this.#visible || !link) return;
    if (link.isDead()) {
      const { key } = link;
      this.#leave();
      this.#away(0, key);
      return;
    }
    if (link.shownAt !== null) this.#tellFacts();
  }

  #tellFacts(): void {
    this.#parts.tell({ type: 'facts', facts: this.#facts(this.clock.now()) });
  }

  #facts(now: number) {
    const figures = this.#figures;
    const still = this.#state.name === 'watching' ? this.#state.still : null;
    const broadcast = this.#link?.broadcast ?? null;
    return {
      name: this.#name,
      encryption: this.#encryption,
      video: this.#video,
      fps: figures.fps(now),
      mbitPerSecond: figures.mbitPerSecond(now),
      latency: broadcast ? broadcast.ages : figures.latencyMs(now),
      broadcast,
      limit: figures.verdict(now, this.#frozen, still)?.text ?? null,
      stages: figures.stagesMs(now),
      frames: figures.frames,
      bytes: figures.bytes,
      compression: figures.compressionRatio(now),
      encodings: { ...figures.encodings },
    };
  }
}
