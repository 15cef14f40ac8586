import { chooseProfile, type EncodeProfile } from '../../../codecs/encode/encode-profile.js';
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
import { type Cell, CellCuts } from './cells.js';
import { type ClientCapabilities, canTake } from './client-capabilities.js';
import { EncodeCache } from './encode-cache.js';
import { EncodeCosts } from './encode-costs.js';
import { EncodeTurns } from './encode-turns.js';
import { tryLevels } from './level-trial.js';
import { RefreshTurns } from './refresh-turns.js';
import { Turns } from './turns.js';

/** What all rfb viewers of a share have in common. */
export class RfbShare {
  readonly host: ShareHost;
  readonly cuts = new CellCuts();
  readonly cache: EncodeCache;
  readonly turns = new EncodeTurns();
  readonly costs: EncodeCosts;
  readonly reading: Turns;
  readonly refreshes: RefreshTurns;
  #levelChosen: boolean;

  constructor(host: ShareHost) {
    this.host = host;
    this.costs = new EncodeCosts(host);
    this.reading = new Turns(host.clock, VIEWER_LIMITS.turnsShare);
    this.refreshes = new RefreshTurns(host.clock, this.turns);
    this.cache = new EncodeCache(host.memory, nodeCompressors, this.cuts, () => {
      host.figures.encodedRectangles++;
    });
    this.#levelChosen = host.options.level !== SHARE_DEFAULTS.level;
  }

  /**
   * How a viewer's pixels are encoded. What the sharer chose goes before what the viewer asks for, for this viewer or else for
   * all; JPEG is only for viewers that asked for some quality, and an encoding only for those that can take it.
   */
  profileOf(capabilities: ClientCapabilities, pixels: WirePixels, chosen: EncodingChoice | null): EncodeProfile {
    const { level, quality } = this.host.settings;
    if (level !== this.host.options.level) this.#levelChosen = true;
    const shownLevel = this.#levelChosen ? level : (capabilities.level ?? level);
    if (chosen && canTake(capabilities, chosen.encoding)) {
      const jpeg = capabilities.quality && chosen.jpeg;
      const encodings = numbersToList(chosen.encoding);
      return chooseProfile(encodings, pixels, chosen.level ?? shownLevel, jpeg, nodeCompressors);
    }
    const { encoding } = this.host.options;
    // Whoever names an encoding is to see that one on the wire, and nothing in its place.
    const named = encoding !== 'auto' && canTake(capabilities, encoding);
    const encodings = named ? numbersToList(encoding) : capabilities.encodings;
    return chooseProfile(encodings, pixels, shownLevel, qualityFor(capabilities, quality), nodeCompressors);
  }

  /** Tries other levels on a cell that is about to be sent, where somebody would like to know what they cost. */
  tryLevels(screen: ScreenView, cells: readonly Cell[], profile: EncodeProfile): void {
    const { levels, clock } = this.host;
    if (levels.wanted) tryLevels(levels, this.cache, clock, screen, cells, profile);
  }

  free(): void {
    this.cache.free();
  }
}

function qualityFor({ quality: asked }: ClientCapabilities, chosen: Quality): JpegQuality | null {
  if (asked === null || chosen === 'lossless') return null;
  return chosen === 'auto' ? asked : qualityOfPercent(chosen);
}
