import type { CaptureSource, ChildUse, Opening, PlacedCursor } from '../../capture/capture-source.js';
import type { Clock } from '../../core/clock.js';
import type { Rectangle } from '../../core/rectangle.js';
import { banText } from '../../node/address-scope.js';
import { nodeCompressors } from '../../node/compressors.js';
import type { JournalEntry } from '../../pixels/journal.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import type { Region } from '../../pixels/region.js';
import type { ScreenView } from '../../pixels/screen.js';
import { REASON } from '../../protocols/rfb/refusals.js';
import type { Standing } from '../../protocols/rfb/security/cpace-platform.js';
import { LIVENESS, type LivenessLimits } from '../../transport/liveness.js';
import { type Announcement, PAUSED, SHARING } from '../announcement.js';
import { choiceText, type EncodingChoice } from '../bakeoff.js';
import { Inspection } from '../inspect/inspection.js';
import type { ShareEvent } from '../messages.js';
import { RememberedViewers } from '../remembered-viewers.js';
import type { ShareOptions, ShareTarget } from '../share-options.js';
import { ShareFigures } from '../stats/share-figures.js';
import { Bakeoff, type BakeoffHost } from './bakeoff/bakeoff.js';
import type { BroadcastHost } from './broadcast/broadcast.js';
import type { BroadcastSecret } from './broadcast/broadcast-secret.js';
import type { ShareBroadcast } from './broadcast/share-broadcast.js';
import { ConnectionNotices } from './connection-notices.js';
import { ASKED_TOO_SOON, Consent, type Refusal, SHARE_ENDED } from './consent.js';
import { LevelProbe } from './level-probe.js';
import { LevelReport } from './level-report.js';
import { Uplink } from './rate/uplink.js';
import { ENDED, RejectedAddresses } from './rejected-addresses.js';
import { CellCuts } from './rfb/cells.js';
import { EncodeCache } from './rfb/encode-cache.js';
import { ShareRecorder, type ShareRecorderHost } from './share-recorder.js';
import { SharedPicture, type SharedPictureHost } from './shared-picture.js';
import { SourceLoss, type SourceLossHost } from './source-loss.js';
import { Thumbnailer } from './thumbnailer.js';
import { EncoderProcess } from './video/encoder-process.js';
import { ShareFilm, type ShareFilmHost } from './video/share-film.js';
import type { CreateVideoEncoders } from './video/video-encoders.js';
import { ViewerList } from './viewer-list.js';
import { type LookUpName, ViewerNames } from './viewer-names.js';
import type { CreateViewerListener, ShareHost, ShareSettings, ViewerSession } from './viewer-session.js';
import { ViewerStanding } from './viewer-standing.js';

/** The dependencies of a share, replaceable in tests. */
export interface ShareParts {
  readonly options: ShareOptions;
  readonly clock: Clock;
  readonly memory: PixelMemory;
  /** Opens a source for a target. */
  openSource(target: ShareTarget, opening: Opening): Promise<CaptureSource>;
  readonly listeners: readonly CreateViewerListener[];
  /** After how long an unresponsive viewer is reported and disconnected; default LIVENESS. */
  readonly liveness?: LivenessLimits;
  /** Asks for the names of viewers' machines; left out: nobody is asked. */
  readonly lookUpName?: LookUpName;
  /** What makes the link of a broadcast; left out: something fresh. */
  readonly broadcastSecret?: BroadcastSecret;
  /** Viewers that come in by their key; left out: none. */
  readonly remembered?: RememberedViewers;
  /** What encodes films; left out: a process of its own. */
  readonly videoEncoders?: CreateVideoEncoders;
  emit(event: ShareEvent): void;
}

/** The share that viewers belong to: its end, and its reports. */
export interface ShareLifecycle {
  /** It has ended or is ending. */
  readonly ending: boolean;
  /** The ports of its listeners. */
  readonly ports: readonly number[];
  /** Something changed that the person should see soon. */
  changed(): void;
  /** Ends the share because of an internal error. */
  fail(error: unknown): void;
}

/**
 * The viewers of a share from admission to end, with the picture and the settings that they use. The host of all other
 * parts of a share.
 */
export class ShareViewers
  implements ShareHost, SharedPictureHost, SourceLossHost, BakeoffHost, ShareRecorderHost, BroadcastHost, ShareFilmHost
{
  readonly options: ShareOptions;
  readonly clock: Clock;
  readonly memory: PixelMemory;
  readonly liveness: LivenessLimits;
  readonly figures = new ShareFigures();
  readonly inspection: Inspection;
  readonly cuts = new CellCuts();
  readonly cache: EncodeCache;
  readonly recorder: ShareRecorder;
  readonly levels: LevelProbe;
  readonly bakeoff: Bakeoff;
  readonly screen: SharedPicture;
  readonly loss: SourceLoss;
  readonly thumbnails: Thumbnailer;
  readonly film: ShareFilm;
  readonly emit: (event: ShareEvent) => void;
  readonly #share: ShareLifecycle;
  readonly #list: ViewerList;
  readonly #notices: ConnectionNotices;
  readonly #consent: Consent;
  readonly #names: ViewerNames | null;
  readonly #rejected = new RejectedAddresses();
  readonly #standing: ViewerStanding;
  readonly #levelReport: LevelReport;
  readonly #uplink: Uplink;
  #settings: ShareSettings;
  #announced: Announcement | null = null;
  #everWatched = false;
  readonly #broadcastSecret: BroadcastSecret | undefined;
  #broadcast: ShareBroadcast | null = null;

  constructor(parts: ShareParts, share: ShareLifecycle) {
    const { options, clock, memory, emit } = parts;
    this.options = options;
    this.clock = clock;
    this.memory = memory;
    this.liveness = parts.liveness ?? LIVENESS;
    this.emit = emit;
    this.#broadcastSecret = parts.broadcastSecret;
    this.#share = share;
    const { level, quality, fps, cursor, maxRate, uplink } = options;
    this.#settings = { level, quality, fps, cursor, maxRate, uplink, paused: false };
    this.#list = new ViewerList(clock);
    const { lookUpName } = parts;
    this.#names = lookUpName ? new ViewerNames(clock, lookUpName, () => share.changed()) : null;
    const tell = this.notice.bind(this);
    this.#standing = new ViewerStanding(parts.remembered ?? new RememberedViewers(null), tell);
    this.#notices = new ConnectionNotices(clock, (tone, text) => this.notice(tone, text));
    this.levels = new LevelProbe(clock);
    this.bakeoff = new Bakeoff(this);
    this.loss = new SourceLoss(this);
    this.inspection = new Inspection({
      clock,
      ports: () => share.ports,
      tell: records => emit({ type: 'messages', records }),
      notice: (tone, text, code) => this.notice(tone, text, code),
    });
    this.#consent = new Consent(options.access, clock, {
      asking: question => emit({ type: 'asking', ...question }),
      asked: viewer => emit({ type: 'asked', viewer }),
    });
    this.screen = new SharedPicture({ ...parts, figures: this.figures }, this, this.loss);
    const picture = () => this.picture(false);
    this.thumbnails = new Thumbnailer(clock, picture, thumbnail => emit({ type: 'thumbnail', thumbnail }));
    this.film = new ShareFilm(this, parts.videoEncoders ?? (changed => new EncoderProcess(clock, changed)));
    this.cache = new EncodeCache(memory, nodeCompressors, this.cuts, () => {
      this.figures.encodedRectangles++;
    });
    this.recorder = new ShareRecorder(this);
    this.#uplink = new Uplink(this);
    const watching = () => this.watchers.length;
    this.#levelReport = new LevelReport(clock, this.figures, watching, text => this.notice('info', text));
  }

  get settings(): ShareSettings {
    return this.#settings;
  }

  get announcement(): Announcement {
    return this.#announced ?? (this.#settings.paused ? PAUSED : SHARING);
  }

  get all(): readonly ViewerSession[] {
    return this.#list.all;
  }

  get watchers(): ViewerSession[] {
    return this.#list.watching;
  }

  get asking(): ViewerSession[] {
    return this.#list.asking;
  }

  /** Whether anybody ever watched. */
  get everWatched(): boolean {
    return this.#everWatched;
  }

  get wanted(): boolean {
    if (this.recorder.wantsFrame || this.#broadcast?.wantsFrame) return true;
    return this.#list.all.some(viewer => viewer.wantsFrame);
  }

  urgent(damage: readonly Rectangle[]): readonly Rectangle[] {
    if (!this.watchers.some(viewer => viewer.takesSmall)) return [];
    return this.cuts.smallIn(this.picture(true), damage);
  }

  get recorded(): boolean {
    return this.recorder.active;
  }

  /** Null: it is not shared as a broadcast, or not yet. */
  get broadcast(): ShareBroadcast | null {
    return this.#broadcast;
  }

  /** Of a broadcast, in bytes a second. */
  get otherRate(): number {
    return this.#broadcast?.uplinkRate ?? 0;
  }

  get cursor(): PlacedCursor | null {
    return this.screen.cursor;
  }

  get live(): boolean {
    return this.screen.live;
  }

  get capturing(): boolean {
    return this.screen.capturing;
  }

  get uncaptured(): Region | null {
    return this.screen.uncaptured;
  }

  get captureNext(): boolean {
    return this.screen.captureNext;
  }

  picture(drawsPointer: boolean): ScreenView {
    return this.screen.view(!drawsPointer && this.#settings.cursor === 'shown');
  }

  nameOf(address: string): string | null {
    return this.#names?.of(address) ?? null;
  }

  standing(fingerprint: string): Standing {
    return this.#standing.of(fingerprint);
  }

  isRemembered(fingerprint: string): boolean {
    return this.#standing.isRemembered(fingerprint);
  }

  nextViewerId(): number {
    return this.#list.nextId();
  }

  room(address: string, asks: boolean): boolean {
    if (this.#share.ending) return false;
    const room = this.#list.makeRoom(address, asks);
    if (!room) this.#notices.left(`${address} was refused: the share is full`, false);
    return room;
  }

  admit(viewer: ViewerSession): void {
    this.#list.add(viewer);
    this.#names?.ask(viewer.address);
    this.#share.changed();
  }

  async consent(viewer: ViewerSession, gaveCode: boolean): Promise<Refusal | null> {
    const refusal = this.#share.ending ? SHARE_ENDED : await this.#consent.ask(viewer.id, viewer.address, gaveCode);
    if (refusal) this.#list.mark(viewer.id, refusal.said);
    return refusal ?? (this.#share.ending ? SHARE_ENDED : null);
  }

  watching(viewer: ViewerSession): void {
    this.#everWatched = true;
    this.#notices.joined(`${this.#nameAndAddress(viewer)} connected`);
    this.screen.wake();
    this.screen.poke();
    this.#uplink.share();
    this.#share.changed();
  }

  left(viewer: ViewerSession, reason: string | null): void {
    if (reason) this.#list.mark(viewer.id, reason);
    const how = this.#list.remove(viewer.id);
    this.#consent.withdraw(viewer.id);
    this.bakeoff.left(viewer.id);
    if (this.watchers.length === 0) {
      this.#sleepIfUnwatched();
      this.#levelReport.stop();
    }
    this.#uplink.share();
    // Nothing more is reported about a banned viewer, whose ban was reported, or about one that was refused or
    // disconnected a moment ago.
    const known = how === ASKED_TOO_SOON || how === `was refused: ${ENDED}` || this.#isBanned(viewer);
    if (!this.#share.ending && !known)
      this.#notices.left(`${this.#nameAndAddress(viewer)} ${how}`, viewer.state === 'watching');
    this.#share.changed();
  }

  /** E.g. "192.168.1.86", "192.168.1.86 (Anna)", "192.168.1.86 (anna-laptop.lan)". */
  #nameAndAddress({ address, name }: ViewerSession): string {
    return name === null ? address : `${address} (${name})`;
  }

  wantFrame(): void {
    this.screen.poke();
  }

  fail(error: unknown): void {
    this.#share.fail(error);
  }

  notice(tone: 'info' | 'good' | 'warning', text: string, code?: string): void {
    this.emit(code === undefined ? { type: 'notice', tone, text } : { type: 'notice', tone, text, code });
  }

  setting(change: Partial<ShareSettings>): void {
    if (change.level !== undefined && change.level !== this.#settings.level) {
      this.#levelReport.changing(this.#settings.level, change.level);
      this.levels.forget();
    }
    this.#settings = { ...this.#settings, ...change };
    // The last choice wins: it replaces what was chosen for single viewers before.
    if (change.level !== undefined || change.quality !== undefined) {
      for (const viewer of this.all) viewer.encodeAs(null);
    }
    if (this.#settings.cursor !== 'shown') this.screen.forgetPointer();
    if (change.cursor !== undefined) this.screen.pointerPolicyChanged();
    if (change.uplink !== undefined) this.#uplink.share();
    for (const viewer of this.all) viewer.onSettings();
    this.#broadcast?.onSettings();
    this.screen.settingsChanged();
    this.#share.changed();
  }

  /**
   * Announces the state of the picture to all viewers, and to those that join later; null: no announcement. It takes
   * precedence over the pause, which viewers learn from the settings.
   */
  announce(announcement: Announcement | null): void {
    this.#announced = announcement;
    for (const viewer of this.all) viewer.onSettings();
    this.#broadcast?.onSettings();
    this.#share.changed();
  }

  /**
   * Uses the chosen encoding for one viewer; with the classic protocol for all of them, since they share their frames.
   */
  encodeAs(id: number, choice: EncodingChoice): void {
    const viewer = this.watchers.find(each => each.id === id);
    if (!viewer) {
      this.notice('warning', 'That viewer has left: nothing was changed.');
    } else if (viewer.encodeAs(choice)) {
      this.notice('good', `${viewer.address} now gets ${choiceText(choice)}`);
    } else if (choice.level !== null) {
      this.setting({ level: choice.level });
      this.notice('good', `level ${choice.level} for all viewers now`);
    }
    this.#share.changed();
  }

  /** Limits one viewer, whatever the limit of all. @param rate in bytes a second; null: no limit */
  limitRate(id: number, rate: number | null): void {
    const viewer = this.watchers.find(each => each.id === id);
    if (viewer && !viewer.limitRate(rate)) {
      this.notice('warning', `${viewer.address} watches over classic: it cannot be limited`);
    }
    this.#share.changed();
  }

  answer(viewer: number, answer: 'yes' | 'no' | 'all'): void {
    this.#consent.answer(viewer, answer);
  }

  kick(id: number): void {
    const viewer = this.all.find(each => each.id === id);
    if (!viewer) return;
    this.#rejected.end(viewer.address, this.clock.now());
    this.#list.end(id, 'was disconnected', ENDED);
  }

  ban(id: number): void {
    const viewer = this.all.find(each => each.id === id);
    if (!viewer) return;
    if (viewer.proven) this.#standing.ban(viewer.proven.fingerprint);
    else this.#rejected.ban(viewer.address);
    const who = viewer.proven ? this.#nameAndAddress(viewer) : banText(viewer.address);
    this.notice('good', `${who} is banned until this session ends`);
    for (const each of this.all) {
      if (this.#isBanned(each)) this.#list.end(each.id, 'was banned', REASON.banned);
    }
  }

  #isBanned({ address, proven }: ViewerSession): boolean {
    return this.#rejected.isBanned(address) || (proven !== null && this.#standing.isBanned(proven.fingerprint));
  }

  remember(id: number, remembered: boolean): void {
    const viewer = this.all.find(each => each.id === id);
    if (!viewer) return;
    if (viewer.proven) this.#standing.remember(viewer.proven, this.#nameAndAddress(viewer), remembered);
    else this.notice('warning', `${viewer.address} has no key to be remembered by: only peerglass viewers have one`);
    this.#share.changed();
  }

  refusal(address: string): string | null {
    return this.#rejected.refusal(address, this.clock.now());
  }

  get sourceDescription(): string | null {
    return this.screen.description?.description ?? null;
  }

  /** A recording needs the screen like a viewer, and viewers are told of it. */
  recordingChanged(): void {
    if (this.#share.ending) return;
    if (this.recorder.active) {
      this.screen.wake();
      this.screen.poke();
    } else this.#sleepIfUnwatched();
    for (const viewer of this.all) viewer.onSettings();
    this.#broadcast?.onSettings();
    this.#share.changed();
  }

  /**
   * Opens the broadcast that the options ask for, if any.
   * @throws as ShareBroadcast.open does
   */
  async openBroadcast(): Promise<void> {
    if (this.options.broadcast === null) return;
    // Loaded where it is needed: other shares start sooner, and with less memory.
    const { ShareBroadcast } = await import('./broadcast/share-broadcast.js');
    const broadcast = new ShareBroadcast(this, this.options.broadcast, this.#broadcastSecret);
    this.#broadcast = broadcast;
    await broadcast.open();
  }

  async closeBroadcast(): Promise<void> {
    await this.#broadcast?.close();
  }

  /** Caches have begun to ask for the broadcast, which needs the screen then, or no longer do. */
  broadcastChanged(): void {
    if (this.#share.ending) return;
    if (this.#broadcast?.awake) {
      this.#everWatched = true;
      this.screen.wake();
      this.screen.poke();
    } else this.#sleepIfUnwatched();
    this.#share.changed();
  }

  #sleepIfUnwatched(): void {
    if (this.watchers.length === 0 && !this.recorder.active && !this.#broadcast?.awake) this.screen.sleep();
  }

  /** The resources used by helper processes. */
  get childUse(): ChildUse | null {
    const [first, second] = [this.screen.childUse, this.film.encoders.use].filter(use => use !== null);
    if (!first || !second) return first ?? null;
    return { cpuMs: first.cpuMs + second.cpuMs, rssBytes: first.rssBytes + second.rssBytes };
  }

  filmPicture(): ScreenView | null {
    return this.screen.live ? this.screen.view(false) : null;
  }

  filmChanged(): void {
    for (const viewer of this.all) viewer.onPicture();
    this.recorder.pump();
    this.#broadcast?.onPicture();
  }

  // Events of the picture.

  get watchesFilm(): boolean {
    return this.film.watched;
  }

  damaged(rectangles: readonly Rectangle[]): void {
    this.film.damaged(rectangles);
  }

  committed(entry: JournalEntry): void {
    this.film.committed(entry);
  }

  pictureChanged(): void {
    for (const viewer of this.all) viewer.onPicture();
    this.film.pump();
    this.recorder.pump();
    this.#broadcast?.onPicture();
    this.thumbnails.changed();
  }

  cursorChanged(): void {
    for (const viewer of this.all) viewer.onCursor();
    this.recorder.pump();
    this.#broadcast?.onPicture();
  }

  /** The share ends: no more questions, notices, trials or captures. */
  stop(): void {
    this.#uplink.stop();
    this.thumbnails.stop();
    this.#levelReport.stop();
    this.#notices.close();
    this.#names?.close();
    this.bakeoff.end();
    for (const viewer of this.all) this.#consent.withdraw(viewer.id);
    this.screen.sleep();
  }
}
