import { ENCODING, LEVEL_ENCODINGS, PSEUDO_ENCODING, SUBSAMPLING_ENCODING } from './constants.js';

/** Names as in rfbproto.rst. Encodings that peerglass implements are missing: their names are in their own modules. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [ENCODING.coRre, 'CoRRE'],
  [ENCODING.jpeg, 'JPEG'],
  [ENCODING.tightPng, 'Tight PNG'],
  [PSEUDO_ENCODING.desktopSize, 'DesktopSize'],
  [PSEUDO_ENCODING.lastRect, 'LastRect'],
  [PSEUDO_ENCODING.pointerPos, 'PointerPos'],
  [PSEUDO_ENCODING.tightPointerPos, 'PointerPos (TightVNC)'],
  [PSEUDO_ENCODING.cursor, 'Cursor'],
  [PSEUDO_ENCODING.xCursor, 'X Cursor'],
  [PSEUDO_ENCODING.qemuPointerMotionChange, 'QEMU Pointer Motion Change'],
  [PSEUDO_ENCODING.qemuExtendedKeyEvent, 'QEMU Extended Key Event'],
  [PSEUDO_ENCODING.qemuAudio, 'QEMU Audio'],
  [PSEUDO_ENCODING.qemuLedState, 'QEMU LED State'],
  [PSEUDO_ENCODING.gii, 'gii'],
  [PSEUDO_ENCODING.desktopName, 'DesktopName'],
  [PSEUDO_ENCODING.extendedDesktopSize, 'ExtendedDesktopSize'],
  [PSEUDO_ENCODING.xvp, 'xvp'],
  [PSEUDO_ENCODING.fence, 'Fence'],
  [PSEUDO_ENCODING.continuousUpdates, 'ContinuousUpdates'],
  [PSEUDO_ENCODING.cursorWithAlpha, 'Cursor With Alpha'],
  [PSEUDO_ENCODING.extendedMouseButtons, 'Extended Mouse Buttons'],
  [PSEUDO_ENCODING.tightWithoutZlib, 'Tight Without Zlib'],
  [PSEUDO_ENCODING.extendedClipboard, 'Extended Clipboard'],
  [PSEUDO_ENCODING.shareStatus, 'Share Status'],
  [PSEUDO_ENCODING.videoMask, 'Video Mask'],
  ...Object.entries(SUBSAMPLING_ENCODING).map(([name, number]) => [number, `JPEG subsampling ${name}`] as const),
]);

const RANGES = [
  [LEVEL_ENCODINGS.quality, 'JPEG quality level'],
  [LEVEL_ENCODINGS.compression, 'compression level'],
  [LEVEL_ENCODINGS.fineQuality, 'JPEG quality'],
  [LEVEL_ENCODINGS.maxRate, 'Max Rate, in 10 kbit/s:'],
] as const;

/** The name of an encoding or pseudo-encoding; unknown ones are shown by number. */
export function encodingName(encoding: number): string {
  const known = NAMES.get(encoding);
  if (known !== undefined) return known;
  for (const [{ base, least, most }, name] of RANGES) {
    const value = encoding - base;
    if (value >= least && value <= most) return `${name} ${value}`;
  }
  return `encoding ${encoding}`;
}
