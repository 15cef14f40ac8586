import type { Inflater } from '../../codecs/decode/inflate.js';
import type { Clock } from '../../core/clock.js';
import { asPeerglassError, type PeerglassError } from '../../core/errors.js';
import { formatPeerAddress } from '../../core/peer-address.js';
import { plainText } from '../../core/plain-text.js';
import type { Size } from '../../core/rectangle.js';
import type { Display } from '../../display/display.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { type connect, DEFAULT_PORTS } from '../../transport/connect.js';
import { LIVENESS, type LivenessLimits } from '../../transport/liveness.js';
import { type Commands, inspectCommands, performAndReport } from '../commands.js';
import { Inspection } from '../inspect/inspection.js';
import type { WatchCommand, WatchEvent } from '../messages.js';
import { saveLastPicture, savePicture } from '../picture-file.js';
import type { WatchSnapshot, WatchState } from '../snapshot.js';
import { ProcessUsage } from '../stats/process-usage.js';
import { type Percentiles, WatchFigures } from '../stats/watch-figures.js';
import { serverOf, type WatchOptions } from '../watch-options.js';
import { WATCH_WINDOW, type WindowAction } from '../window-keys.js';
import type { DetectedProtocol } from './detect-protocol.js';
import type { CreateProtocolSession } from './link.js';
import type { LinkKeeper, LinkKeeperHost } from './link-keeper.js';
import { withinMemory } from './picture-memory.js';
import { PictureView } from './picture-view.js';
import type { PictureUpdate, ProtocolFacts, ProtocolSession } from './protocol-session.js';
import { Reconnector } from './reconnector.js';
import { displayClosed, type Notice, noticeEvent } from './viewing.js';
import { WatchRecorder } from './watch-recorder.js';
import { bannerOf, type ConnectionFacts, watchSnapshot, windowTitle, withFacts } from './watch-snapshot.js';
import { commandOf } from './window-keys.js';

const SNAPSHOT_MS = 250;
/** A watcher's dependencies on the outside world. */
export interface WatcherPorts {
  readonly clock: Clock;
  readonly memory: PixelMemory;
  readonly inflater: Inflater;
  readonly display: Display;
  readonly connect: typeof connect;
  readonly wires: Readonly<Record<DetectedProtocol['wire'], CreateProtocolSession>>;
  /** What keeps the viewer of a broadcast connected; null where none is watched. */
  readonly createBroadcast?: ((host: LinkKeeperHost) => LinkKeeper) | null;
  emit(event: WatchEvent): void;
  /** Wall time in milliseconds, for display. */
  date(): number;
  readonly silenceMs?: number;
  readonly liveness?: LivenessLimits;
}

/**
 * A viewing session: connects and shows the picture. When the sharer goes away it waits with the last picture on the
 * screen. Emits exactly one `ended`, as its last event.
 */
export class Watcher implements LinkKeeperHost {
  readonly options: WatchOptions;
  readonly clock: Clock;
  readonly memory: PixelMemory;
  readonly inflater: Inflater;
  readonly #ports: WatcherPorts;
  readonly #view: PictureView<WindowAction>;
  readonly #figures = new WatchFigures();
  readonly #usage = new ProcessUsage();
  #state: WatchState = 'connecting';
  #peer: string;
  readonly #keeper: LinkKeeper;
  #watched = false;
  /** Whether the active link is unresponsive; it may still recover. */
  #missed = false;
  /** Frames in this session; `reset` leaves the count alone. */
  #frames = 0;
  /** When the sharer was lost; null while connected. */
  #lostAt: number | null = null;
  #backAt = 0;
  /** The viewer's requests, repeated to a sharer that is back. */
  readonly #requests = new Map<WatchCommand['type'], (wire: ProtocolSession) => boolean>();
  readonly #inspection: Inspection;
  readonly #recorder: WatchRecorder;
  readonly #commands: Commands<WatchCommand>;
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
    this.#peer = plainText(
      options.broadcast ? serverOf(options.broadcast) : formatPeerAddress(options.peer, options.wire),
    );
    this.#inspection = new Inspection({
      clock: ports.clock,
      ports: () => [this.#keeper.link?.remotePort ?? options.peer.port ?? DEFAULT_PORTS].flat(),
      tell: records => this.#ports.emit({ type: 'messages', records }),
      notice: (tone, text, code) => this.notice(tone, text, code),
    });
    this.#facts = {
      wire: null,
      name: '',
      encryption: null,
      level: options.level,
      quality: options.quality,
      video: null,
      sharer: null,
    };
    const watcher = this;
    this.#recorder = new WatchRecorder({
      ...{ clock: ports.clock, memory: ports.memory, date: ports.date },
      get name() {
        return watcher.#facts.name || watcher.#peer;
      },
      recordingChanged: () => this.#emitSnapshot(),
      notice: (...notice) => this.#tell(...notice),
    });
    const { clock, connect, wires, createBroadcast, liveness = LIVENESS, silenceMs } = ports;
    const inspection = this.#inspection;
    this.#keeper =
      createBroadcast?.(this) ??
      new Reconnector({ options, clock, connect, wires, inspection, liveness, silenceMs }, this);
    this.#view = new PictureView(ports.memory, ports.display, ports.clock, {
      keys: WATCH_WINDOW,
      fullscreen: options.fullscreen,
      scale: options.scale,
      title: () => this.#title(),
      onAction: (action, key) => this.#onAction(action, key),
      onClosed: () => this.command({ type: 'stop' }),
      onFailure: thrown => this.#end(asPeerglassError(thrown)),
    });
    this.#commands = this.#commandsOf(this.#view, this.#inspection, this.#recorder);
  }

  /** Runs the session to its end. Never rejects. */
  async run(): Promise<void> {
    try {
      await this.#ports.display.prepare();
      if (this.options.exportFile !== null) await this.#inspection.beginExport(this.options.exportFile);
      if (this.options.recordFile !== null) await this.#recorder.begin(this.options.recordFile);
      this.#tick();
      const error = await this.#keeper.run();
      if (!this.#ended) this.#end(error);
    } catch (thrown) {
      this.#end(asPeerglassError(thrown));
    }
    await this.#finished;
  }

  /** Performs a command. */
  command(command: WatchCommand): void {
    performAndReport(this.#commands, command, () => this.#emitSnapshot());
  }

  /**
   * The window is gone and the process is about to exit: whatever must survive is saved before this returns.
   * @param killed whether a person had it closed by force: an ordinary end. Else its X server is gone
   */
  displayDied(killed: boolean): void {
    this.#end(killed ? null : displayClosed('watch'), 'display');
  }

  // PictureHost, for protocol sessions.

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
    this.#frameShown();
  }

  skipped(frames: number): void {
    this.#figures.skipped += frames;
    this.#frames += frames;
  }

  describe(facts: ProtocolFacts): void {
    const known = withFacts(this.#facts, facts);
    this.#facts = known.facts;
    this.#updateWindow();
    if (known.notice) this.notice(known.notice.tone, known.notice.text);
  }

  latency(ms: Percentiles): void {
    this.#figures.latency(this.clock.now(), ms);
  }

  notice(...notice: Parameters<Notice>): void {
    this.#ports.emit(noticeEvent(...notice));
  }

  /** A notice that is also shown over the picture. */
  #tell(...notice: Parameters<Notice>): void {
    this.notice(...notice);
    this.#view.hint(notice[1]);
  }

  // LinkKeeperHost.

  get watched(): boolean {
    return this.#watched;
  }

  get watchedMs(): number {
    return this.#state === 'watching' ? this.clock.now() - this.#backAt : 0;
  }

  get size(): Size {
    return this.#view.size;
  }

  connected(peer: string): void {
    this.#peer = peer;
    if (this.#state === 'connecting') this.notice('info', `Connected to ${peer}. Waiting for the sharer.`);
    this.#setState('waiting');
  }

  begins(session: ProtocolSession): void {
    this.#missed = false;
    this.#facts = { ...this.#facts, wire: session.wire, encryption: null, video: null, sharer: null };
    for (const ask of this.#requests.values()) ask(session);
    this.#recorder.follow(session);
  }

  ending(): void {
    this.#countBytes();
  }

  lost(error: PeerglassError): void {
    this.#missed = false;
    if (this.#lostAt === null) {
      this.#lostAt = this.clock.now();
      const text = `${error.message} Keeping the last picture, reconnecting to ${this.#peer}.`;
      this.notice('warning', text, error.code);
    }
    if (this.#state !== 'reconnecting') this.#setState('reconnecting');
  }

  /** Checks whether the active link responds. */
  #checkLink(): void {
    this.#keeper.check();
    const { silentMs } = this.#keeper;
    if (silentMs !== null && !this.#missed) {
      this.#missed = true;
      this.#lostAt ??= this.clock.now() - silentMs;
      const { reconnect } = this.options;
      const also = reconnect ? ' Keeping the last picture, trying a second connection.' : '';
      const text = `No response from ${this.#peer} for ${Math.round(silentMs / 1000)} s.${also}`;
      this.notice('warning', text, 'E_PEER_SILENT');
      if (reconnect) this.#setState('reconnecting');
    } else if (silentMs === null && this.#missed) this.#recovered();
  }

  /** The sharer responds again. */
  #recovered(): void {
    this.#missed = false;
    if (this.#lostAt !== null) {
      const seconds = Math.round((this.clock.now() - this.#lostAt) / 1000);
      this.#lostAt = null;
      this.notice('good', `${this.#peer} is back after ${seconds} s.`);
    }
    if (this.#state === 'watching') return;
    this.#backAt = this.clock.now();
    this.#setState('watching');
  }

  /** A frame was shown. */
  #frameShown(): void {
    const first = !this.#watched;
    this.#watched = true;
    if (first) {
      const { width, height } = this.#view.size;
      this.notice('good', `Watching ${this.#peer}: ${width}x${height}.`);
      this.#ports.emit({ type: 'output', text: `picture by ${this.#ports.display.describe()}` });
    }
    // On an unresponsive link a frame alone is no recovery; `#checkLink` decides.
    if (!this.#missed) this.#recovered();
    const { frames } = this.options;
    if (frames !== null && this.#frames >= frames) this.#end(null);
  }

  #setState(state: WatchState): void {
    this.#state = state;
    this.#emitSnapshot();
  }

  #tick(): void {
    if (this.#ended) return;
    this.#checkLink();
    this.#emitSnapshot();
    this.clock.after(SNAPSHOT_MS, () => this.#tick());
  }

  #emitSnapshot(): void {
    if (this.#ended) return;
    this.#updateWindow();
    this.#ports.emit({ type: 'snapshot', snapshot: this.#snapshot() });
  }

  /** @param reason `display`: the window is gone already, and closing it would fail */
  #end(error: PeerglassError | null, reason?: 'display'): void {
    if (this.#ended) return;
    this.#countBytes();
    const unsaved = saveLastPicture(this.#view.picture, this.options.snapshotFile);
    if (unsaved && error && this.#view.picture) this.notice('warning', unsaved.message, unsaved.code);
    error ??= unsaved;
    this.#state = 'ended';
    this.#emitSnapshot();
    this.#ended = true;
    const ended = { type: 'ended', error: error?.report() ?? null, frames: this.#frames } as const;
    if (reason === 'display') {
      this.#ports.emit(ended);
      return;
    }
    this.#keeper.close();
    this.#view.close();
    // The export and the recording are complete before the end is announced.
    const files = [this.#inspection.close(), this.#recorder.switchTo(null)];
    this.#finished = Promise.all(files).then(() => this.#ports.emit(ended));
  }

  // Commands from the viewer, and output for the viewer.

  #commandsOf(
    view: PictureView<WindowAction>,
    inspection: Inspection,
    recorder: WatchRecorder,
  ): Commands<WatchCommand> {
    return {
      ...inspectCommands(inspection),
      ...(this.options.broadcast ? { export: () => this.#exportsNothing() } : {}),
      record: ({ file }) => recorder.switchTo(file),
      stop: () => this.#end(null),
      freeze: ({ frozen }) => view.freeze(frozen),
      scale: ({ scale }) => view.setScale(scale),
      fullscreen: () => view.toggleFullscreen(),
      'reset-figures': () => this.#figures.reset(),
      'save-picture': ({ file }) => savePicture(view.picture, file, (...notice) => this.#tell(...notice)),
      level: ({ type, level }) => this.#ask(type, wire => wire.setLevel(level), 'a compression level', { level }),
      quality: ({ type, quality }) => this.#ask(type, wire => wire.setQuality(quality), 'a quality', { quality }),
      cursor: ({ type, shown }) => {
        this.#cursor = shown;
        this.#ask(type, wire => wire.setCursor(shown), 'a separate cursor');
      },
      // The display handles these itself.
      'terminal-cells': () => {},
    };
  }

  /** What comes of a broadcast is of many connections, and sealed. */
  #exportsNothing(): void {
    this.notice('info', 'A broadcast cannot be exported: it is encrypted from end to end. R records its picture.');
  }

  #ask(
    type: WatchCommand['type'],
    ask: (wire: ProtocolSession) => boolean,
    what: string,
    facts: ProtocolFacts = {},
  ): void {
    this.#requests.set(type, ask);
    const { link } = this.#keeper;
    if (!link) return;
    if (ask(link.session)) this.#facts = { ...this.#facts, ...facts };
    else this.notice('info', `The ${this.#facts.wire} protocol cannot request ${what}.`);
  }

  #onAction(action: WindowAction, key: string): void {
    const { level, quality } = this.#facts;
    const { frozen, scale } = this.#view;
    const date = new Date(this.#ports.date());
    const recording = this.#recorder.snapshot !== null;
    const command = commandOf(action, key, { level, quality, frozen, scale, cursor: this.#cursor, recording, date });
    if (command) this.command(command);
  }

  #countBytes(): void {
    this.#figures.received(this.clock.now(), this.#keeper.link?.takeBytes() ?? 0);
  }

  /** Updates the window's title and banner. */
  #updateWindow(): void {
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
      threads: this.#ports.memory.threads?.count ?? 1,
      link: this.#keeper.link?.tcpInfo() ?? null,
      broadcast: this.#keeper.broadcast,
      silentMs: this.#keeper.silentMs,
      exported: this.#inspection.exported,
      recording: this.#recorder.snapshot,
      scale: this.#view.scale,
      cursor: this.#cursor,
    };
    return watchSnapshot(parts, this.clock.now());
  }
}
