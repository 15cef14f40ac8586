import type { Socket } from 'node:net';
import type { Inflater } from '../../codecs/inflate.js';
import type { Clock } from '../../core/clock.js';
import { asPeerglassError, PeerglassError } from '../../core/errors.js';
import { formatPeerAddress } from '../../core/peer-address.js';
import { plainText } from '../../core/plain-text.js';
import type { Size } from '../../core/rectangle.js';
import type { Display } from '../../display/display.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { CONNECT_TIMEOUT_MS, type connect, DEFAULT_PORTS } from '../../transport/connect.js';
import { endsOf } from '../../transport/ends.js';
import { readTcpInfo } from '../../transport/tcp-info.js';
import { Inspection } from '../inspect/inspection.js';
import type { WatchCommand, WatchEvent } from '../messages.js';
import type { WatchSnapshot, WatchState } from '../snapshot.js';
import { ProcessUsage } from '../stats/process-usage.js';
import { type Percentiles, WatchFigures } from '../stats/watch-figures.js';
import type { WatchOptions } from '../watch-options.js';
import type { WindowAction } from '../window-keys.js';
import { detectWire } from './detect-wire.js';
import { withFacts } from './facts.js';
import { bannerOf } from './picture-banner.js';
import { withinMemory } from './picture-memory.js';
import { PictureView } from './picture-view.js';
import { mayComeBack, pause, Retries } from './retries.js';
import { saveLastPicture, savePictureNow } from './save-picture.js';
import { type ConnectionFacts, watchSnapshot } from './watch-snapshot.js';
import { commandOf } from './window-keys.js';
import { windowTitle } from './window-title.js';
import type { CreateWire, PictureUpdate, WireFacts, WireHost, WireSession } from './wire-session.js';

const SNAPSHOT_MS = 250;
/** Everything that a watcher needs of the world. */
export interface WatcherPorts {
  readonly clock: Clock;
  readonly memory: PixelMemory;
  readonly inflater: Inflater;
  readonly display: Display;
  readonly connect: typeof connect;
  readonly wires: Readonly<Record<'classic' | 'rfb', CreateWire>>;
  emit(event: WatchEvent): void;
  /** Wall time in milliseconds, for what the person reads. */
  date(): number;
  readonly silenceMs?: number;
}

/**
 * One session of watching: connects, shows, and when the sharer goes away waits for it with the last picture on the
 * screen. Emits exactly one `ended`, as its last event.
 */
export class Watcher implements WireHost {
  readonly options: WatchOptions;
  readonly clock: Clock;
  readonly memory: PixelMemory;
  readonly inflater: Inflater;
  readonly #ports: WatcherPorts;
  readonly #view: PictureView;
  readonly #figures = new WatchFigures();
  readonly #usage = new ProcessUsage();
  readonly #stop = new AbortController();
  #state: WatchState = 'connecting';
  #peer: string;
  #socket: Socket | null = null;
  #counted = 0;
  #wire: WireSession | null = null;
  #wireEnded: (error: PeerglassError) => void = () => {};
  #watched = false;
  /** That arrived in this session; `reset` leaves it alone. */
  #frames = 0;
  /** Since when the sharer has been away; null while it is there. */
  #lostAt: number | null = null;
  #backAt = 0;
  /** What the person has asked of the wire: a sharer that is back is asked again. */
  readonly #asked = new Map<WatchCommand['type'], (wire: WireSession) => boolean>();
  readonly #inspection: Inspection;
  #facts: ConnectionFacts;
  #cursor = true;
  #ended = false;
  #finished: Promise<void> = Promise.resolve();

  constructor(options: WatchOptions, ports: WatcherPorts) {
    this.options = options;
    this.clock = ports.clock;
    this.memory = ports.memory;
    this.inflater = ports.inflater;
    this.#ports = ports;
    this.#peer = plainText(formatPeerAddress(options.peer, options.wire));
    this.#inspection = new Inspection({
      clock: ports.clock,
      ports: () => [this.#socket?.remotePort ?? options.peer.port ?? DEFAULT_PORTS].flat(),
      tell: records => this.#ports.emit({ type: 'messages', records }),
      notice: (tone, text, code) => this.notice(tone, text, code),
    });
    this.#facts = {
      wire: null,
      name: '',
      encryption: null,
      level: options.level,
      quality: options.quality,
      sharer: null,
    };
    this.#view = new PictureView(ports.memory, ports.display, ports.clock, {
      fullscreen: options.fullscreen,
      scale: options.scale,
      title: () => this.#title(),
      onAction: (action, key) => this.#onAction(action, key),
      onClosed: () => this.command({ type: 'stop' }),
      onFailure: thrown => this.#end(asPeerglassError(thrown)),
    });
  }

  /** Runs the session to its end. Never rejects. */
  async run(): Promise<void> {
    try {
      await this.#ports.display.prepare();
      if (this.options.exportFile !== null) await this.#inspection.beginExport(this.options.exportFile);
      this.#tick();
      const retries = new Retries();
      while (!this.#ended) {
        const error = await this.#session();
        if (this.#ended) break;
        if (!this.#watched || !this.options.reconnect || !mayComeBack(error.code)) {
          this.#end(error);
          break;
        }
        const watchedMs = this.#state === 'watching' ? this.clock.now() - this.#backAt : 0;
        await this.#waitFor(error, retries.nextPauseMs(watchedMs));
      }
    } catch (thrown) {
      this.#end(asPeerglassError(thrown));
    }
    await this.#finished;
  }

  command(command: WatchCommand): void {
    switch (command.type) {
      case 'stop':
        this.#end(null);
        break;
      case 'freeze':
        this.#view.freeze(command.frozen);
        break;
      case 'scale':
        this.#view.setScale(command.scale);
        break;
      case 'fullscreen':
        this.#view.toggleFullscreen();
        break;
      case 'reset-figures':
        this.#figures.reset();
        break;
      case 'save-picture':
        savePictureNow(this.#view.picture, command.file, (tone, text, code) => {
          this.notice(tone, text, code);
          this.#view.hint(text);
        });
        break;
      case 'level':
        this.#ask(command.type, wire => wire.setLevel(command.level), 'a deflate level', { level: command.level });
        break;
      case 'quality':
        this.#ask(command.type, wire => wire.setQuality(command.quality), 'a quality', { quality: command.quality });
        break;
      case 'cursor':
        this.#cursor = command.shown;
        this.#ask(command.type, wire => wire.setCursor(command.shown), 'the pointer apart from the picture');
        break;
      case 'inspect':
        this.#inspection.look(command.messages);
        break;
      case 'export':
        void this.#inspection.export(command.file).then(() => this.#tell());
        break;
      case 'terminal-cells':
        break;
    }
    this.#tell();
  }

  /** The X server is gone and the process is about to end: what must survive is saved before this returns. */
  displayDied(): void {
    const message = 'The display that the window was on ended, and the window with it.';
    this.#end(new PeerglassError('E_DISPLAY_DIED', message, 'Start the display again, then watch again.'), 'display');
  }

  // What wires ask of it (WireHost).

  resize(size: Size): Framebuffer {
    return withinMemory(size, () => this.#view.resize(size));
  }

  present(update: PictureUpdate): void {
    if (this.#ended) return;
    const begun = this.clock.now();
    this.#view.present(update.dirty);
    const now = this.clock.now();
    this.#countBytes();
    this.#figures.presented(now, update, now - begun);
    if (!update.frame) return;
    this.#frames++;
    this.#arrived();
  }

  skipped(frames: number): void {
    this.#figures.skipped += frames;
    this.#frames += frames;
  }

  describe(facts: WireFacts): void {
    const known = withFacts(this.#facts, facts);
    this.#facts = known.facts;
    this.#label();
    if (known.notice) this.notice(known.notice.tone, known.notice.text);
  }

  latency(ms: Percentiles): void {
    this.#figures.latency(this.clock.now(), ms);
  }

  notice(tone: 'info' | 'good' | 'warning', text: string, code?: string): void {
    this.#ports.emit({ type: 'notice', tone, text: plainText(text), ...(code === undefined ? {} : { code }) });
  }

  ended(error: PeerglassError): void {
    this.#wireEnded(error);
  }

  // The session's course.

  /** One connection, from the attempt to its end; answers why it ended. */
  async #session(): Promise<PeerglassError> {
    let socket: Socket | null = null;
    try {
      const { peer, wire, code } = this.options;
      const ports = wire === 'rfb' ? [DEFAULT_PORTS[0]] : wire === 'classic' ? [DEFAULT_PORTS[1]] : DEFAULT_PORTS;
      const { signal } = this.#stop;
      socket = await this.#ports.connect(peer, { timeoutMs: CONNECT_TIMEOUT_MS, signal, ports });
      this.#socket = socket;
      this.#counted = 0;
      const port = socket.remotePort ?? peer.port;
      this.#peer = plainText(formatPeerAddress({ host: peer.host, port }, 'classic'));
      if (this.#state === 'connecting') {
        this.notice('info', `Connected to ${this.#peer}, waiting for the sharer.`);
        this.#to('waiting');
      } else if (this.#state === 'reconnecting') this.#to('waiting');
      const asked = { wire, code, peer: this.#peer, clock: this.clock, signal, silenceMs: this.#ports.silenceMs };
      const detected = await detectWire(socket, { ...asked, onQuiet: text => this.notice('warning', text) });
      return await this.#watch(socket, detected);
    } catch (thrown) {
      return asPeerglassError(thrown);
    } finally {
      this.#countBytes();
      socket?.on('error', () => {});
      socket?.destroy();
      this.#socket = null;
    }
  }

  async #watch(
    socket: Socket,
    { wire, early }: { wire: 'classic' | 'rfb'; early: Uint8Array },
  ): Promise<PeerglassError> {
    const trace = this.#inspection.trace({ wire, peer: this.#peer, ...endsOf(socket), opener: 'local' });
    try {
      return await new Promise<PeerglassError>(resolve => {
        this.#wireEnded = resolve;
        this.#facts = { ...this.#facts, wire, encryption: null, sharer: null };
        this.#wire = this.#ports.wires[wire]({ stream: socket, early, peer: this.#peer, trace }, this);
        for (const ask of this.#asked.values()) ask(this.#wire);
        this.#wire.start();
      });
    } finally {
      this.#wire?.close();
      this.#wire = null;
      trace.close();
    }
  }

  async #waitFor(error: PeerglassError, ms: number): Promise<void> {
    if (this.#lostAt === null) {
      this.#lostAt = this.clock.now();
      const text = `${error.message} The last picture stays; trying again until ${this.#peer} is back.`;
      this.notice('warning', text, error.code);
    }
    if (this.#state !== 'reconnecting') this.#to('reconnecting');
    await pause(this.clock, ms, this.#stop.signal);
  }

  /** A frame is on the screen. */
  #arrived(): void {
    if (this.#lostAt !== null) {
      const seconds = Math.round((this.clock.now() - this.#lostAt) / 1000);
      this.#lostAt = null;
      this.notice('good', `${this.#peer} is back after ${seconds} s.`);
    } else if (!this.#watched) {
      const { width, height } = this.#view.size;
      this.notice('good', `Watching ${this.#peer}: ${width}x${height}, ${this.#ports.display.describe()}.`);
    }
    this.#watched = true;
    if (this.#state !== 'watching') {
      this.#backAt = this.clock.now();
      this.#to('watching');
    }
    const { frames } = this.options;
    if (frames !== null && this.#frames >= frames) this.#end(null);
  }

  #to(state: WatchState): void {
    this.#state = state;
    this.#tell();
  }

  #tick(): void {
    if (this.#ended) return;
    this.#tell();
    this.clock.after(SNAPSHOT_MS, () => this.#tick());
  }

  #tell(): void {
    if (this.#ended) return;
    this.#label();
    this.#ports.emit({ type: 'snapshot', snapshot: this.#snapshot() });
  }

  /** @param reason `display`: there is no window any more, and closing it would only fail */
  #end(error: PeerglassError | null, reason?: 'display'): void {
    if (this.#ended) return;
    this.#countBytes();
    const unsaved = saveLastPicture(this.#view.picture, this.options.snapshotFile);
    if (unsaved && error && this.#view.picture) this.notice('warning', unsaved.message, unsaved.code);
    error ??= unsaved;
    this.#state = 'ended';
    this.#tell();
    this.#ended = true;
    const ended = { type: 'ended', error: error?.report() ?? null, frames: this.#frames } as const;
    if (reason === 'display') {
      this.#ports.emit(ended);
      return;
    }
    this.#stop.abort(new Error('the session has ended'));
    this.#wireEnded(new PeerglassError('E_PEER_CLOSED', 'The session has ended.'));
    this.#view.close();
    // An export is whole before the end is told.
    this.#finished = this.#inspection.close().then(() => this.#ports.emit(ended));
  }

  // What the person asks for, and what the person is told.

  #ask(type: WatchCommand['type'], ask: (wire: WireSession) => boolean, what: string, facts: WireFacts = {}): void {
    this.#asked.set(type, ask);
    if (!this.#wire) return;
    if (ask(this.#wire)) this.#facts = { ...this.#facts, ...facts };
    else this.notice('info', `The ${this.#facts.wire} wire has no way to ask for ${what}.`);
  }

  #onAction(action: WindowAction, key: string): void {
    const { level, quality } = this.#facts;
    const { frozen, scale } = this.#view;
    const date = new Date(this.#ports.date());
    const command = commandOf(action, key, { level, quality, frozen, scale, cursor: this.#cursor, date });
    if (command) this.command(command);
  }

  #countBytes(): void {
    const total = this.#socket?.bytesRead ?? this.#counted;
    this.#figures.received(this.clock.now(), total - this.#counted);
    this.#counted = total;
  }

  /** What the window says beside its picture, brought up to date. */
  #label(): void {
    this.#view.retitle();
    this.#view.setBanner(bannerOf(this.#state, this.#facts.sharer));
  }

  #title(): string {
    const state = this.#view.frozen ? 'frozen' : this.#state;
    return windowTitle(this.#facts.name || this.#peer, state, this.#figures.fps(this.clock.now()));
  }

  #snapshot(): WatchSnapshot {
    this.#countBytes();
    const parts = {
      t: this.#ports.date(),
      state: this.#state === 'watching' && this.#view.frozen ? ('frozen' as const) : this.#state,
      peer: this.#peer,
      facts: this.#facts,
      size: this.#view.size,
      figures: this.#figures,
      usage: this.#usage,
      link: this.#socket && readTcpInfo(this.#socket),
      exported: this.#inspection.exported,
      scale: this.#view.scale,
      cursor: this.#cursor,
    };
    return watchSnapshot(parts, this.clock.now());
  }
}
