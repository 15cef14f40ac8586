import type { JpegQuality } from '../../../codecs/encode/encode-job.js';
import type { EncodeProfile } from '../../../codecs/encode/encode-profile.js';
import { chooseProfile, encodingNumber, qualityOfPercent } from '../../../codecs/encode/encode-profile.js';
import type { WirePixels } from '../../../codecs/encode/wire-pixels.js';
import { withCosine } from '../../../codecs/encodings/cosine-quality.js';
import type { ScreenView } from '../../../pixels/screen.js';
import type { EncodingChoice } from '../../bakeoff.js';
import { type Quality, SHARE_DEFAULTS } from '../../share-options.js';
import type { ShareHost } from '../viewer-session.js';
import type { Cell } from './cells.js';
import { type ClientAbilities, canTake } from './client-abilities.js';
import { EncodeCache } from './encode-cache.js';
import { EncodeTurns } from './encode-turns.js';
import { tryLevels } from './level-trial.js';
import { ReadingTurns } from './reading-turns.js';

/** What all rfb viewers of a share have in common. */
export class RfbShare {
  readonly host: ShareHost;
  readonly cache: EncodeCache;
  readonly turns = new EncodeTurns();
  readonly reading: ReadingTurns;
  #levelChosen: boolean;

  constructor(host: ShareHost) {
    this.host = host;
    this.reading = new ReadingTurns(host.clock);
    this.cache = new EncodeCache(host.memory, () => {
      host.figures.encodedRectangles++;
    });
    this.#levelChosen = host.options.level !== SHARE_DEFAULTS.level;
  }

  /**
   * How a viewer's pixels are encoded. What the sharer chose goes before what the viewer asks for, for this viewer or else for
   * all; JPEG is only for viewers that asked for some quality, and an encoding only for those that can take it.
   */
  profileOf(abilities: ClientAbilities, pixels: WirePixels, chosen: EncodingChoice | null): EncodeProfile {
    const { level, quality } = this.host.settings;
    if (level !== this.host.options.level) this.#levelChosen = true;
    const shownLevel = this.#levelChosen ? level : (abilities.level ?? level);
    if (chosen && canTake(abilities, chosen.encoding)) {
      const jpeg = abilities.quality && chosen.jpeg;
      return chooseProfile([encodingNumber(chosen.encoding)], pixels, chosen.level ?? shownLevel, jpeg);
    }
    const { encoding } = this.host.options;
    const preferred = encoding !== 'auto' && canTake(abilities, encoding) ? [encodingNumber(encoding)] : [];
    const encodings = [...preferred, ...abilities.encodings];
    return chooseProfile(encodings, pixels, shownLevel, this.#qualityFor(abilities, quality));
  }

  /** Tries other levels on a cell that is about to be sent, where somebody would like to know what they cost. */
  tryLevels(screen: ScreenView, cells: readonly Cell[], profile: EncodeProfile): void {
    const { levels, clock } = this.host;
    if (levels.wanted) tryLevels(levels, this.cache, clock, screen, cells, profile);
  }

  /** Whoever names an encoding is to see that one on the wire, and nothing in its place. */
  #qualityFor({ quality: asked, cosine }: ClientAbilities, chosen: Quality): JpegQuality | null {
    if (asked === null || chosen === 'lossless') return null;
    const quality = chosen === 'auto' ? asked : qualityOfPercent(chosen);
    return withCosine(quality, cosine && this.host.options.encoding === 'auto');
  }

  free(): void {
    this.cache.free();
  }
}
