import type { EncodeProfile } from '../../../codecs/encode/encode-profile.js';
import { WirePixels } from '../../../codecs/encode/wire-pixels.js';
import { BGRX, type PixelFormat } from '../../../core/pixel-format.js';
import type { EncodingChoice, SentAs } from '../../bakeoff.js';
import { type ClientCapabilities, capabilitiesOf } from './client-capabilities.js';
import type { RfbShare } from './rfb-share.js';

/** A viewer's capabilities, the sharer's choice for it, and the resulting encode profile. */
export class ViewerEncoding {
  readonly #share: RfbShare;
  #pixels = new WirePixels(BGRX);
  #capabilities = capabilitiesOf([]);
  #chosen: EncodingChoice | null = null;
  #profile: EncodeProfile;
  /** The same at other qualities. */
  readonly #profiles = new Map<number, EncodeProfile>();

  constructor(share: RfbShare) {
    this.#share = share;
    this.#profile = this.#choose();
  }

  get pixels(): WirePixels {
    return this.#pixels;
  }

  get capabilities(): ClientCapabilities {
    return this.#capabilities;
  }

  get profile(): EncodeProfile {
    return this.#profile;
  }

  /** Whether the quality may follow the link: the person has chosen none for this viewer alone. */
  get adapts(): boolean {
    return this.#chosen === null;
  }

  /** The profile with photographs at a lower quality. */
  profileAt(quality: number): EncodeProfile {
    const known = this.#profiles.get(quality);
    if (known) return known;
    const profile = this.#share.profileOf(this.#capabilities, this.#pixels, this.#chosen, quality);
    this.#profiles.set(quality, profile);
    return profile;
  }

  get sentAs(): SentAs {
    const { encoding, deflates, level, jpeg } = this.#profile;
    return { encoding, level: deflates ? level : null, jpeg, chosen: this.#chosen !== null };
  }

  setPixelFormat(format: PixelFormat): void {
    this.#pixels = new WirePixels(format);
    this.refresh();
  }

  setEncodings(encodings: readonly number[]): void {
    this.#capabilities = capabilitiesOf(encodings);
    this.refresh();
  }

  /**
   * Takes precedence over the viewer's preferences, if the viewer supports it; null: the viewer's preferences again.
   */
  choose(choice: EncodingChoice | null): void {
    this.#chosen = choice;
    this.refresh();
  }

  /** To be called when the share's settings may have changed. */
  refresh(): void {
    this.#profiles.clear();
    this.#profile = this.#choose();
  }

  #choose(): EncodeProfile {
    return this.#share.profileOf(this.#capabilities, this.#pixels, this.#chosen);
  }
}
