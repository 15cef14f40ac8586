import type { Clock } from '../../core/clock.js';
import { asPeerglassError, type PeerglassError } from '../../core/errors.js';
import { SHARE_OVER } from '../announcement.js';
import { type Commands, inspectCommands, perform } from '../commands.js';
import type { Listening, ShareCommand } from '../messages.js';
import { saveGrey, savePicture } from '../picture-file.js';
import type { ShareState } from '../snapshot.js';
import { ProcessUsage } from '../stats/process-usage.js';
import { linkPicture } from './link-picture.js';
import { shareSnapshot } from './share-snapshot.js';
import { type ShareLifecycle, type ShareParts, ShareViewers } from './share-viewers.js';
import type { ViewerListener } from './viewer-session.js';

const SNAPSHOT_MS = 250;
/** The interval without connections, when little changes. */
const IDLE_SNAPSHOT_MS = 1000;

/** A share from start to end: opens it, executes the person's commands, and reports its state. */
export class Sharer implements ShareLifecycle {
  readonly viewers: ShareViewers;
  readonly #clock: Clock;
  readonly #commands: Commands<ShareCommand>;
  readonly #listeners: ViewerListener[];
  readonly #usage = new ProcessUsage(() => this.viewers.childUse);
  #state: 'starting' | 'open' | 'ended' = 'starting';
  #snapshotAt = 0;
  #cancelSnapshot: (() => void) | null = null;
  #end: Promise<void> | null = null;
  #ports: readonly number[] = [];

  constructor(parts: ShareParts) {
    this.#clock = parts.clock;
    this.viewers = new ShareViewers(parts, this);
    this.#commands = this.#commandsOf(this.viewers);
    this.#listeners = parts.listeners.map(create => create(this.viewers));
  }

  /** Opens the source and the ports. If one of them fails, everything is closed again and `ended` has the error. */
  async open(): Promise<void> {
    const { options, inspection, recorder, screen, emit } = this.viewers;
    try {
      await screen.open(options.target);
      const wires: Listening[] = [];
      for (const listener of this.#listeners) {
        // What has been closed must not be opened afterwards.
        if (this.ending) return;
        wires.push(...(await listener.listen()));
      }
      if (this.ending) return;
      this.#ports = wires.map(({ port }) => port);
      await this.viewers.openBroadcast();
      if (this.ending) return;
      if (options.exportFile !== null) await inspection.beginExport(options.exportFile);
      if (this.ending) return;
      if (options.recordFile !== null) await recorder.begin(options.recordFile);
      if (this.ending) return;
      this.#state = 'open';
      const { access, classicPort, code, vncPassword } = options;
      if (access === 'code' && classicPort !== null && wires.some(({ wire }) => wire !== 'classic')) {
        this.viewers.notice('info', 'classic viewers cannot send a code: you are asked about each of them');
      }
      const secrets = access === 'code' ? { code, vncPassword } : { code: null, vncPassword: null };
      emit({ type: 'listening', wires, ...secrets });
      this.#snapshot();
    } catch (error) {
      await this.close(asPeerglassError(error));
    }
  }

  /** Executes a command. Never rejects: a failure ends the share. */
  async command(command: ShareCommand): Promise<void> {
    try {
      await perform(this.#commands, command);
    } catch (error) {
      this.fail(error);
    }
  }

  get ending(): boolean {
    return this.#end !== null;
  }

  get ports(): readonly number[] {
    return this.#ports;
  }

  fail(error: unknown): void {
    void this.close(asPeerglassError(error));
  }

  /** Emits the next snapshot as soon as the rate limit allows. */
  changed(): void {
    if (this.#state !== 'open' || this.ending) return;
    this.#cancelSnapshot?.();
    const wait = Math.max(this.#snapshotAt + SNAPSHOT_MS - this.#clock.now(), 0);
    this.#cancelSnapshot = this.#clock.after(wait, () => this.#snapshot());
  }

  /** Ends the share and emits `ended`, once. */
  close(error: PeerglassError | null = null): Promise<void> {
    this.#end ??= this.#close(error);
    return this.#end;
  }

  async #close(error: PeerglassError | null): Promise<void> {
    const { emit, screen, inspection, recorder, cache, figures, film } = this.viewers;
    this.viewers.stop();
    // After a fault viewers wait for the share to come back.
    const farewell = error === null ? SHARE_OVER : null;
    // A failure to close must not prevent `ended`.
    await Promise.allSettled(this.#listeners.map(listener => listener.close(farewell)));
    await this.viewers.closeBroadcast();
    await Promise.allSettled([screen.close(), inspection.close(), recorder.close(), film.close()]);
    cache.free();
    this.#state = 'ended';
    this.#cancelSnapshot?.();
    emit({ type: 'snapshot', snapshot: this.#newSnapshot() });
    emit({ type: 'ended', error: error?.report() ?? null, frames: figures.frames });
  }

  #commandsOf(viewers: ShareViewers): Commands<ShareCommand> {
    const { bakeoff, inspection, recorder, thumbnails } = viewers;
    return {
      ...inspectCommands(inspection),
      record: ({ file }) => recorder.switchTo(file),
      level: ({ level }) => viewers.setting({ level }),
      quality: ({ quality }) => viewers.setting({ quality }),
      fps: ({ fps }) => viewers.setting({ fps }),
      uplink: ({ rate }) => viewers.setting({ uplink: rate }),
      'viewer-rate': ({ viewer, rate }) => viewers.limitRate(viewer, rate),
      cursor: ({ shown }) => viewers.setting({ cursor: shown ? 'shown' : 'hidden' }),
      pause: ({ paused }) => viewers.setting({ paused }),
      target: async ({ target }) => {
        await viewers.loss.choose(viewers.screen.switchTo(target));
        this.changed();
      },
      consent: ({ viewer, answer }) => viewers.answer(viewer, answer),
      kick: ({ viewer }) => viewers.kick(viewer),
      ban: ({ viewer }) => viewers.ban(viewer),
      remember: ({ viewer, remembered }) => viewers.remember(viewer, remembered),
      'save-picture': ({ file }) => {
        const { version, framebuffer } = viewers.picture(false);
        const tell = viewers.notice.bind(viewers);
        return savePicture(version === 0 ? null : framebuffer, file, tell);
      },
      'save-link': ({ link, code, file }) => saveGrey(linkPicture(link, code), file, viewers.notice.bind(viewers)),
      'reset-figures': () => {
        viewers.figures.reset();
        this.changed();
      },
      bakeoff: ({ viewer, link }) => bakeoff.begin(viewer, link),
      'end-bakeoff': () => bakeoff.end(),
      'encode-as': ({ viewer, choice }) => viewers.encodeAs(viewer, choice),
      thumbnail: ({ size }) => {
        if (this.#state === 'open') thumbnails.ask(size);
      },
      stop: () => this.close(),
    };
  }

  get #shownState(): ShareState {
    const { asking, settings, loss, watchers, everWatched } = this.viewers;
    if (this.#state !== 'open') return this.#state;
    if (asking.length > 0) return 'asking';
    if (settings.paused) return 'paused';
    if (loss.missing) return 'suspended';
    if (watchers.length > 0 || this.viewers.broadcast?.awake) return 'sharing';
    return everWatched ? 'asleep' : 'listening';
  }

  #newSnapshot() {
    const { loss, screen, settings, all, figures, inspection, recorder, levels, film, memory } = this.viewers;
    const parts = {
      state: this.#shownState,
      missing: loss.missing,
      source: screen.description,
      settings,
      viewers: all,
      figures,
      usage: this.#usage,
      threads: memory.threads?.count ?? 1,
      exported: inspection.exported,
      recording: recorder.snapshot,
      broadcast: this.viewers.broadcast?.snapshot ?? null,
      levels: levels.costs,
      video: film.snapshot(),
    };
    const snapshot = shareSnapshot(parts, this.#clock.now());
    levels.ask(snapshot.limit === 'compress' || snapshot.limit === 'network');
    return snapshot;
  }

  #snapshot(): void {
    this.#cancelSnapshot?.();
    if (this.#state !== 'open') return;
    this.#snapshotAt = this.#clock.now();
    this.viewers.emit({ type: 'snapshot', snapshot: this.#newSnapshot() });
    const pause = this.viewers.all.length > 0 ? SNAPSHOT_MS : IDLE_SNAPSHOT_MS;
    this.#cancelSnapshot = this.#clock.after(pause, () => this.#snapshot());
  }
}
