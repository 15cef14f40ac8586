import type { CursorState } from '../../capture/capture-source.js';
import { banText } from '../../core/address-scope.js';
import type { Clock } from '../../core/clock.js';
import { asPeerglassError, type PeerglassError } from '../../core/errors.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import type { ScreenView } from '../../pixels/screen.js';
import { LIVENESS, type LivenessLimits } from '../../transport/liveness.js';
import { type Announcement, PAUSED, SHARING } from '../announcement.js';
import { choiceText, type EncodingChoice } from '../bakeoff.js';
import { Inspection } from '../inspect/inspection.js';
import type { ShareEvent } from '../messages.js';
import type { ShareOptions, ShareTarget } from '../share-options.js';
import type { ShareState } from '../snapshot.js';
import { ProcessUsage } from '../stats/process-usage.js';
import { ShareFigures } from '../stats/share-figures.js';
import { Bakeoff, type BakeoffHost } from './bakeoff/bakeoff.js';
import { ConnectionNotices } from './connection-notices.js';
import { ASKED_TOO_SOON, Consent, type Refusal, SHARE_ENDED } from './consent.js';
import { LevelProbe } from './level-probe.js';
import { LevelReport } from './level-report.js';
import { savePicture } from './picture-file.js';
import type { ShareParts } from './share-parts.js';
import { shareSnapshot } from './share-snapshot.js';
import { SharedPicture } from './shared-picture.js';
import { SourceLoss } from './source-loss.js';
import { Thumbnailer } from './thumbnailer.js';
import { TurnedAway } from './turned-away.js';
import { ViewerList } from './viewer-list.js';
import type { ShareHost, ShareSettings, ViewerSession, Wire } from './viewer-session.js';

const WAS_BANNED = 'was banned';
const SNAPSHOT_MS = 250;
/** With nobody connected there is little to tell. */
const IDLE_SNAPSHOT_MS = 1000;

/** A share from its first port to its last byte: who watches, what they may see, and what is told about it. */
export class Sharer implements ShareHost {
  readonly options: ShareOptions;
  readonly clock: Clock;
  readonly memory: PixelMemory;
  readonly liveness: LivenessLimits;
  readonly figures = new ShareFigures();
  readonly inspection: Inspection;
  readonly levels: LevelProbe;
  readonly bakeoff: Bakeoff;
  readonly #emit: (event: ShareEvent) => void;
  readonly #picture: SharedPicture;
  readonly #wires: Wire[];
  readonly #viewers: ViewerList;
  readonly #told: ConnectionNotices;
  readonly #consent: Consent;
  readonly #thumbnails: Thumbnailer;
  readonly #turnedAway = new TurnedAway();
  readonly #levelReport: LevelReport;
  readonly #usage = new ProcessUsage();
  #settings: ShareSettings;
  #announced: Announcement | null = null;
  readonly #loss = new SourceLoss({
    description: () => this.#picture.description?.description ?? null,
    notice: (tone, text, code) => this.notice(tone, text, code),
    announce: announcement => this.announce(announcement),
  });
  #state: 'starting' | 'open' | 'ended' = 'starting';
  #everWatched = false;
  #snapshotAt = 0;
  #cancelSnapshot: (() => void) | null = null;
  #ending: Promise<void> | null = null;
  #ports: readonly number[] = [];

  constructor(parts: ShareParts) {
    const { options, clock, memory, emit } = parts;
    this.options = options;
    this.clock = clock;
    this.memory = memory;
    this.liveness = parts.liveness ?? LIVENESS;
    this.#emit = emit;
    const { level, quality, fps, cursor } = options;
    this.#settings = { level, quality, fps, cursor, paused: false };
    this.#viewers = new ViewerList(clock);
    this.#told = new ConnectionNotices(clock, (tone, text) => this.notice(tone, text));
    this.levels = new LevelProbe(clock);
    this.bakeoff = new Bakeoff(this.#bakeoffHost());
    this.inspection = new Inspection({
      clock,
      ports: () => this.#ports,
      tell: records => this.#emit({ type: 'messages', records }),
      notice: (tone, text, code) => this.notice(tone, text, code),
    });
    this.#consent = new Consent(options.access, clock, {
      asking: (viewer, address, expiresAt) => this.#emit({ type: 'asking', viewer, address, expiresAt }),
      asked: viewer => this.#emit({ type: 'asked', viewer }),
    });
    const { scrollDetection } = options;
    const pictureParts = { clock, memory, figures: this.figures, scrollDetection, openSource: parts.openSource };
    this.#picture = new SharedPicture(pictureParts, this.#pictureHost());
    const screen = () => this.picture(false);
    this.#thumbnails = new Thumbnailer(clock, screen, thumbnail => this.#emit({ type: 'thumbnail', thumbnail }));
    const watching = () => this.#viewers.watching.length;
    this.#levelReport = new LevelReport(clock, this.figures, watching, text => this.notice('info', text));
    this.#wires = parts.wires.map(create => create(this));
  }

  /** Opens the source and the ports. When one fails, all is closed again and `ended` says why. */
  async open(): Promise<void> {
    try {
      await this.#picture.open(this.options.target);
      const wires = [];
      for (const wire of this.#wires) wires.push(await wire.listen());
      this.#ports = wires.map(({ port }) => port);
      if (this.options.exportFile !== null) await this.inspection.beginExport(this.options.exportFile);
      if (this.#ending) return;
      this.#state = 'open';
      const { access, classicPort, rfbPort } = this.options;
      if (access === 'code' && classicPort !== null && rfbPort !== null) {
        this.notice('info', 'classic viewers cannot give the code: you are asked about each');
      }
      this.#emit({ type: 'listening', wires, code: this.options.access === 'code' ? this.options.code : null });
      this.#snapshot();
    } catch (error) {
      await this.close(asPeerglassError(error));
    }
  }

  get settings(): ShareSettings {
    return this.#settings;
  }

  get announcement(): Announcement {
    return this.#announced ?? (this.#settings.paused ? PAUSED : SHARING);
  }

  get cursor(): CursorState | null {
    return this.#picture.cursor;
  }

  get live(): boolean {
    return this.#picture.live;
  }

  get capturing(): boolean {
    return this.#picture.capturing;
  }

  picture(drawsPointer: boolean): ScreenView {
    return this.#picture.view(!drawsPointer && this.#settings.cursor === 'shown');
  }

  nextViewerId(): number {
    return this.#viewers.nextId();
  }

  room(address: string, asks: boolean): boolean {
    if (this.#ending) return false;
    const room = this.#viewers.makeRoom(address, asks);
    if (!room) this.#told.left(`${address} was refused: the share is full`, false);
    return room;
  }

  admit(viewer: ViewerSession): void {
    this.#viewers.add(viewer);
    this.#tell();
  }

  async consent(viewer: ViewerSession): Promise<Refusal | null> {
    const refusal = this.#ending ? SHARE_ENDED : await this.#consent.ask(viewer.id, viewer.address);
    if (refusal) this.#viewers.mark(viewer.id, refusal.said);
    return refusal ?? (this.#ending ? SHARE_ENDED : null);
  }

  watching(viewer: ViewerSession): void {
    this.#everWatched = true;
    this.#told.watches(`${viewer.address} connected`);
    this.#picture.wake();
    this.#picture.poke();
    this.#tell();
  }

  left(viewer: ViewerSession, reason: string | null): void {
    if (reason) this.#viewers.mark(viewer.id, reason);
    const how = this.#viewers.remove(viewer.id);
    this.#consent.withdraw(viewer.id);
    this.bakeoff.left(viewer.id);
    if (this.#viewers.watching.length === 0) {
      this.#picture.sleep();
      this.#levelReport.stop();
    }
    // Of one that is banned, or was refused a moment ago, nothing more is told, however often it tries.
    const known = how === ASKED_TOO_SOON || (this.#turnedAway.isBanned(viewer.address) && how !== WAS_BANNED);
    if (!this.#ending && !known) this.#told.left(`${viewer.address} ${how}`, viewer.state === 'watching');
    this.#tell();
  }

  wantFrame(): void {
    this.#picture.poke();
  }

  fail(error: unknown): void {
    void this.close(asPeerglassError(error));
  }

  notice(tone: 'info' | 'good' | 'warning', text: string, code?: string): void {
    this.#emit(code === undefined ? { type: 'notice', tone, text } : { type: 'notice', tone, text, code });
  }

  setting(change: Partial<ShareSettings>): void {
    if (change.level !== undefined && change.level !== this.#settings.level) {
      this.#levelReport.changing(this.#settings.level, change.level);
      this.levels.forget();
    }
    this.#settings = { ...this.#settings, ...change };
    // The last word holds: what was chosen for one viewer before is over.
    if (change.level !== undefined || change.quality !== undefined) {
      for (const viewer of this.#viewers.all) viewer.encodeAs(null);
    }
    if (this.#settings.cursor !== 'shown') this.#picture.forgetPointer();
    for (const viewer of this.#viewers.all) viewer.onSettings();
    this.#picture.catchUp();
    this.#tell();
  }

  /**
   * Tells viewers what has become of the picture, at once and whoever joins later; null: nothing in particular any more. It
   * goes before the pause, of which they are told without being announced.
   */
  announce(announcement: Announcement | null): void {
    this.#announced = announcement;
    for (const viewer of this.#viewers.all) viewer.onSettings();
    this.#tell();
  }

  /** Sends a viewer what changes as it was chosen; on the classic wire all of them, since they are sent the same. */
  encodeAs(id: number, choice: EncodingChoice): void {
    const viewer = this.#viewers.watching.find(each => each.id === id);
    if (!viewer) {
      this.notice('warning', 'That viewer has left: nothing is changed.');
    } else if (viewer.encodeAs(choice)) {
      this.notice('good', `${viewer.address} is sent ${choiceText(choice)} from now on`);
    } else if (choice.level !== null) {
      this.setting({ level: choice.level });
      this.notice('good', `level ${choice.level} from now on, for all viewers`);
    }
    this.#tell();
  }

  answer(viewer: number, answer: 'yes' | 'no' | 'all'): void {
    this.#consent.answer(viewer, answer);
  }

  kick(id: number): void {
    const viewer = this.#viewers.all.find(each => each.id === id);
    if (!viewer) return;
    this.#turnedAway.end(viewer.address, this.clock.now());
    this.#viewers.end(id, 'was disconnected');
  }

  ban(id: number): void {
    const viewer = this.#viewers.all.find(each => each.id === id);
    if (!viewer) return;
    this.#turnedAway.ban(viewer.address);
    this.notice('good', `${banText(viewer.address)} is banned until this session ends`);
    for (const each of this.#viewers.all) {
      if (this.#turnedAway.isBanned(each.address)) this.#viewers.end(each.id, WAS_BANNED);
    }
  }

  refusal(address: string): string | null {
    return this.#turnedAway.refusal(address, this.clock.now());
  }

  async switchTo(target: ShareTarget): Promise<void> {
    await this.#loss.choose(this.#picture.switchTo(target));
    this.#tell();
  }

  savePicture(file: string): Promise<void> {
    return savePicture(this.picture(false), file, (tone, text, code) => this.notice(tone, text, code));
  }

  askThumbnails(size: { readonly columns: number; readonly rows: number } | null): void {
    if (this.#state === 'open') this.#thumbnails.ask(size);
  }

  resetFigures(): void {
    this.figures.reset();
    this.#tell();
  }

  /** Ends everything and says `ended`, once. */
  close(error: PeerglassError | null = null): Promise<void> {
    this.#ending ??= this.#close(error);
    return this.#ending;
  }

  async #close(error: PeerglassError | null): Promise<void> {
    this.#thumbnails.stop();
    this.#levelReport.stop();
    this.#told.close();
    this.bakeoff.end();
    for (const viewer of this.#viewers.all) this.#consent.withdraw(viewer.id);
    this.#picture.sleep();
    // What cannot be closed any more must not keep the end from being told.
    await Promise.allSettled(this.#wires.map(wire => wire.close()));
    await Promise.allSettled([this.#picture.close(), this.inspection.close()]);
    this.#state = 'ended';
    this.#cancelSnapshot?.();
    this.#emit({ type: 'snapshot', snapshot: this.#newSnapshot() });
    this.#emit({ type: 'ended', error: error?.report() ?? null, frames: this.figures.frames });
  }

  get #shownState(): ShareState {
    if (this.#state !== 'open') return this.#state;
    if (this.#viewers.asking.length > 0) return 'asking';
    if (this.#settings.paused) return 'paused';
    if (this.#loss.missing) return 'suspended';
    if (this.#viewers.watching.length > 0) return 'sharing';
    return this.#everWatched ? 'asleep' : 'listening';
  }

  #bakeoffHost(): BakeoffHost {
    const sharer = this;
    return {
      clock: this.clock,
      figures: this.figures,
      get settings() {
        return sharer.settings;
      },
      get watching() {
        return sharer.#viewers.watching;
      },
      tell: report => this.#emit({ type: 'bakeoff', report }),
    };
  }

  #pictureHost() {
    const sharer = this;
    return {
      get fps() {
        return sharer.settings.fps;
      },
      get paused() {
        return sharer.settings.paused;
      },
      get wanted() {
        return sharer.#viewers.all.some(viewer => viewer.wantsFrame);
      },
      pictureChanged: () => {
        for (const viewer of this.#viewers.all) viewer.onPicture();
        this.#thumbnails.changed();
      },
      cursorChanged: () => {
        for (const viewer of this.#viewers.all) viewer.onCursor();
      },
      sourceLost: this.#loss.sourceLost,
      sourceBack: this.#loss.sourceBack,
      sourceChanged: this.#loss.sourceChanged,
      failed: (error: PeerglassError) => this.fail(error),
    };
  }

  #newSnapshot() {
    const parts = {
      state: this.#shownState,
      missing: this.#loss.missing,
      source: this.#picture.description,
      settings: this.#settings,
      viewers: this.#viewers.all,
      figures: this.figures,
      usage: this.#usage,
      exported: this.inspection.exported,
      levels: this.levels.costs,
    };
    const snapshot = shareSnapshot(parts, this.clock.now());
    this.levels.ask(snapshot.limit === 'compress' || snapshot.limit === 'network');
    return snapshot;
  }

  #snapshot(): void {
    this.#cancelSnapshot?.();
    if (this.#state !== 'open') return;
    this.#snapshotAt = this.clock.now();
    this.#emit({ type: 'snapshot', snapshot: this.#newSnapshot() });
    const pause = this.#viewers.all.length > 0 ? SNAPSHOT_MS : IDLE_SNAPSHOT_MS;
    this.#cancelSnapshot = this.clock.after(pause, () => this.#snapshot());
  }

  /** Something changed that a person waits to see: the next snapshot comes as soon as the rate allows. */
  #tell(): void {
    if (this.#state !== 'open' || this.#ending) return;
    this.#cancelSnapshot?.();
    const wait = Math.max(this.#snapshotAt + SNAPSHOT_MS - this.clock.now(), 0);
    this.#cancelSnapshot = this.clock.after(wait, () => this.#snapshot());
  }
}
