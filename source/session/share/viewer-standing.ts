import { asPeerglassError } from '../../core/errors.js';
import { unixTime } from '../../node/clock.js';
import type { ProvenViewer, Standing } from '../../protocols/rfb/security/cpace-platform.js';
import type { RememberedViewers } from '../remembered-viewers.js';

type Tell = (tone: 'good' | 'warning', text: string, code?: string) => void;

/** What a share knows of viewers by their keys: who is remembered, beyond this share, and who is banned from it. */
export class ViewerStanding {
  readonly #remembered: RememberedViewers;
  readonly #tell: Tell;
  readonly #banned = new Set<string>();
  /** As it was when it was last looked at. */
  readonly #seen = new Set<string>();

  constructor(remembered: RememberedViewers, tell: Tell) {
    this.#remembered = remembered;
    this.#tell = tell;
  }

  /** Looks into the file: another program may have changed it. A damaged one remembers nobody, and the person is told. */
  of(fingerprint: string): Standing {
    if (this.#banned.has(fingerprint)) return 'banned';
    try {
      const remembered = this.#remembered.has(fingerprint);
      this.#note(fingerprint, remembered);
      return remembered ? 'remembered' : 'unknown';
    } catch (thrown) {
      this.#fail(thrown);
      return 'unknown';
    }
  }

  /** Whether it was remembered when it was last looked at. */
  isRemembered(fingerprint: string): boolean {
    return this.#seen.has(fingerprint);
  }

  isBanned(fingerprint: string): boolean {
    return this.#banned.has(fingerprint);
  }

  ban(fingerprint: string): void {
    this.#banned.add(fingerprint);
  }

  /** Has a viewer remembered, or forgotten again. @param who what it is called here */
  remember({ fingerprint, name }: ProvenViewer, who: string, remembered: boolean): void {
    try {
      if (remembered) this.#remembered.remember(fingerprint, { name: name || who, since: unixTime() });
      else this.#remembered.forget(fingerprint);
      this.#note(fingerprint, remembered);
      const text = remembered
        ? `${who} is remembered: from now on it needs no code and is not asked about`
        : `${who} is no longer remembered`;
      this.#tell('good', text);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #note(fingerprint: string, remembered: boolean): void {
    if (remembered) this.#seen.add(fingerprint);
    else this.#seen.delete(fingerprint);
  }

  #fail(thrown: unknown): void {
    const { message, code } = asPeerglassError(thrown);
    this.#tell('warning', message, code);
  }
}
