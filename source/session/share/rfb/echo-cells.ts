import type { EncodeProfile } from '../../../codecs/encode/encode-profile.js';
import { EchoWriter } from '../../../codecs/encodings/echo-data.js';
import type { ScreenView } from '../../../pixels/screen.js';
import { PSEUDO_ENCODING } from '../../../protocols/rfb/constants.js';
import { MAX_ECHO_VIEWERS } from '../tuning.js';
import type { Cell } from './cells.js';
import type { CellEncoder } from './encode-cache.js';
import type { RfbShare } from './rfb-share.js';
import type { ViewerEncoding } from './viewer-encoding.js';

/** A TPIXEL of all colours: Echo would send more than a viewer with fewer has asked for. */
const ALL_COLOURS = 3;

/**
 * Encodes the cells of one viewer whose link is slow: its drawings as Echo, which builds on what it was sent before, so
 * that no other viewer can share them.
 */
export class EchoCells implements CellEncoder {
  readonly #share: RfbShare;
  readonly #encoding: ViewerEncoding;
  readonly #slow: () => boolean;
  readonly #writer: EchoWriter;

  /** @param slow whether bytes are dearer than processor time */
  constructor(share: RfbShare, encoding: ViewerEncoding, slow: () => boolean) {
    this.#share = share;
    this.#encoding = encoding;
    this.#slow = slow;
    this.#writer = new EchoWriter(share.host.memory);
  }

  /** Who encodes the viewer's cells now. */
  get encoder(): CellEncoder {
    return this.#serves ? this : this.#share.cache;
  }

  has(): boolean {
    return false;
  }

  encode(screen: ScreenView, cell: Cell, profile: EncodeProfile, pooled: boolean): ReturnType<CellEncoder['encode']> {
    return this.#share.cache.encodeAlone(screen, cell, { ...profile, echo: this.#writer }, pooled);
  }

  foresee(...cells: Parameters<CellEncoder['foresee']>): void {
    this.#share.cache.foresee(...cells);
  }

  forgetForeseen(): void {
    this.#share.cache.forgetForeseen();
  }

  /** Something that was encoded will not be sent. */
  lost(): void {
    this.#writer.lost();
  }

  free(): void {
    this.#writer.free();
  }

  /** A person who names an encoding wants to see that one on the wire. */
  get #serves(): boolean {
    const { capabilities, profile, pixels, adapts } = this.#encoding;
    if (!capabilities.encodings.includes(PSEUDO_ENCODING.echo) || pixels.tightSize !== ALL_COLOURS) return false;
    if (profile.encoding !== 'tight' && profile.encoding !== 'cosine') return false;
    const { host } = this.#share;
    if (!adapts || host.options.encoding !== 'auto' || !this.#slow()) return false;
    return host.watchers.length <= MAX_ECHO_VIEWERS;
  }
}
