import { area as areaOf, contains, overlaps, type Rectangle, sameRectangle } from '../../../core/rectangle.js';
import { destinationOf, type Move } from '../../../pixels/journal.js';
import { Region } from '../../../pixels/region.js';
import type { ScreenView } from '../../../pixels/screen.js';
import { ENCODING, PSEUDO_ENCODING } from '../../../protocols/rfb/constants.js';
import { videoMask } from '../../../protocols/rfb/server-writer.js';
import type { ShareVideo } from '../../share-options.js';
import { couldLimitFilm, limitsFilm } from '../rate/film-limit.js';
import type { RateBudget } from '../rate/viewer-rate.js';
import type { FilmArea, FilmMember } from '../video/film-area.js';
import type { FilmPicture, FilmViewer } from '../video/film-viewer.js';
import type { ShareFilm } from '../video/share-film.js';
import { type Cell, presentCell } from './cells.js';
import type { LossyRegion } from './lossy-region.js';
import type { RequestedArea } from './requested-area.js';
import type { UpdatePlan } from './update-plan.js';
import type { ViewerEncoding } from './viewer-encoding.js';

/** While it waits for an IDR, an area is not sent in another way for so long. */
const HOLD_MS = 350;
/**
 * Films are looked for only where a link could be the limit of one, which saves 2 % of the share's work on a fast one.
 * How often that is asked.
 */
const SEARCH_MS = 500;
/** For a link that has not been measured yet. */
const FIRST_BUDGET = 500_000;
/** More rectangles than this are sent again instead of named. */
const MAX_MASKS = 256;
/** Refinements wait at least so long for each other while there is a film. */
const REFINE_MS = 400;

const NOTHING: readonly Rectangle[] = [];

export interface ViewerVideoHost {
  /** `others`: what somebody else is sent as video. */
  readonly mode: ShareVideo | 'others';
  /** While it waits for an IDR, an area is not sent in another way for so long; left out: as for viewers. */
  readonly holdMs?: number;
  now(): number;
  budget(): RateBudget;
  /** See ViewerBudget. */
  filmPerPixel(): number | null;
  /** As for FilmViewer. */
  readyInMs(now: number): number;
  pump(): void;
}

/** What an update has to contain besides ordinary rectangles. */
export interface FilmUpdate {
  readonly member: FilmMember;
  readonly picture: FilmPicture;
  /** Pseudo-rectangles in front of it. */
  readonly masks: readonly Uint8Array[];
  /** What has to be sent again after it. */
  readonly exact: readonly Rectangle[];
}

/** What is sent to whom, as far as films depend on it. */
export interface FilmReceiver {
  readonly capabilities: Pick<ViewerEncoding['capabilities'], 'encodings'>;
  readonly pixels: Pick<ViewerEncoding['pixels'], 'size'>;
}

/** An area that is sent as video, and what is exact over it. */
export interface FilmPart {
  readonly rectangle: Rectangle;
  readonly exact: Region;
}

/** One viewer's films: which areas it is sent as video, and what goes with each picture of them. */
export class ViewerVideo implements FilmViewer {
  readonly #film: ShareFilm;
  readonly #encoding: FilmReceiver;
  readonly #lossy: Pick<LossyRegion, 'sent'>;
  readonly #requested: Pick<RequestedArea, 'region' | 'missed' | 'got'>;
  readonly #host: ViewerVideoHost;
  readonly #members = new Map<FilmArea, FilmMember>();
  /** Areas whose IDR took too long: they are sent in another way until it is there. */
  readonly #released = new Set<FilmArea>();
  #limited = false;
  #searches = false;
  #searchAt = Number.NEGATIVE_INFINITY;
  #passedOver = false;
  #refinedAt = Number.NEGATIVE_INFINITY;

  constructor(
    film: ShareFilm,
    encoding: FilmReceiver,
    lossy: Pick<LossyRegion, 'sent'>,
    requested: Pick<RequestedArea, 'region' | 'missed' | 'got'>,
    host: ViewerVideoHost,
  ) {
    this.#film = film;
    this.#encoding = encoding;
    this.#lossy = lossy;
    this.#requested = requested;
    this.#host = host;
  }

  get budget(): number {
    return this.#host.budget().forFilm ?? FIRST_BUDGET;
  }

  readyInMs(now: number): number {
    return this.#host.readyInMs(now);
  }

  pictureReady(): void {
    this.#host.pump();
  }

  /** The viewer's encodings, or the share's settings, may have changed. */
  encodingChanged(): void {
    this.#searchAt = Number.NEGATIVE_INFINITY;
    this.#search(this.#searches && this.#reads);
  }

  /**
   * Joins new films, and leaves those that have ended. To be called before each plan.
   * @param isBase whether the viewer is sent the picture as captured, without a painted pointer
   * @param bounds of the viewer's framebuffer
   */
  follow(screen: ScreenView, isBase: boolean, bounds: Rectangle, now: number): void {
    if (now >= this.#searchAt) this.#search(this.#reads && this.#couldLimit(), now);
    if (this.#members.size === 0 && this.#film.areas.length === 0) return;
    const picture = screen.framebuffer.bounds;
    const whole = contains(bounds, picture) && this.#requested.region.covers(picture);
    const wanted = isBase && whole && this.#reads ? this.#wanted() : [];
    for (const [area, member] of this.#members) if (!wanted.includes(area)) this.#leave(member);
    for (const area of wanted) {
      const member = this.#members.get(area);
      if (!member) this.#members.set(area, this.#film.join(this, area, screen));
      else this.#film.review(member, now);
    }
    for (const member of this.#members.values()) {
      if (member.joined) this.#released.delete(member.area);
      else if (!this.#released.has(member.area) && now - member.waitingSince >= (this.#host.holdMs ?? HOLD_MS)) {
        this.#released.add(member.area);
        this.#missed(member);
      }
    }
  }

  /** Whether moves would read or write pixels of a film, which the viewer has as video. */
  forbids(moves: readonly Move[]): boolean {
    if (moves.length === 0) return false;
    return this.#held().some(({ rectangle }) =>
      moves.some(move => overlaps(move.source, rectangle) || overlaps(destinationOf(move), rectangle)),
    );
  }

  /**
   * Takes the film out of a plan.
   * @param version the viewer's before the plan
   * @returns the rest of it, if any; what is exact over a film and missing; and the viewer's version then
   */
  split(
    plan: UpdatePlan | null,
    screen: ScreenView,
    version: number,
  ): { plan: UpdatePlan | null; exact: readonly Rectangle[]; version: number } {
    if (this.#members.size === 0) return { plan, exact: NOTHING, version };
    const held = this.#held();
    // What is film by now is no longer exact at the viewer once its version moves on.
    for (const { exact, area } of this.#members.values()) exact.intersect(area.exact);
    if (held.length === 0 || plan === null) return { plan, exact: NOTHING, version };
    const exact = new Region();
    const filter = (cells: readonly Cell[]) => cells.flatMap(cell => outside(cell, held, exact, screen));
    const changed = filter(plan.cells.slice(0, plan.cells.length - plan.refreshed));
    const refreshed = filter(plan.cells.slice(plan.cells.length - plan.refreshed));
    for (const area of held) exact.add(area.enteredSince(version));
    const cells = [...changed, ...refreshed];
    // What is only film needs no update.
    if (cells.length === 0 && plan.moves.length === 0 && exact.isEmpty) {
      return { plan: null, exact: NOTHING, version: plan.version };
    }
    return { plan: { ...plan, cells, refreshed: refreshed.length }, exact: exact.rectangles(), version };
  }

  /** Whether something else may be refined now: a film leaves little room for it. */
  mayRefine(): boolean {
    if (this.#members.size === 0) return true;
    if (this.#host.now() - this.#refinedAt < REFINE_MS) return false;
    this.#refinedAt = this.#host.now();
    return true;
  }

  /**
   * The next picture of a film.
   * @param others whether there is other content to send, which goes before it, but not twice
   */
  due(others: boolean): FilmUpdate | null {
    const member = this.#nextMember();
    if (!member) return null;
    if (others && !this.#passedOver) {
      this.#passedOver = true;
      return null;
    }
    this.#passedOver = false;
    const picture = member.queue.shift()!;
    const { area } = member;
    member.shown = picture.version;
    const exact = picture.exact.copy().add(area.exact);
    member.exact = exact.copy();
    this.#shows(picture, exact);
    const rectangles = exact.rectangles();
    const masked = this.#encoding.capabilities.encodings.includes(PSEUDO_ENCODING.videoMask);
    if (masked && rectangles.length <= MAX_MASKS)
      return { member, picture, masks: rectangles.map(videoMask), exact: [] };
    return { member, picture, masks: [], exact: rectangles };
  }

  /** The update is not sent now. */
  putBack({ member, picture }: FilmUpdate): void {
    member.queue.unshift(picture);
    this.#passedOver = true;
  }

  /** The update was not sent after all: the decoder lacks a picture. */
  lost({ member }: FilmUpdate): void {
    member.stream.rejoin(member);
  }

  /** Lets streams go on, now that this viewer may be ready. */
  pumpStreams(): void {
    for (const { stream } of this.#members.values()) stream.pump();
  }

  /**
   * The viewer asks for pixels anew: a film in them needs an IDR.
   * @returns whether the film is all that it asks for
   */
  refresh(asked: Rectangle): boolean {
    let whole = false;
    for (const member of this.#members.values()) {
      const { rectangle } = member.area;
      if (!overlaps(rectangle, asked)) continue;
      whole ||= member.joined && sameRectangle(rectangle, asked);
      if (contains(asked, rectangle)) member.stream.rejoin(member);
    }
    return whole;
  }

  /** The areas that the viewer has as video. */
  get parts(): FilmPart[] {
    return this.#held().map(({ rectangle, exact }) => ({ rectangle, exact: exact.copy() }));
  }

  /** The viewer has the present picture, and forgets the films before it: each begins again with an IDR. */
  restart(): void {
    this.#released.clear();
    for (const member of this.#members.values()) member.stream.rejoin(member, true);
  }

  /** Nobody watches for now: films are neither found nor encoded for it, and it has none of them. */
  rest(): void {
    this.#search(false);
    for (const member of this.#members.values()) {
      this.#film.leave(member);
      this.#requested.missed(member.area.rectangle);
    }
    this.#members.clear();
    this.#released.clear();
  }

  close(): void {
    this.#film.read(this, false);
    for (const member of this.#members.values()) this.#film.leave(member);
    this.#members.clear();
  }

  /** Whether this viewer needs films to be found, from now on. */
  #search(searches: boolean, now = this.#host.now()): void {
    this.#searchAt = now + SEARCH_MS;
    this.#searches = searches;
    this.#film.read(this, searches);
  }

  get #reads(): boolean {
    const { capabilities, pixels } = this.#encoding;
    return this.#host.mode !== 'off' && capabilities.encodings.includes(ENCODING.h264) && pixels.size === 4;
  }

  #wanted(): readonly FilmArea[] {
    const { encoders } = this.#film;
    const areas = this.#suited();
    if (areas.length === 0) return [];
    if (encoders.state === 'unknown') encoders.start();
    if (encoders.state === 'none' || encoders.state === 'failing') this.#film.tellMissing();
    // While it starts again after a crash, members wait for it.
    return encoders.state === 'ready' || (encoders.state === 'starting' && this.#members.size > 0) ? areas : [];
  }

  /** The films that are better sent to it as video. */
  #suited(): readonly FilmArea[] {
    const { areas } = this.#film;
    if (this.#host.mode === 'others')
      return areas.filter(({ members }) => [...members].some(({ viewer }) => viewer !== this));
    return areas.length > 0 && this.#isLimited(areas) ? areas : [];
  }

  /** Whether the link is what limits a film. */
  #isLimited(areas: readonly FilmArea[]): boolean {
    if (this.#host.mode === 'always') return true;
    const pixels = areas.reduce((sum, { rectangle }) => sum + areaOf(rectangle), 0);
    const { bytesPerSecond } = this.#host.budget();
    this.#limited = limitsFilm({
      ...{ bytesPerSecond, pixels, limited: this.#limited },
      ...{ perPixel: this.#host.filmPerPixel(), encodeMs: this.#film.encodeMs(pixels) },
    });
    return this.#limited;
  }

  #couldLimit(): boolean {
    const { mode } = this.#host;
    if (mode === 'others') return false;
    return mode === 'always' || couldLimitFilm(this.#host.budget().bytesPerSecond, this.#searches);
  }

  /** The first with a picture to send. */
  #nextMember(): FilmMember | null {
    for (const member of this.#members.values()) if (member.queue.length > 0) return member;
    return null;
  }

  /** Areas that are not sent in another way. */
  #held(): FilmArea[] {
    return [...this.#members.keys()].filter(area => !this.#released.has(area));
  }

  #leave(member: FilmMember): void {
    const { area, shown } = member;
    this.#film.leave(member);
    this.#members.delete(area);
    const released = this.#released.delete(area);
    if (released) return;
    if (shown >= area.version && shown > 0) this.#lossy.sent(area.rectangle, true, this.#host.now());
    else this.#missed(member);
  }

  /** Its viewer lacks the film, and not what stands over it: that would come again, with losses at first. */
  #missed({ area, exact }: FilmMember): void {
    for (const part of Region.of([area.rectangle]).subtract(exact).rectangles()) this.#requested.missed(part);
  }

  /** The film in a picture is refined once it has ended, and not before. */
  #shows(picture: FilmPicture, exact: Region): void {
    const { rectangle } = picture.encoded;
    const film = exact.isEmpty ? [rectangle] : Region.of([rectangle]).subtract(exact).rectangles();
    for (const part of film) {
      this.#lossy.sent(part, false, this.#host.now());
      this.#requested.got(part);
    }
  }
}

/** The parts of a cell beside films; what it holds of exact areas over them is added to `exact`. */
function outside(cell: Cell, films: readonly FilmArea[], exact: Region, screen: ScreenView): Cell[] {
  const { rectangle } = cell;
  const over = films.filter(film => overlaps(film.rectangle, rectangle));
  if (over.length === 0) return [cell];
  const rest = Region.of([rectangle]);
  for (const film of over) {
    rest.subtract(film.rectangle);
    exact.add(film.exact.copy().intersect(rectangle));
  }
  return rest.rectangles().map(part => presentCell(screen, part));
}
