/** A key of the picture's window. */
interface WindowKey {
  /** As written on the screen. */
  readonly shown: string;
  /** As a `DisplayEvent` names them. */
  readonly keys: readonly string[];
  readonly help: string;
}

const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/** All keys of the window. The window, the help and docs/reference.md read this table. */
export const WINDOW_KEYS = {
  fullscreen: { shown: 'f', keys: ['f'], help: 'toggle full screen (also F11, double click)' },
  leave: { shown: 'Esc', keys: ['escape'], help: 'leave full screen' },
  scale: { shown: 'o', keys: ['o'], help: 'next scale: fit, 1:1, 2, 3' },
  pan: {
    shown: 'Arrows',
    keys: ['left', 'right', 'up', 'down'],
    help: 'pan a picture larger than its window (also drag, wheel; in full screen its edges)',
  },
  freeze: { shown: 'Space', keys: [' '], help: 'freeze/resume the picture' },
  save: { shown: 's', keys: ['s'], help: 'save the picture as a PNG file' },
  cursor: { shown: 'c', keys: ['c'], help: 'show/hide the pointer (rfb)' },
  level: { shown: '0-9', keys: DIGITS, help: 'ask for a compression level (rfb)' },
  levelUp: { shown: '+', keys: ['+', '='], help: 'ask for more compression' },
  levelDown: { shown: '-', keys: ['-'], help: 'ask for less compression' },
  qualityDown: { shown: '[', keys: ['['], help: 'ask for lower JPEG quality (rfb)' },
  qualityUp: { shown: ']', keys: [']'], help: 'ask for higher JPEG quality (rfb)' },
  lossless: { shown: 'l', keys: ['l'], help: 'ask for lossless on/off (rfb)' },
  reset: { shown: 'r', keys: ['r'], help: 'reset counters' },
  help: { shown: '?', keys: ['?'], help: 'this help' },
  end: { shown: 'q', keys: ['q'], help: 'stop watching (also the close button)' },
} as const satisfies Readonly<Record<string, WindowKey>>;

export type WindowAction = keyof typeof WINDOW_KEYS;

/** Null for a key without a meaning. */
export function windowActionOf(key: string): WindowAction | null {
  const found = Object.entries<WindowKey>(WINDOW_KEYS).find(([, { keys }]) => keys.includes(key));
  return found ? (found[0] as WindowAction) : null;
}

/** The table as lines of text. */
export function windowKeysText(): string {
  const keys = Object.values<WindowKey>(WINDOW_KEYS);
  const width = Math.max(...keys.map(({ shown }) => shown.length));
  const lines = keys.map(({ shown, help }) => `${shown.padEnd(width)}  ${help}`);
  const longest = Math.max(...lines.map(line => line.length));
  return lines.map(line => line.padEnd(longest)).join('\n');
}
