import { chooseProfile, type EncodeProfile, lowered } from '../../../codecs/encode/encode-profile.js';
import { qualityOfPercent } from '../../../codecs/encode/levels.js';
import type { WirePixels } from '../../../codecs/encode/wire-pixels.js';
import { numbersToList } from '../../../codecs/encodings/registry.js';
import type { JpegQuality } from '../../../codecs/jpeg/jpeg-library.js';
import { nodeCompressors } from '../../../node/compressors.js';
import type { ScreenView } from '../../../pixels/screen.js';
import type { EncodingChoice } from '../../bakeoff.js';
import { type Quality, SHARE_DEFAULTS } from '../../share-options.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import type { ShareHost } from '../viewer-session.js';
import type { Cell, CellCuts } from './cells.js';
import { type ClientCapabilities, canTake } from './client-capabilities.js';
import { EncodeBarrier } from './encode-barrier.js';
import type { EncodeCache } from './encode-cache.js';
import { EncodeCosts } from './encode-costs.js';
import { tryLevels } from './level-trial.js';
import { RefreshQueue } from './refresh-queue.js';
import { TurnQueue } from './turn-queue.js';

/** Everything that the rfb viewers of a share have in common. */
export class RfbShare {
  readonly host: ShareHost;
  readonly cuts: CellCuts;
  readonly cache: EncodeCache;
  readonly barrier = new EncodeBarrier();
  readonly costs: EncodeCosts;
  readonly reading: TurnQueue;
  readonly refreshes: RefreshQueue;
  #levelChosen: boolean;
  #lackTold = false;

  constructor(host: ShareHost) {
    this.host = host;
    this.costs = new EncodeCosts(host);
    this.reading = new TurnQueue(host.clock, VIEWER_LIMITS.turnsShare);
    this.refreshes = new RefreshQueue(host.clock, this.barrier);
    this.cuts = host.cuts;
    this.cache = host.cache;
    this.#levelChosen = host.options.level !== SHARE_DEFAULTS.level;
  }

  /**
   * The encode profile of a viewer. The sharer's choice, for this viewer or else for all, takes precedence over the
   * viewer's preferences. JPEG is only for viewers that requested a quality, and an encoding only for those that
   * support it.
   * @param atMost a lower quality that its link has room for; null: there is no need
   */
  profileOf(
    capabilities: ClientCapabilities,
    pixels: WirePixels,
    chosen: EncodingChoice | null,
    atMost: number | null = null,
  ): EncodeProfile {
    const { level, quality } = this.host.settings;
    if (level !== this.host.options.level) this.#levelChosen = true;
    const shownLevel = this.#levelChosen ? level : (capabilities.level ?? level);
    if (chosen && canTake(capabilities, chosen.encoding)) {
      const jpeg = capabilities.quality && chosen.jpeg;
      const encodings = numbersToList(chosen.encoding);
      return chooseProfile(encodings, pixels, chosen.level ?? shownLevel, jpeg, nodeCompressors);
    }
    const { encoding } = this.host.options;
    // A person who names an encoding wants to see that one on the wire, without a substitute.
    const named = encoding !== 'auto' && canTake(capabilities, encoding);
    const encodings = named ? numbersToList(encoding) : capabilities.encodings;
    const asked = qualityFor(capabilities, quality);
    const jpeg = asked && atMost !== null ? lowered(asked, atMost, nodeCompressors) : asked;
    return chooseProfile(encodings, pixels, shownLevel, jpeg, nodeCompressors);
  }

  /** The system has no such congestion control, which is said once. */
  lacksCongestion(name: string): void {
    if (this.#lackTold) return;
    this.#lackTold = true;
    this.host.notice('warning', `this system cannot use the congestion control ${name}: it uses its own`);
  }

  /** Measures other levels on a cell of a pending update, if hints are needed. */
  tryLevels(screen: ScreenView, cells: readonly Cell[], profile: EncodeProfile): void {
    const { levels, clock } = this.host;
    if (levels.wanted) tryLevels(levels, this.cache, clock, screen, cells, profile);
  }
}

function qualityFor({ quality: asked }: ClientCapabilities, chosen: Quality): JpegQuality | null {
  if (asked === null || chosen === 'lossless') return null;
  return chosen === 'auto' ? asked : qualityOfPercent(chosen);
}
