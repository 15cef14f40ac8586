import type { EncodedRectangle } from '../../../codecs/encode/encode-job.js';
import type { EncodeProfile } from '../../../codecs/encode/encode-profile.js';
import type { ScreenView } from '../../../pixels/screen.js';
import type { UpdatePacer } from '../../../transport/pacer.js';
import { SendAllowance } from '../rate/send-allowance.js';
import { pixelsOf, type RateBudget, ViewerRate } from '../rate/viewer-rate.js';
import type { Cell } from './cells.js';
import type { RfbShare } from './rfb-share.js';
import type { UpdateOutput } from './update-output.js';
import type { ViewerEncoding } from './viewer-encoding.js';

/** A viewer that uses this fraction of what it is granted may need more; another one is granted this much more. */
const BUSY = 0.6;
const MORE = 1.5;

/** What one rfb viewer may be sent, and how its pictures are encoded for that. */
export class ViewerBudget {
  readonly #share: RfbShare;
  readonly #encoding: ViewerEncoding;
  readonly #output: UpdateOutput;
  readonly #rate = new ViewerRate();
  readonly #allowance = new SendAllowance();
  /** What the person chose for this viewer alone (null: no limit); undefined: nothing. */
  #chosen: number | null | undefined = undefined;
  /** Its share of the uplink; null: it need not care. */
  #granted: number | null = null;
  #spent = 0;
  #pacer: UpdatePacer;

  constructor(share: RfbShare, encoding: ViewerEncoding, output: UpdateOutput, pacer: UpdatePacer) {
    this.#share = share;
    this.#encoding = encoding;
    this.#output = output;
    this.#pacer = pacer;
  }

  /** The viewer is paced by another one from now on. */
  set pacer(pacer: UpdatePacer) {
    this.#pacer = pacer;
  }

  get now(): RateBudget {
    return this.#rate.budget(this.#carried, this.#clock());
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
    const limits = [this.chosen, this.#encoding.capabilities.maxRate, this.#granted].filter(each => each !== null);
    return limits.length > 0 ? Math.min(...limits) : null;
  }

  /**
   * What it would use of an uplink if it got it.
   * @param used what it was sent in the last second
   */
  demand(used: number): number {
    const most = [this.chosen, this.#encoding.capabilities.maxRate].filter(each => each !== null);
    // Whoever uses most of its share could use more.
    const wanted = this.#granted === null || used > this.#granted * BUSY ? Number.POSITIVE_INFINITY : used * MORE;
    return Math.min(wanted, ...most);
  }

  /** The time until more may be sent. */
  get waitMs(): number {
    const { limit } = this;
    if (limit === null) return 0;
    const now = this.#clock();
    const { position } = this.#output;
    this.#allowance.spent(position - this.#spent, limit, now);
    this.#spent = position;
    return this.#allowance.waitMs(limit, now);
  }

  /** It could take a picture, and there is none. */
  waits(): void {
    this.#rate.waits(this.#clock());
  }

  /** The profile for the cells of an update: as good as there is room for. */
  profileFor(cells: readonly Cell[], screen: ScreenView): EncodeProfile {
    const { profile, adapts } = this.#encoding;
    if (!profile.jpeg || !adapts) return profile;
    const film = () => this.#share.cuts.photographicPixels(screen, cells);
    const quality = this.#rate.qualityFor(profile.jpeg, pixelsOf(cells), film, this.#carried, this.#clock());
    return quality === null ? profile : this.#encoding.profileAt(quality);
  }

  /** Rectangles were encoded for it with that profile. */
  sent(rectangles: readonly EncodedRectangle[], { jpeg }: EncodeProfile): void {
    this.#rate.sent(rectangles, jpeg?.quality ?? null, this.#clock());
  }

  /** What may be sent over its link, in bytes a second; null: unknown. */
  get #carried(): number | null {
    const { limit } = this;
    const capacity = this.#capacity;
    if (limit === null) return capacity;
    return Math.min(capacity ?? Number.POSITIVE_INFINITY, SendAllowance.payload(limit));
  }

  /** What its link carries, in bytes a second; null: unknown. */
  get #capacity(): number | null {
    const { capacity } = this.#pacer;
    if (capacity !== null) return capacity;
    const { rate } = this.#output.link;
    return rate && !rate.least ? rate.bytesPerSecond : null;
  }

  #clock(): number {
    return this.#share.host.clock.now();
  }
}
