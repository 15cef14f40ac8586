import { plainText } from '../core/plain-text.js';
import { type Entries, StateFile } from './state-file.js';

/** More are not believed to be a person's. */
const MAX_VIEWERS = 1000;
/** Hex digits of a fingerprint that name a viewer, as they are shown and as few as are enough. */
export const SHOWN_DIGITS = 16;
const LEAST_DIGITS = 8;

/** A viewer that a person had remembered. */
export interface RememberedViewer {
  /** By its person's own account, or its address; text from a peer. */
  readonly name: string;
  /** Unix ms. */
  readonly since: number;
}

/** Viewers that come in by their key alone, in `remembered-viewers.json` of a folder, by the fingerprint of the key. */
export class RememberedViewers {
  readonly #file: StateFile<RememberedViewer>;

  /** @param folder null where there is none: nobody can be remembered */
  constructor(folder: string | null) {
    this.#file = new StateFile({
      folder,
      name: 'remembered-viewers.json',
      key: 'viewers',
      of: 'remembered viewers',
      isEntry: isRemembered,
    });
  }

  /** All of them, by fingerprint. @throws PeerglassError E_KNOWN_PEERS */
  get all(): Entries<RememberedViewer> {
    return this.#file.read();
  }

  /** @throws PeerglassError E_KNOWN_PEERS: nobody is remembered then */
  has(fingerprint: string): boolean {
    return Object.hasOwn(this.#file.read(), fingerprint);
  }

  /** @throws PeerglassError E_KNOWN_PEERS */
  remember(fingerprint: string, viewer: RememberedViewer): void {
    if (!this.#file.kept) throw this.#file.unusable('has no folder', 'Set HOME or XDG_STATE_HOME.');
    const viewers = this.#file.read();
    if (Object.keys(viewers).length >= MAX_VIEWERS) {
      const remedy = 'Forget viewers that need not be remembered: peerglass forget --viewer KEY';
      throw this.#file.unusable('has no room for more', remedy);
    }
    this.#file.write({ ...viewers, [fingerprint]: { ...viewer, name: plainText(viewer.name, 64) } });
  }

  /**
   * @param text a name, or the first digits of a fingerprint
   * @returns the fingerprints that were forgotten
   * @throws PeerglassError E_KNOWN_PEERS
   */
  forget(text: string): string[] {
    const viewers = this.#file.read();
    const digits = text.toLowerCase().replace(/[:\s]/g, '');
    const named = digits.length >= LEAST_DIGITS && /^[0-9a-f]+$/.test(digits);
    const gone = Object.entries(viewers).flatMap(([fingerprint, { name }]) => {
      return name === text || (named && fingerprint.startsWith(digits)) ? [fingerprint] : [];
    });
    const left = Object.entries(viewers).filter(([fingerprint]) => !gone.includes(fingerprint));
    if (gone.length > 0) this.#file.write(Object.fromEntries(left));
    return gone;
  }
}

function isRemembered(value: unknown): value is RememberedViewer {
  const { name, since } = (value ?? {}) as Partial<Record<keyof RememberedViewer, unknown>>;
  return typeof name === 'string' && typeof since === 'number';
}
