import type { EncodedRectangle } from '../../../codecs/encode/encode-job.js';
import type { EncodeProfile } from '../../../codecs/encode/encode-profile.js';
import { area, type Size } from '../../../core/rectangle.js';
import type { ScreenView } from '../../../pixels/screen.js';
import { THIN_LINK } from '../../../transport/fence-congestion.js';
import type { UpdatePacer } from '../../../transport/pacer.js';
import { LinkBelief, measuredRate, reachesViewer } from '../rate/link-belief.js';
import { SendAllowance } from '../rate/send-allowance.js';
import { pixelsOf, type RateBudget, ViewerRate } from '../rate/viewer-rate.js';
import { MEDIUM_CELL, REFINE_MS, SMALL_CELL } from '../tuning.js';
import type { Cell } from './cells.js';
import { EchoCells } from './echo-cells.js';
import { refinedPixels } from './lossy-region.js';
import type { RfbShare } from './rfb-share.js';
import type { UpdateOutput } from './update-output.js';
import type { ViewerEncoding } from './viewer-encoding.js';

/** A viewer that uses this fraction of what it is granted may need more; another one is granted this much more. */
const BUSY = 0.6;
const MORE = 1.5;

/** A viewer that answers so soon, in ms, is on a cable or on the same machine: if it seems slow, it is busy. */
const WIRED_MS = 1;
/**
 * On a link that carries less, in bytes a second, saving bytes of drawings is worth processor time at both ends; one
 * that was slow stays so until it carries more. A screen of text takes 60 ms at 20 Mbit/s as Tight; as Echo 11, and 18
 * of either processor.
 */
const SLOW = { begins: 2_500_000, ends: 3_750_000 } as const;

/** How often a limit is looked at again. */
const LIMIT_MS = 250;
/** Nothing small is sent before its turn while more than this is to be paid: a picture of film at its lowest rate is. */
const AHEAD_MS = 150;

/** A viewer that far away, in ms, is not on the local network: its first picture is coarse, as for such a link. */
const FAR_MS = 5;
const FAR_RATE = 625_000;
/** Bytes of a pixel that is refined, at most, and the sizes of cells that are refined on thin links. */
const EXACT_BYTES = 3;
const REFINED_CELLS: readonly Size[] = [MEDIUM_CELL, SMALL_CELL, { width: 128, height: 64 }, { width: 64, height: 64 }];
/** The share of a thin link that refines while there are changes. */
const REFINED_SHARE = 0.15;

/** What one rfb viewer may be sent, and how its pictures are encoded for that. */
export class ViewerBudget {
  readonly #share: RfbShare;
  readonly #encoding: ViewerEncoding;
  readonly #output: UpdateOutput;
  readonly #rate = new ViewerRate();
  readonly #allowance = new SendAllowance();
  readonly #belief = new LinkBelief();
  /** What the person chose for this viewer alone (null: no limit); undefined: nothing. */
  #chosen: number | null | undefined = undefined;
  /** Its share of the uplink; null: it need not care. */
  #granted: number | null = null;
  #spent = 0;
  #slow = false;
  /** When the next cell may be refined beside other things. */
  #refineAt = 0;
  #pacer: UpdatePacer;
  /** How its cells are encoded. */
  readonly cells: EchoCells;

  constructor(share: RfbShare, encoding: ViewerEncoding, output: UpdateOutput, pacer: UpdatePacer) {
    this.#share = share;
    this.#encoding = encoding;
    this.#output = output;
    this.#pacer = pacer;
    this.cells = new EchoCells(share, encoding, () => this.#isSlow);
  }

  close(): void {
    this.cells.free();
  }

  /** The viewer is paced by another one from now on. */
  set pacer(pacer: UpdatePacer) {
    this.#pacer = pacer;
  }

  get now(): RateBudget {
    return this.#rate.budget(this.#carried, this.#clock());
  }

  /** Bytes of a pixel of film at the quality that it asks for; null: not known, or it reads nothing with losses. */
  get filmPerPixel(): number | null {
    const { jpeg } = this.#encoding.profile;
    return jpeg && this.#rate.perPixel(jpeg.quality);
  }

  /** Whether a picture of film takes a while on its way. */
  get isThin(): boolean {
    return (this.#carried ?? Number.POSITIVE_INFINITY) < THIN_LINK;
  }

  /** Whether bytes are dearer than processor time. */
  get #isSlow(): boolean {
    const emptyRttMs = this.#emptyRttMs;
    const near = this.limit === null && emptyRttMs !== null && emptyRttMs < WIRED_MS;
    const rate = near ? Number.POSITIVE_INFINITY : (this.#carried ?? this.#assumed ?? Number.POSITIVE_INFINITY);
    this.#slow = rate < (this.#slow ? SLOW.ends : SLOW.begins);
    return this.#slow;
  }

  /** What the person lets it be sent at most; null: no limit. In bytes a second, as all rates here. */
  get chosen(): number | null {
    return this.#chosen === undefined ? this.#share.host.settings.maxRate : this.#chosen;
  }

  /** The quality of its photographs now; null: as it asks. */
  get quality(): number | null {
    return this.#rate.quality;
  }

  /** @param rate for this viewer alone; null: no limit */
  choose(rate: number | null): void {
    this.#chosen = rate;
  }

  /** @param rate its share of the uplink; null: there is no limit */
  grant(rate: number | null): void {
    this.#granted = rate;
  }

  /** What it may be sent at most, headers included; null: no limit. */
  get limit(): number | null {
    const { chosen } = this;
    const { maxRate } = this.#encoding.capabilities;
    // Asked several times a picture: usually there is no limit.
    if (chosen === null && maxRate === null && this.#granted === null) return null;
    return least(least(chosen, maxRate), this.#granted);
  }

  /**
   * What it would use of an uplink if it got it.
   * @param used what it was sent in the last second
   */
  demand(used: number): number {
    // Whoever uses most of its share could use more.
    const wanted = this.#granted === null || used > this.#granted * BUSY ? Number.POSITIVE_INFINITY : used * MORE;
    return Math.min(wanted, least(this.chosen, this.#encoding.capabilities.maxRate) ?? wanted);
  }

  /** The time until more may be sent. */
  waitMs(now: number): number {
    // The limit may be another one soon.
    return Math.min(this.#owedMs(now), LIMIT_MS);
  }

  /** Whether something small may be sent before what was sent is paid: it is paid later, with the rest. */
  get allowsAhead(): boolean {
    return this.#owedMs(this.#clock()) <= AHEAD_MS;
  }

  #owedMs(now: number): number {
    const { limit } = this;
    if (limit === null) return 0;
    const { position } = this.#output;
    this.#allowance.spent(position - this.#spent, limit, now);
    this.#spent = position;
    return this.#allowance.waitMs(limit, now);
  }

  /** It could take a picture, and there is none. */
  waits(now: number): void {
    this.#rate.waits(now);
  }

  /**
   * How much may be refined now, and in cells of which size; null: nothing.
   * @param beside in an update with other things
   */
  refinement(beside: boolean): { readonly pixels: number; readonly cell: Size } | null {
    const rate = this.#carried;
    if (rate === null || !this.isThin)
      return { pixels: beside ? 0 : refinedPixels(this.#pacer.bandwidth), cell: MEDIUM_CELL };
    const cell =
      REFINED_CELLS.find(each => area(each) * EXACT_BYTES <= (rate * REFINE_MS) / 1000) ?? REFINED_CELLS.at(-1)!;
    if (!beside) return { pixels: refinedPixels(rate), cell };
    const now = this.#clock();
    if (now < this.#refineAt) return null;
    this.#refineAt = now + (area(cell) * EXACT_BYTES * 1000) / (rate * REFINED_SHARE);
    return { pixels: 0, cell };
  }

  /** The profile for the cells of an update: as good as there is room for. */
  profileFor(cells: readonly Cell[], screen: ScreenView): EncodeProfile {
    const { profile, adapts } = this.#encoding;
    if (!profile.jpeg || !adapts) return profile;
    const film = () => this.#share.cache.photographicPixels(screen, cells);
    const rate = this.#carried ?? this.#assumed;
    const quality = this.#rate.qualityFor(profile.jpeg, pixelsOf(cells), film, rate, this.#clock());
    return quality === null ? profile : this.#encoding.profileAt(quality);
  }

  /** Rectangles were encoded for it with that profile. */
  sent(rectangles: readonly EncodedRectangle[], { jpeg }: EncodeProfile, now: number): void {
    this.#rate.sent(rectangles, jpeg?.quality ?? null, now);
  }

  /** Of a link that was not measured yet: null where it is a local one. */
  get #assumed(): number | null {
    const { minRttMs } = this.#output;
    return minRttMs !== null && minRttMs >= FAR_MS ? FAR_RATE : null;
  }

  /** What may be sent over its link, in bytes a second; null: unknown. */
  get #carried(): number | null {
    const { limit } = this;
    return least(this.#capacity, limit === null ? null : SendAllowance.payload(limit));
  }

  /** What its link carries, in bytes a second; null: unknown. */
  get #capacity(): number | null {
    const { capacity, queueingMs } = this.#pacer;
    const { link, position } = this.#output;
    const reaches = reachesViewer(this.#emptyRttMs, link);
    this.#pacer.seemsBusy = !reaches;
    const measured = measuredRate(capacity, reaches, link);
    // Answers are late because a viewer is busy, too; TCP's are not.
    return this.#belief.follow(measured, link.queueMs ?? queueingMs, position, this.#clock());
  }

  /** The round trip to the viewer without queues. The time of a busy page is none of it where that can be told. */
  get #emptyRttMs(): number | null {
    return least(this.#output.peerRttMs, this.#pacer.emptyRttMs);
  }

  #clock(): number {
    return this.#share.host.clock.now();
  }
}

/** The lower of two limits; null: none. */
function least(one: number | null, other: number | null): number | null {
  if (one === null) return other;
  return other === null ? one : Math.min(one, other);
}
