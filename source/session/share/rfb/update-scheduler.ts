import { type EncodedRectangle, isDone, MIN_POOLED, releaseBuffers } from '../../../codecs/encode/encode-job.js';
import type { EncodeProfile } from '../../../codecs/encode/encode-profile.js';
import { BGR233, type PixelFormat } from '../../../core/pixel-format.js';
import { intersect, type Rectangle, type Size } from '../../../core/rectangle.js';
import type { Framebuffer } from '../../../pixels/framebuffer.js';
import type { ScreenView } from '../../../pixels/screen.js';
import { FENCE } from '../../../protocols/rfb/constants.js';
import {
  colourMapOf,
  endOfContinuousUpdates,
  serverFence,
  setColourMapEntries,
} from '../../../protocols/rfb/server-writer.js';
import { FenceCongestion } from '../../../transport/fence-congestion.js';
import type { UpdatePacer } from '../../../transport/pacer.js';
import { RequestPacer } from '../../../transport/request-pacer.js';
import { STATIC_MS, TIMER_MS } from '../tuning.js';
import { overlapFrom, streamedHost } from './capture-overlap.js';
import { DesktopState, firstTitleOf, titleOf } from './desktop-state.js';
import { HeadState } from './head-state.js';
import { LossyRegion } from './lossy-region.js';
import { withBlack } from './padding.js';
import {
  cutTasks,
  type EncodeTask,
  encodeAll,
  encodeStreamed,
  inOrder,
  measureWork,
  type PendingUpdate,
  pendingUpdate,
  tasksOf,
  workMs,
} from './pending-update.js';
import { RefreshTurn } from './refresh-turn.js';
import { RequestedArea } from './requested-area.js';
import type { RfbShare } from './rfb-share.js';
import { encodeSlices, gathered } from './slices.js';
import { SmallFirst } from './small-first.js';
import type { SendCounts, UpdateHead, UpdateOutput } from './update-output.js';
import { isUpToDate, planUpdate, type UpdatePlan } from './update-plan.js';
import { ViewerBudget } from './viewer-budget.js';
import type { ViewerEncoding } from './viewer-encoding.js';
import { type FilmUpdate, ViewerVideo } from './viewer-video.js';

/**
 * Keeps one viewer up to date: whenever the pacer and the viewer's requests allow, it is sent the difference to the
 * present screen. There is no queue: while an update is in flight the screen continues to change, and the next update
 * skips to the present.
 *
 * Messages from the viewer only change the state; `pump` is called once they have been answered.
 */
export class UpdateScheduler {
  readonly #share: RfbShare;
  readonly #output: UpdateOutput;
  readonly #encoding: ViewerEncoding;
  readonly #counts: SendCounts;
  readonly #lossy = new LossyRegion();
  readonly #desktop: DesktopState;
  readonly #head: HeadState;
  /** What it may be sent, and how its pictures follow that. */
  readonly budget: ViewerBudget;
  readonly #video: ViewerVideo;
  #pacer: UpdatePacer = new RequestPacer();
  #framebuffer: Framebuffer | null = null;
  #version = 0;
  readonly #requested = new RequestedArea();
  /** When it began to want pictures, for the first time or after it wanted none; null: not yet. */
  #wantedSince: number | null = null;
  /** Identifies the viewer's machine. */
  readonly #clientKey: string;
  #pending: PendingUpdate | null = null;
  /** Waiting for its turn on the encoder. */
  #waiting = false;
  readonly #refreshTurn: RefreshTurn;
  /** Parts of its picture are newer than its version: CopyRect must not be used. */
  #mixed = false;
  /** The next update counts as a refresh: the viewer has no picture yet, or its last update was dropped. */
  #resending = true;
  #probedAt = 0;
  readonly #small = new SmallFirst();
  #cancelTimer: (() => void) | null = null;
  /** The key of the profile that it is served with. */
  #key = '';
  #endServing: () => void = () => {};
  #closed = false;

  constructor(
    share: RfbShare,
    clientKey: string,
    output: UpdateOutput,
    encoding: ViewerEncoding,
    size: Size,
    counts: SendCounts,
  ) {
    this.#share = share;
    this.#clientKey = clientKey;
    this.#output = output;
    this.#encoding = encoding;
    this.#counts = counts;
    this.budget = new ViewerBudget(share, encoding, output, this.#pacer);
    this.#desktop = new DesktopState(size, firstTitleOf(share.host));
    this.#head = new HeadState(share, encoding, this.#desktop);
    this.#refreshTurn = new RefreshTurn(share, clientKey, () => this.pump());
    this.#video = new ViewerVideo(share.host.film, encoding, this.#lossy, this.#requested, {
      now: () => this.#now,
      budget: () => this.budget.now,
      filmPerPixel: () => this.budget.filmPerPixel,
      mode: share.host.options.video,
      readyInMs: now => (this.#pending || this.#waiting ? Number.POSITIVE_INFINITY : this.#waitMs(now)),
      pump: () => this.pump(),
    });
    this.#serve();
  }

  /** Paced by fences if the viewer answers them, else by its requests. */
  get pacer(): UpdatePacer {
    return this.#pacer;
  }

  /** Whether a picture captured now would be sent at once, or right after the one being encoded. */
  get wantsFrame(): boolean {
    if (this.#closed || this.#waiting || !this.#mayWrite) return false;
    if (this.#pending === null) return true;
    // A picture captured now would only get old, unless encoding is what takes longest.
    if (!this.#pacer.beginsEarly) return false;
    return this.#pending.version === this.#picture.version && this.#now >= this.#pending.overlapFrom - TIMER_MS;
  }

  /** Whether a small change would be sent now, although a larger picture is on its way. */
  get takesSmall(): boolean {
    if (this.#closed || this.#pending || this.#waiting || this.#version === 0) return false;
    if (!this.#requested.isContinuous || !this.#pacer.byFences || !this.#small.open) return false;
    return this.budget.isThin && this.budget.allowsAhead;
  }

  setPixelFormat(format: PixelFormat): void {
    this.#encoding.setPixelFormat(format);
    this.encodingChanged();
    this.#head.forgetPointer();
    if (!format.trueColour) this.#output.message(setColourMapEntries(0, colourMapOf(BGR233)));
  }

  setEncodings(encodings: readonly number[]): void {
    const before = this.#encoding.capabilities;
    this.#encoding.setEncodings(encodings);
    this.encodingChanged();
    const { capabilities } = this.#encoding;
    if (before.cursor !== capabilities.cursor || before.cursorWithAlpha !== capabilities.cursorWithAlpha) {
      this.#head.forgetPointer();
    }
    // Both announce that this server supports the extension.
    if (capabilities.fence && !before.fence) {
      this.#probedAt = this.#now;
      this.#output.message(serverFence(FENCE.request, new Uint8Array(0)));
    }
    const both = ({ fence, continuousUpdates }: typeof before) => fence && continuousUpdates;
    if (both(capabilities) && !both(before)) this.#output.message(endOfContinuousUpdates());
  }

  request(incremental: boolean, area: Rectangle): void {
    this.#wantedSince ??= this.#now;
    this.#pacer.asked(this.#output.position, this.#now);
    if (!incremental) this.#desktop.layoutRequested();
    // An IDR is all that a film needs.
    const film = !incremental && this.#video.refresh(area);
    this.#requested.request(incremental || film, area, this.#desktop.bounds);
  }

  setContinuous(enable: boolean, area: Rectangle): void {
    if (enable && this.#requested.isEmpty) this.#wantedSince = this.#now;
    this.#requested.setContinuous(enable ? intersect(area, this.#desktop.bounds) : null);
    if (!enable) this.#output.message(endOfContinuousUpdates());
  }

  /** The viewer answered a fence. */
  fenceAnswered(payload: Uint8Array): void {
    const now = this.#now;
    if (!this.#pacer.byFences) {
      const pacer = new FenceCongestion();
      // The first fence, which was sent before any picture.
      if (payload.length === 0) pacer.probed(now - this.#probedAt, now);
      this.#pacer = pacer;
      this.budget.pacer = pacer;
    }
    const update = this.#output.fenceAnswered(payload);
    if (update) {
      this.#small.answered();
      this.#pacer.acknowledged(update.position, now);
      if (this.budget.isThin) this.#output.keepQueueShort();
      // A picture that was there before the viewer wanted one is not late.
      const { capturedAt } = update;
      if (capturedAt !== null) this.#counts.latency(now - Math.max(capturedAt, this.#wantedSince ?? 0), now);
    }
  }

  /** The viewer requested another size, but a mirror has the size of its source. */
  refuseDesktopSize(): void {
    if (this.#encoding.capabilities.extendedDesktopSize) this.#desktop.refuse();
  }

  /**
   * An update in progress with another profile will be dropped and its content sent again. Only once it is encoded, or
   * a viewer that changes its settings all the time would keep the encoders busy.
   */
  encodingChanged(): void {
    this.#serve();
    const pending = this.#pending;
    if (pending) pending.stale = pending.key !== this.#encoding.profile.key && !pending.begun;
    this.#desktop.name = titleOf(this.#share.host, this.#encoding.capabilities);
    this.#video.encodingChanged();
  }

  settingsChanged(): void {
    this.#encoding.refresh();
    this.encodingChanged();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#endServing();
    this.#video.close();
    this.budget.close();
    this.#pending = null;
    this.#refreshTurn.forget();
    this.#share.barrier.forget(this.#afterBarrier);
    this.#cancelTimer?.();
  }

  /** Sends what is pending, if it may be sent now. To be called whenever either may have changed. */
  pump(): void {
    if (this.#closed || this.#pending || this.#waiting || this.#requested.isEmpty) return;
    const { host } = this.#share;
    const now = this.#now;
    const wait = this.#waitMs(now);
    if (wait > 0) {
      if (this.takesSmall) this.#sendSmall();
      if (Number.isFinite(wait)) this.#pumpIn(wait);
      return;
    }
    this.#output.link.free(now);
    if (!host.live) {
      host.wantFrame();
      return;
    }
    const screen = this.#picture;
    if (this.#sendDesktop(screen)) return;
    this.#video.follow(screen, screen === host.picture(true), this.#desktop.bounds, now);
    const { plan, exact } = this.#withoutFilm(this.#plan(screen), screen);
    const refined = exact.concat(this.#refinable(plan));
    const film = this.#video.due(plan !== null || refined.length > 0);
    if (plan || film || refined.length > 0) {
      if (this.#pacer.probeDue(now) && this.#output.probe()) this.#wrote(null, null, true);
      this.#prepare(plan, film ? film.exact.concat(refined) : refined, screen, film);
    } else if (this.#headPending(now)) this.#write(null, [], null, now);
    else {
      this.budget.waits(now);
      host.wantFrame();
    }
    this.#video.pumpStreams();
  }

  get #now(): number {
    return this.#share.host.clock.now();
  }

  get #picture(): ScreenView {
    return this.#share.host.picture(this.#encoding.capabilities.drawsPointer);
  }

  /** No other viewer could be delayed. */
  get #onlyViewer(): boolean {
    return this.#share.host.watchers.length <= 1;
  }

  get #mayWrite(): boolean {
    return !this.#requested.isEmpty && this.#waitMs(this.#now) === 0;
  }

  /** The time until its link, and what it may be sent, have room; Infinity: until something is taken or answered. */
  #waitMs(now: number): number {
    if (!this.#output.drained) return Number.POSITIVE_INFINITY;
    return Math.max(this.#pacer.waitMs(now), this.budget.waitMs(now));
  }

  /** Registers the profile that it is served with. */
  #serve(): void {
    const { profile } = this.#encoding;
    if (this.#closed || profile.key === this.#key) return;
    this.#endServing();
    this.#endServing = this.#share.costs.serve(profile, this.#clientKey);
    this.#key = profile.key;
  }

  /** Plans what is sent now, with as much of the refresh as may be encoded now. */
  #plan(screen: ScreenView): UpdatePlan | null {
    if (this.#refreshTurn.queued && this.#resending) return null;
    const whole = this.#planOf(screen, !this.#refreshTurn.queued);
    const refreshed = this.#resending ? whole?.cells.length : whole?.refreshed;
    if (!whole || !refreshed) return whole;
    return this.#refreshTurn.allowed({ ...whole, refreshed }, screen, this.#encoding.profile, this.#onlyViewer);
  }

  /** @param refreshes whether what the viewer lacks of its own version is sent too */
  #planOf(screen: ScreenView, refreshes: boolean): UpdatePlan | null {
    const has = this.#clientState(screen);
    if (isUpToDate(screen, has, refreshes)) return null;
    const request = {
      bounds: intersect(this.#desktop.bounds, screen.framebuffer.bounds) ?? this.#desktop.bounds,
      requested: this.#requested.region,
      copyRect: this.#encoding.capabilities.copyRect && !this.#mixed,
      refreshes,
    };
    const plan = planUpdate(screen, this.#share.cuts, has, request);
    if (!plan || !this.#video.forbids(plan.moves)) return plan;
    return planUpdate(screen, this.#share.cuts, has, { ...request, copyRect: false });
  }

  /** Without films, of which it sees later versions by itself. */
  #withoutFilm(whole: UpdatePlan | null, screen: ScreenView): ReturnType<ViewerVideo['split']> {
    const split = this.#video.split(whole, screen, this.#version);
    this.#version = split.version;
    return split;
  }

  #clientState(screen: ScreenView) {
    // After a resize the framebuffer is a new one, of which the viewer has nothing.
    if (screen.framebuffer !== this.#framebuffer) {
      this.#framebuffer = screen.framebuffer;
      this.#version = 0;
      this.#lossy.clear();
    }
    return { version: this.#version, dirty: this.#requested.dirty };
  }

  /** Sends a new size, if the viewer supports it; that update contains no pixels. */
  #sendDesktop(screen: ScreenView): boolean {
    const { capabilities } = this.#encoding;
    const resized = this.#desktop.follow(screen.framebuffer, capabilities);
    if (resized) {
      this.#requested.resized(this.#desktop.bounds);
      this.#head.forgetPointer();
    }
    const pseudoRectangles = this.#desktop.takeLayout(capabilities);
    if (pseudoRectangles.length === 0) return false;
    this.#send({ pseudoRectangles, moves: [], capturedAt: null, picture: false }, [], null);
    return resized || !this.#mayWrite;
  }

  #prepare(plan: UpdatePlan | null, refined: readonly Rectangle[], screen: ScreenView, film: FilmUpdate | null): void {
    const { barrier, costs, host } = this.#share;
    const cache = this.budget.cells.encoder;
    const shown = plan ? this.budget.profileFor(plan.cells, screen) : this.#encoding.profile;
    const planned = tasksOf(plan, refined, screen, shown);
    const { fresh, pooled, large } = measureWork(planned, screen, cache);
    // Costs are those of the viewer's own profile, whatever its quality is at the moment.
    const profile = plan || planned.length === 0 ? this.#encoding.profile : planned[0]!.profile;
    const refreshes = plan !== null && plan.refreshed > 0;
    // Neither kind may delay other viewers: long work is encoded in slices.
    const sliced = fresh >= MIN_POOLED && (refreshes ? !this.#onlyViewer : costs.servedApart(profile, fresh));
    const tasks = sliced && !refreshes ? cutTasks(planned, screen, cache) : planned;
    // First pictures, refreshes and refinements neither hold the barrier nor wait for it.
    const inTurn = pooled && plan !== null && !refreshes && !sliced && this.#version > 0;
    if (inTurn && !barrier.mayBegin(screen)) {
      this.#waiting = true;
      if (film) this.#video.putBack(film);
      barrier.wait(this.#afterBarrier);
      return;
    }
    const began = this.#now;
    const black = this.#desktop.beyond(screen.framebuffer);
    const begun = this.#encoding.capabilities.lastRect && large && black.length === 0;
    this.#requested.updatePlanned();
    const leaveBarrier = inTurn ? barrier.begin(screen) : null;
    const encoded = host.figures.beginEncoding(began);
    const paid = refreshes ? this.#refreshTurn.begin() : null;
    if (plan) this.#share.tryLevels(screen, plan.cells, this.#encoding.profile);
    const send = (rectangles: readonly EncodedRectangle[], now: number) => {
      this.#desktop.padded(screen.framebuffer);
      this.budget.sent(rectangles, shown, now);
      this.#write(plan, rectangles, began, now, film);
    };
    const ended = () => {
      if (pooled && !sliced) costs.measured(profile, fresh, this.#now - began);
      leaveBarrier?.(this.#now - began);
    };
    const results = begun || sliced ? [] : encodeAll(tasks, screen, cache, pooled);
    if (!begun && !sliced && black.length === 0 && results.every(isDone)) {
      // The way of a letter: nothing happened while it was encoded.
      const now = this.#now;
      encoded(now, fresh > 0);
      paid?.(now - began);
      send(results, now);
      this.#mixed = false;
      ended();
      return;
    }
    const key = this.#encoding.profile.key;
    const pending = pendingUpdate(begun, key, screen.version, overlapFrom(this.#share, began));
    this.#pending = pending;
    const took = () => (sliced ? pending.slicedMs : this.#now - began);
    if (begun) {
      this.#desktop.padded(screen.framebuffer);
      const sent = this.#stream(plan, tasks, screen, pending, sliced, shown, film).catch(error => host.fail(error));
      void sent.then(() => {
        encoded(this.#now, true);
        paid?.(took());
        ended();
      });
      return;
    }
    const finish = (rectangles: readonly EncodedRectangle[]) => {
      encoded(this.#now, fresh > 0);
      paid?.(took());
      const current = this.#pending === pending;
      if (current) this.#pending = null;
      if (current && !pending.stale) {
        send(rectangles, this.#now);
        this.#mixed = pending.mixed;
      } else {
        if (film) this.#video.lost(film);
        this.budget.cells.lost();
        this.#resending ||= current;
        releaseBuffers(rectangles);
      }
      ended();
      if (current && pending.stale) this.pump();
    };
    const complete = (some: Parameters<typeof withBlack>[0]) => withBlack(some, black, host.memory, profile);
    const all = sliced ? gathered(this.#slices(tasks, screen, pending)).then(complete) : complete(results);
    all.then(finish, error => host.fail(error));
    host.clock.after(Math.max(pending.overlapFrom - this.#now, 0), () => host.wantFrame());
  }

  /**
   * Sends what is small and exact before the next picture, behind what is on its way. Where there is more, the viewer
   * keeps its version: the next update brings it all, this once more.
   */
  #sendSmall(): void {
    const { cuts, host } = this.#share;
    const screen = this.#picture;
    if (!host.live || screen.framebuffer !== this.#framebuffer) return;
    const { plan, exact } = this.#withoutFilm(this.#planOf(screen, false), screen);
    const cells = this.#small.cellsOf(plan, screen, cuts, exact.length === 0);
    if (!plan || cells.length === 0) {
      const now = this.#now;
      if (this.#headPending(now)) this.#write(null, [], null, now);
      return;
    }
    const began = this.#now;
    const tasks = tasksOf({ ...plan, cells }, [], screen, this.#encoding.profile);
    const results = encodeAll(tasks, screen, this.budget.cells.encoder, false);
    if (!results.every(isDone) || !this.#small.fits(results, screen.version)) {
      this.budget.cells.lost();
      void Promise.all(results).then(releaseBuffers, error => host.fail(error));
      return;
    }
    const before = this.#output.position;
    const whole = cells.length === plan.cells.length && exact.length === 0;
    const now = this.#now;
    this.budget.sent(results, this.#encoding.profile, now);
    this.#write(whole ? plan : null, results, began, now);
    this.#mixed ||= !whole;
    this.#small.sent(this.#output.position - before, whole ? null : screen.version);
  }

  /** Writes each rectangle as soon as it and those before it are encoded. */
  async #stream(
    plan: UpdatePlan | null,
    tasks: readonly EncodeTask[],
    screen: ScreenView,
    pending: PendingUpdate,
    sliced: boolean,
    shown: EncodeProfile,
    film: FilmUpdate | null,
  ): Promise<void> {
    const began = this.#now;
    const head = this.#headOf(plan, plan === null, began, film);
    const update = this.#output.begin(head, this.#pacer.byFences);
    if (film) update.write([film.picture.encoded]);
    let first: number | null = null;
    const write = (rectangles: readonly EncodedRectangle[]) => {
      const now = this.#now;
      this.#lossy.sentAll(rectangles, now);
      this.budget.sent(rectangles, shown, now);
      update.write(rectangles);
      first ??= this.#now;
    };
    const { sendsLater } = this.#output;
    const overlap = { pending, screen, pacer: this.#pacer, sendsLater, closed: () => this.#closed };
    const host = streamedHost(this.#share, overlap, write);
    const results = sliced
      ? this.#slices(tasks, screen, pending)
      : inOrder(await encodeStreamed(tasks, screen, this.budget.cells.encoder, host));
    for await (const rectangles of results) {
      if (this.#closed) return;
      write(rectangles);
    }
    if (this.#closed) return;
    this.#pending = null;
    this.#mixed = pending.mixed;
    // The omitted part was of a picture that no longer exists.
    if (pending.stale) this.#framebuffer = null;
    update.end();
    this.#wrote(head.capturedAt, began, true, first);
  }

  #slices(tasks: readonly EncodeTask[], screen: ScreenView, pending: PendingUpdate) {
    const wanted = () => !this.#closed && this.#picture === screen;
    return encodeSlices(this.#share, this.budget.cells.encoder, tasks, screen, pending, wanted);
  }

  /** The others' work is done. */
  readonly #afterBarrier = () => {
    this.#waiting = false;
    this.pump();
  };

  #write(
    plan: UpdatePlan | null,
    rectangles: readonly EncodedRectangle[],
    began: number | null,
    now: number,
    film: FilmUpdate | null = null,
  ): void {
    const head = this.#headOf(plan, plan === null && rectangles.length > 0, now, film);
    this.#lossy.sentAll(rectangles, now);
    this.#send(head, film ? [film.picture.encoded, ...rectangles] : rectangles, began, now);
  }

  /** The head of an update. From here on the viewer's state is that of the plan. */
  #headOf(plan: UpdatePlan | null, refines: boolean, now: number, film: FilmUpdate | null): UpdateHead {
    const pseudoRectangles = this.#head.take(refines && !film, now);
    if (plan) {
      this.#counts.skipped(plan.skipped);
      this.#version = plan.version;
      this.#small.updated();
      this.#mixed = false;
      this.#resending = false;
      for (const move of plan.moves) this.#lossy.moved(move, now);
    }
    this.#requested.answered(plan, this.#desktop.bounds);
    if (film) pseudoRectangles.push(...film.masks);
    const capturedAt = film?.picture.capturedAt ?? plan?.capturedAt ?? null;
    return { pseudoRectangles, moves: plan?.moves ?? [], capturedAt, picture: plan !== null || film !== null };
  }

  /** @param began when its encoding began, or null if there was nothing to encode */
  #send(head: UpdateHead, rectangles: readonly EncodedRectangle[], began: number | null, now = this.#now): void {
    let end = this.#output.position;
    for (const { bytes } of rectangles) end += bytes.length;
    const fenced = this.#pacer.fenceDue(end, now);
    this.#output.update(head, rectangles, fenced);
    this.#wrote(head.capturedAt, began, fenced);
  }

  #wrote(capturedAt: number | null, began: number | null, fenced: boolean, first: number | null = null): void {
    const now = this.#now;
    const all = workMs(now, capturedAt, began);
    const lead = first === null ? all : workMs(first, capturedAt, began);
    this.#pacer.wrote(this.#output.position, now, all, fenced, lead, first ?? now);
  }

  /**
   * Static lossy cells to refine, as many as the link has room for now: a minimum together with an update, more in an
   * update of their own. What changes is not refined, however seldom this viewer can be sent it: only the damage tells.
   */
  #refinable(plan: UpdatePlan | null): Rectangle[] {
    const { host } = this.#share;
    if (this.#lossy.isEmpty || (plan === null && host.captureNext) || !this.#video.mayRefine()) return [];
    const now = this.#now;
    const room = this.budget.refinement(plan !== null);
    if (room && this.#lossy.waitMs(now) === 0) {
      const changing = [...(plan?.cells ?? []).map(cell => cell.rectangle), ...(host.uncaptured?.rectangles() ?? [])];
      const cells = this.#lossy.staticCells(now, room.pixels, room.cell, host.cursor, changing);
      if (cells.length > 0) return cells;
    }
    this.#pumpIn(this.#lossy.waitMs(now) || STATIC_MS);
    return [];
  }

  /** Whether a new pointer or name may be sent without pixels now. */
  #headPending(now: number): boolean {
    const wait = this.#head.waitMs(now);
    if (wait > 0 && Number.isFinite(wait)) this.#pumpIn(wait);
    return wait === 0;
  }

  #pumpIn(ms: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#share.host.clock.after(ms, () => {
      this.#cancelTimer = null;
      this.pump();
    });
  }
}
