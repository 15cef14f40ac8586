import { type EncodedRectangle, isDone, MIN_POOLED, releaseBuffers } from '../../../codecs/encode/encode-job.js';
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
import { onlyRefines } from '../../../protocols/rfb/share-status.js';
import { FenceCongestion } from '../../../transport/fence-congestion.js';
import type { UpdatePacer } from '../../../transport/pacer.js';
import { RequestPacer } from '../../../transport/request-pacer.js';
import type { CursorPolicy } from '../../share-options.js';
import { OVERLAP_FROM } from '../tuning.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import { AskedArea } from './asked-area.js';
import { CursorState, drawsPointer } from './cursor-state.js';
import { DesktopState, titleOf } from './desktop-state.js';
import { LossyRegion, refinedPixels } from './lossy-region.js';
import { withBlack } from './padding.js';
import {
  cutForSlices,
  cutOrders,
  type EncodeOrder,
  encodeAll,
  encodeAsWritten,
  encodeSlice,
  inTheirOrder,
  ordersOf,
  type Preparation,
  pieceOf,
  sizeUp,
  workMs,
} from './preparation.js';
import type { RfbShare } from './rfb-share.js';
import type { Update, UpdateOutput } from './update-output.js';
import { planUpdate, refreshingOnly, type UpdatePlan } from './update-plan.js';
import type { ViewerEncoding } from './viewer-encoding.js';

export interface SendCounts {
  latency(ms: number, now: number): void;
  skipped(versions: number): void;
}

/**
 * Keeps one viewer up to date: whenever the pacer and the viewer's requests allow, it is sent what it lacks of the screen
 * as it is then. There is no queue: while an update is on its way the screen goes on, and the next one skips to the present.
 *
 * What the viewer says only changes what is known of it; `pump` is called once that has been answered.
 */
export class UpdateSender {
  readonly #share: RfbShare;
  readonly #output: UpdateOutput;
  readonly #encoding: ViewerEncoding;
  readonly #counts: SendCounts;
  readonly #lossy = new LossyRegion();
  readonly #pointer = new CursorState();
  readonly #desktop: DesktopState;
  #pacer: UpdatePacer = new RequestPacer();
  #framebuffer: Framebuffer | null = null;
  #version = 0;
  readonly #asked = new AskedArea();
  /** What stands for the viewer's machine. */
  readonly #place: string;
  #preparation: Preparation | null = null;
  /** It has much to encode, and it is the turn of others. */
  #waiting = false;
  /** What only refreshes for it waits for its turn, or has it now. */
  #refreshing: 'waits' | 'in turn' | null = null;
  /** Some of what it has is of a later version than the rest: nothing may be moved in its picture. */
  #mixed = false;
  /** Whatever it is sent next refreshes: it has nothing yet, or what was encoded for it was dropped. */
  #anew = true;
  #pointerAt = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | null = null;
  /** Of the profile that it is served with. */
  #key = '';
  #endServing: () => void = () => {};
  #closed = false;

  constructor(
    share: RfbShare,
    place: string,
    output: UpdateOutput,
    encoding: ViewerEncoding,
    size: Size,
    counts: SendCounts,
  ) {
    this.#share = share;
    this.#place = place;
    this.#output = output;
    this.#encoding = encoding;
    this.#counts = counts;
    this.#desktop = new DesktopState(size, share.host.options.name);
    this.#serve();
  }

  /** By fences, where the viewer answers them, else by what it asks for. */
  get pacer(): UpdatePacer {
    return this.#pacer;
  }

  /** Whether a picture captured now would go out at once, or right after the one that is being encoded. */
  get wantsFrame(): boolean {
    if (this.#closed || this.#waiting || !this.#mayWrite) return false;
    if (this.#preparation === null) return true;
    // One that is captured now only grows old unless the work here is what takes longest.
    if (!this.#pacer.beginsEarly) return false;
    return this.#preparation.version === this.#picture.version && this.#now >= this.#preparation.overlapFrom;
  }

  setPixelFormat(format: PixelFormat): void {
    this.#encoding.setPixelFormat(format);
    this.encodingChanged();
    this.#pointer.forget();
    if (!format.trueColour) this.#output.message(setColourMapEntries(0, colourMapOf(BGR233)));
  }

  setEncodings(encodings: readonly number[]): void {
    const before = this.#encoding.capabilities;
    this.#encoding.setEncodings(encodings);
    this.encodingChanged();
    const { capabilities } = this.#encoding;
    if (before.cursor !== capabilities.cursor || before.cursorWithAlpha !== capabilities.cursorWithAlpha) {
      this.#pointer.forget();
    }
    // Both tell the viewer that this server knows the extension.
    if (capabilities.fence && !before.fence) this.#output.message(serverFence(FENCE.request, new Uint8Array(0)));
    const continuous = capabilities.fence && capabilities.continuousUpdates;
    if (continuous && !(before.fence && before.continuousUpdates)) this.#output.message(endOfContinuousUpdates());
  }

  request(incremental: boolean, asked: Rectangle): void {
    this.#pacer.asked(this.#output.position, this.#now);
    if (!incremental) this.#desktop.asked();
    this.#asked.request(incremental, asked, this.#desktop.bounds);
  }

  setContinuous(enable: boolean, asked: Rectangle): void {
    this.#asked.setContinuous(enable ? intersect(asked, this.#desktop.bounds) : null);
    if (!enable) this.#output.message(endOfContinuousUpdates());
  }

  /** The viewer answered a fence. */
  fenceAnswered(payload: Uint8Array): void {
    const now = this.#now;
    if (!this.#pacer.byFences) this.#pacer = new FenceCongestion();
    const update = this.#output.fenceAnswered(payload);
    if (update) {
      this.#pacer.acknowledged(update.position, now);
      if (update.capturedAt !== null) this.#counts.latency(now - update.capturedAt, now);
    }
  }

  /** The viewer would like another size: a mirror has the size of what it shows. */
  refuseDesktopSize(): void {
    if (this.#encoding.capabilities.extendedDesktopSize) this.#desktop.refuse();
  }

  /**
   * What is being encoded in another way than now will be dropped: the viewer has it not yet, and is sent it anew. Only once
   * the encoders are done with it, or a viewer that changes its mind all the time would keep them busy.
   */
  encodingChanged(): void {
    this.#serve();
    const preparation = this.#preparation;
    if (preparation) preparation.stale = preparation.key !== this.#encoding.profile.key && !preparation.begun;
    this.#desktop.name = titleOf(this.#share.host, this.#encoding.capabilities);
  }

  settingsChanged(): void {
    this.#encoding.refresh();
    this.encodingChanged();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#endServing();
    this.#preparation = null;
    this.#share.refreshes.forget(this.#refreshTurn);
    this.#share.turns.forget(this.#afterTurn);
    this.#cancelTimer?.();
  }

  /** Sends what is due, if it may be sent now. To be called whenever either may have changed. */
  pump(): void {
    if (this.#closed || this.#preparation || this.#waiting || this.#asked.isEmpty) return;
    const wait = this.#output.drained ? this.#pacer.waitMs(this.#now) : Number.POSITIVE_INFINITY;
    if (wait > 0) {
      if (Number.isFinite(wait)) this.#pumpIn(wait);
      return;
    }
    this.#output.link.free(this.#now);
    const { host } = this.#share;
    if (!host.live) {
      host.wantFrame();
      return;
    }
    const screen = this.#picture;
    if (this.#sendDesktop(screen)) return;
    const plan = this.#plan(screen);
    const refined = this.#refinable(plan !== null);
    if (plan || refined.length > 0) this.#prepare(plan, refined, screen);
    else if (this.#newsDue(screen)) this.#write(null, [], null);
    else host.wantFrame();
  }

  get #now(): number {
    return this.#share.host.clock.now();
  }

  get #picture(): ScreenView {
    return this.#share.host.picture(drawsPointer(this.#encoding.capabilities));
  }

  /** A viewer for whom the pointer is painted is not given it to draw as well. */
  get #pointerPolicy(): CursorPolicy {
    const { cursor } = this.#share.host.settings;
    return cursor === 'shown' && !drawsPointer(this.#encoding.capabilities) ? 'hidden' : cursor;
  }

  /** No other viewer can be kept waiting. */
  get #alone(): boolean {
    return this.#share.host.watchers.length <= 1;
  }

  get #mayWrite(): boolean {
    return !this.#asked.isEmpty && this.#output.drained && this.#pacer.waitMs(this.#now) === 0;
  }

  /** The others are told with which profile it is served. */
  #serve(): void {
    const { profile } = this.#encoding;
    if (this.#closed || profile.key === this.#key) return;
    this.#endServing();
    this.#endServing = this.#share.costs.serve(profile, this.#place);
    this.#key = profile.key;
  }

  /** What is sent now; what only refreshes as far as it may be encoded now. */
  #plan(screen: ScreenView): UpdatePlan | null {
    const has = this.#possession(screen);
    const waits = this.#refreshing === 'waits';
    if (waits && this.#anew) return null;
    const plan = planUpdate(screen, this.#share.cuts, has, {
      bounds: intersect(this.#desktop.bounds, screen.framebuffer.bounds) ?? this.#desktop.bounds,
      requested: this.#asked.region,
      copyRect: this.#encoding.capabilities.copyRect && !this.#mixed,
      refreshes: !waits,
    });
    const again = this.#anew ? plan?.cells.length : plan?.again;
    return plan && again ? this.#allowed({ ...plan, again }, screen) : plan;
  }

  /** A plan that refreshes: whole, a piece of it, or only what changed. */
  #allowed(whole: UpdatePlan, screen: ScreenView): UpdatePlan | null {
    const { cache, refreshes } = this.#share;
    const { profile } = this.#encoding;
    const changed = whole.cells.slice(0, whole.cells.length - whole.again);
    const refreshing = whole.cells.slice(changed.length);
    const cells = this.#alone ? refreshing : cutForSlices(refreshing, screen, profile, cache);
    const plan = { ...whole, cells: [...changed, ...cells], again: cells.length };
    if (cells.every(cell => cache.has(screen, cell, profile))) return { ...plan, again: 0 };
    if (refreshes.mayBegin(this.#place)) {
      this.#refreshing = null;
      return plan;
    }
    if (this.#refreshing === 'in turn') {
      return refreshingOnly(plan, pieceOf(cells, screen, profile, cache, VIEWER_LIMITS.refreshPiece));
    }
    this.#refreshing = 'waits';
    refreshes.wait(this.#refreshTurn);
    return cells.length === plan.cells.length ? null : refreshingOnly(plan, []);
  }

  #possession(screen: ScreenView) {
    // A framebuffer is another one after a change of size: nothing of the old one counts.
    if (screen.framebuffer !== this.#framebuffer) {
      this.#framebuffer = screen.framebuffer;
      this.#version = 0;
      this.#lossy.clear();
    }
    return { version: this.#version, owed: this.#asked.owed };
  }

  /** Tells the viewer of another size, if it can follow one; that update holds no pixels. */
  #sendDesktop(screen: ScreenView): boolean {
    const { width, height } = screen.framebuffer;
    const resized = this.#desktop.follow({ width, height }, this.#encoding.capabilities);
    if (resized) {
      this.#asked.resized(this.#desktop.bounds);
      this.#pointer.forget();
    }
    const news = this.#desktop.takeAlone(this.#encoding.capabilities);
    if (news.length === 0) return false;
    this.#send({ news, moves: [], rectangles: [], capturedAt: null, picture: false }, null);
    return resized || !this.#mayWrite;
  }

  #prepare(plan: UpdatePlan | null, refined: readonly Rectangle[], screen: ScreenView): void {
    const { cache, turns, costs, host } = this.#share;
    const planned = ordersOf(plan, refined, screen, this.#encoding.profile);
    const { fresh, pooled, large } = sizeUp(planned, screen, cache);
    const profile = plan ? this.#encoding.profile : planned[0]!.profile;
    const refreshes = plan !== null && plan.again > 0;
    // Others wait for none of these: what would take them long is encoded in slices.
    const sliced = fresh >= MIN_POOLED && (refreshes ? !this.#alone : costs.apart(profile, fresh));
    const orders = sliced && !refreshes ? cutOrders(planned, screen, cache) : planned;
    // One that has nothing yet, asks again or only makes good is no reason for others to wait, nor waits for them.
    const inTurn = pooled && plan !== null && !refreshes && !sliced && this.#version > 0;
    if (inTurn && !turns.mayBegin(screen)) {
      this.#waiting = true;
      turns.wait(this.#afterTurn);
      return;
    }
    const began = this.#now;
    const black = this.#desktop.beyond(screen.framebuffer);
    const begun = this.#encoding.capabilities.lastRect && large && black.length === 0;
    const overlapFrom = began + turns.typicalMs * OVERLAP_FROM;
    const { key } = this.#encoding.profile;
    const preparation: Preparation = {
      ...{ begun, stale: false, key, version: screen.version, overlapFrom, slicedMs: 0, mixed: false },
    };
    this.#preparation = preparation;
    this.#asked.planned();
    const endTurn = inTurn ? turns.begin(screen) : null;
    const encoded = host.figures.beginEncoding(began);
    const paid = refreshes ? this.#beginRefresh() : null;
    if (plan) this.#share.tryLevels(screen, plan.cells, this.#encoding.profile);
    const ended = () => {
      if (pooled && !sliced) costs.measured(profile, fresh, this.#now - began);
      endTurn?.(this.#now - began);
    };
    const took = () => (sliced ? preparation.slicedMs : this.#now - began);
    if (begun) {
      this.#desktop.padded(screen.framebuffer);
      const sent = this.#stream(plan, orders, screen, preparation, sliced).catch(error => host.fail(error));
      void sent.then(() => {
        encoded(this.#now, true);
        paid?.(took());
        ended();
      });
      return;
    }
    const results = sliced ? [] : encodeAll(orders, screen, cache, pooled);
    const finish = (rectangles: readonly EncodedRectangle[]) => {
      encoded(this.#now, fresh > 0);
      paid?.(took());
      const current = this.#preparation === preparation;
      if (current) this.#preparation = null;
      if (current && !preparation.stale) {
        this.#desktop.padded(screen.framebuffer);
        this.#write(plan, rectangles, began);
        this.#mixed = preparation.mixed;
      } else {
        this.#anew ||= current;
        releaseBuffers(rectangles);
      }
      ended();
      if (current && preparation.stale) this.pump();
    };
    if (!sliced && black.length === 0 && results.every(isDone)) finish(results);
    else {
      const complete = (some: Parameters<typeof withBlack>[0]) => withBlack(some, black, host.memory, profile);
      const all = sliced ? this.#inSlices(orders, screen, preparation).then(complete) : complete(results);
      all.then(finish, error => host.fail(error));
      host.clock.after(Math.max(overlapFrom - this.#now, 0), () => host.wantFrame());
    }
  }

  /** Writes each rectangle as soon as it and those before it are encoded. */
  async #stream(
    plan: UpdatePlan | null,
    orders: readonly EncodeOrder[],
    screen: ScreenView,
    preparation: Preparation,
    sliced: boolean,
  ): Promise<void> {
    const began = this.#now;
    const announced = this.#announce(plan, plan === null);
    const update = this.#output.begin({ ...announced, fenced: this.#pacer.byFences });
    this.#share.host.clock.after(Math.max(preparation.overlapFrom - began, 0), () => this.#share.host.wantFrame());
    let first: number | null = null;
    const write = (rectangles: readonly EncodedRectangle[]) => {
      this.#lossy.sentAll(rectangles, this.#now);
      update.write(rectangles);
      first ??= this.#now;
    };
    const results = sliced
      ? this.#slices(orders, screen, preparation)
      : inTheirOrder(encodeAsWritten(orders, screen, this.#share.cache, write));
    for await (const rectangles of results) {
      if (this.#closed) return;
      write(rectangles);
    }
    this.#preparation = null;
    this.#mixed = preparation.mixed;
    // What was left out of it was of a picture that is no more.
    if (preparation.stale) this.#framebuffer = null;
    update.end();
    this.#wrote(announced.capturedAt, began, true, first);
  }

  async #inSlices(
    orders: readonly EncodeOrder[],
    screen: ScreenView,
    preparation: Preparation,
  ): Promise<EncodedRectangle[]> {
    const all: EncodedRectangle[] = [];
    for await (const rectangles of this.#slices(orders, screen, preparation)) all.push(...rectangles);
    return all;
  }

  /**
   * Encodes one update in slices, between which others have their turn. Each shows the screen as it is by then: what changed
   * since the update's version is sent once more after it.
   */
  async *#slices(
    orders: readonly EncodeOrder[],
    screen: ScreenView,
    preparation: Preparation,
  ): AsyncGenerator<readonly EncodedRectangle[]> {
    const { cache, costs, host, refreshes } = this.#share;
    const { framebuffer } = screen;
    const wanted = () => !this.#closed && !preparation.stale && this.#picture === screen;
    const intact = () => wanted() && screen.framebuffer === framebuffer && host.live;
    for (let next = 0; next < orders.length; ) {
      const end = await refreshes.slice();
      const began = this.#now;
      const until = began + VIEWER_LIMITS.refreshSliceMs;
      preparation.stale ||= !intact();
      if (preparation.stale) {
        end();
        return;
      }
      const { profile } = orders[next]!;
      const { rectangles, fresh } = await encodeSlice(
        orders.slice(next),
        screen,
        cache,
        () => this.#now < until && intact(),
      );
      const took = this.#now - began;
      preparation.mixed ||= screen.version !== preparation.version;
      preparation.slicedMs += took;
      if (fresh >= MIN_POOLED) costs.measured(profile, fresh, took);
      end();
      next += rectangles.length;
      yield rectangles;
    }
  }

  /** @returns what ends it */
  #beginRefresh(): (ms: number) => void {
    const inTurn = this.#refreshing === 'in turn';
    if (inTurn) this.#refreshing = null;
    return this.#share.refreshes.begin(this.#place, inTurn);
  }

  /** It may be sent a piece of what only refreshes. Where that cannot be now it will wait again. */
  readonly #refreshTurn = () => {
    this.#refreshing = 'in turn';
    this.pump();
    if (this.#refreshing === 'in turn') this.#refreshing = null;
  };

  /** The work of others is done. */
  readonly #afterTurn = () => {
    this.#waiting = false;
    this.pump();
  };

  #write(plan: UpdatePlan | null, rectangles: readonly EncodedRectangle[], began: number | null): void {
    const announced = this.#announce(plan, plan === null && rectangles.length > 0);
    this.#lossy.sentAll(rectangles, this.#now);
    this.#send({ ...announced, rectangles }, began);
  }

  /** What an update begins with: what the viewer has is what the plan says from here on. */
  #announce(plan: UpdatePlan | null, refines: boolean): Omit<Update, 'rectangles' | 'fenced'> {
    const { host } = this.#share;
    const now = this.#now;
    const { width, height } = this.#desktop.bounds;
    const screen = { width, height, pixels: this.#encoding.pixels, memory: host.memory };
    const news = [
      ...(refines && this.#encoding.capabilities.shareStatus ? [onlyRefines()] : []),
      ...this.#desktop.takeName(this.#encoding.capabilities),
      ...this.#pointer.take(host.cursor, this.#pointerPolicy, this.#encoding.capabilities, screen),
    ];
    this.#pointerAt = now;
    if (plan) {
      this.#counts.skipped(plan.skipped);
      this.#version = plan.version;
      this.#mixed = false;
      this.#anew = false;
      for (const move of plan.moves) this.#lossy.moved(move, now);
    }
    this.#asked.answered(plan, this.#desktop.bounds);
    return { news, moves: plan?.moves ?? [], capturedAt: plan?.capturedAt ?? null, picture: plan !== null };
  }

  /** @param began when its encoding began, or null when there was nothing to encode */
  #send(update: Omit<Parameters<UpdateOutput['update']>[0], 'fenced'>, began: number | null): void {
    const bytes = update.rectangles.reduce((sum, rectangle) => sum + rectangle.bytes.length, 0);
    const fenced = this.#pacer.fenceDue(this.#output.position + bytes, this.#now);
    this.#output.update({ ...update, fenced });
    this.#wrote(update.capturedAt, began, fenced);
  }

  #wrote(capturedAt: number | null, began: number | null, fenced: boolean, first: number | null = null): void {
    const now = this.#now;
    const all = workMs(now, capturedAt, began);
    const lead = first === null ? all : workMs(first, capturedAt, began);
    this.#pacer.wrote(this.#output.position, now, all, fenced, lead);
  }

  /**
   * What was sent with losses and lies still, as much of it as the link has room for now. Beside something new that is
   * little, alone it is what the link carries in a moment.
   */
  #refinable(beside: boolean): Rectangle[] {
    if (this.#lossy.isEmpty) return [];
    const now = this.#now;
    const still = this.#lossy.still(now, beside ? 0 : refinedPixels(this.#pacer.bandwidth));
    if (still.length === 0) this.#pumpIn(this.#lossy.waitMs(now));
    return still;
  }

  /** Whether news of the pointer or the name may go out alone now; they wait for the frame cap. */
  #newsDue(screen: ScreenView): boolean {
    const { host } = this.#share;
    const { capabilities } = this.#encoding;
    const pointerDue = this.#pointer.due(host.cursor, this.#pointerPolicy, capabilities, screen.framebuffer);
    if (!this.#desktop.nameDue(capabilities) && !pointerDue) return false;
    const wait = this.#pointerAt + 1000 / host.settings.fps - this.#now;
    if (wait <= 0) return true;
    this.#pumpIn(wait);
    return false;
  }

  #pumpIn(ms: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#share.host.clock.after(ms, () => {
      this.#cancelTimer = null;
      this.pump();
    });
  }
}
