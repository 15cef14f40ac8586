import { PSEUDO_ENCODING } from './constants.js';
import type { RectangleHeader } from './messages.js';

/** Pseudo-encodings of extensions that the viewer does not offer, and what follows their rectangle's header. */
const LENGTHS: ReadonlyMap<number, (header: RectangleHeader) => number> = new Map([
  ...[
    PSEUDO_ENCODING.qemuPointerMotionChange,
    PSEUDO_ENCODING.qemuExtendedKeyEvent,
    PSEUDO_ENCODING.qemuAudio,
    PSEUDO_ENCODING.gii,
    PSEUDO_ENCODING.xvp,
    PSEUDO_ENCODING.extendedMouseButtons,
    PSEUDO_ENCODING.keyboardLedState,
  ].map(encoding => [encoding, () => 0] as const),
  [PSEUDO_ENCODING.qemuLedState, () => 1],
  [PSEUDO_ENCODING.vmwareLedState, () => 4],
  // libvncserver's lists: so many bytes as the rectangle is wide.
  ...[PSEUDO_ENCODING.supportedMessages, PSEUDO_ENCODING.supportedEncodings, PSEUDO_ENCODING.serverIdentity].map(
    encoding => [encoding, ({ width }: RectangleHeader) => width] as const,
  ),
]);

/**
 * How many bytes follow the header of a rectangle that nobody asked for, where that is known: some servers send some of
 * them all the same, and they are read past. Null: its end cannot be found.
 */
export function lengthUnasked(header: RectangleHeader): number | null {
  return LENGTHS.get(header.encoding)?.(header) ?? null;
}
