/** A key of the picture's window. */
interface WindowKey {
  /** As written on the screen. */
  readonly shown: string;
  /** As a `DisplayEvent` names them. */
  readonly keys: readonly string[];
  readonly help: string;
}

const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/** All keys of the window of a screen that is watched. The window, the help and docs/reference.md read this table. */
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
  record: { shown: 'R', keys: ['R'], help: 'start/stop recording to a file' },
  reset: { shown: 'r', keys: ['r'], help: 'reset counters' },
  help: { shown: '?', keys: ['?'], help: 'this help' },
  end: { shown: 'q', keys: ['q'], help: 'stop watching (also the close button)' },
} as const satisfies Readonly<Record<string, WindowKey>>;

export type WindowAction = keyof typeof WINDOW_KEYS;

/** All keys of the window of a recording, and of its dashboard. */
export const PLAY_KEYS = {
  pause: { shown: 'Space', keys: [' '], help: 'pause/resume; at the end: play again' },
  back: { shown: '←', keys: ['left'], help: 'five seconds back' },
  forward: { shown: '→', keys: ['right'], help: 'five seconds forward' },
  backMinute: { shown: '↓', keys: ['down'], help: 'a minute back' },
  forwardMinute: { shown: '↑', keys: ['up'], help: 'a minute forward' },
  stepBack: { shown: ',', keys: [','], help: 'pause, and one change back' },
  step: { shown: '.', keys: ['.'], help: 'pause, and one change forward' },
  tenth: { shown: '0-9', keys: DIGITS, help: 'jump to 0 %, 10 % ... 90 % of the recording' },
  slower: { shown: '[', keys: ['[', '-'], help: 'half the speed (also -)' },
  faster: { shown: ']', keys: [']', '+', '='], help: 'twice the speed (also +)' },
  still: { shown: 'i', keys: ['i'], help: 'skip times without a change on/off' },
  fullscreen: { shown: 'f', keys: ['f'], help: 'toggle full screen (also F11, double click)' },
  leave: { shown: 'Esc', keys: ['escape'], help: 'leave full screen (dashboard: end)' },
  scale: { shown: 'o', keys: ['o'], help: 'next scale: fit, 1:1, 2, 3' },
  save: { shown: 's', keys: ['s'], help: 'save the picture as a PNG file' },
  help: { shown: '?', keys: ['?'], help: 'this help' },
  end: { shown: 'q', keys: ['q'], help: 'end (also the close button)' },
} as const satisfies Readonly<Record<string, WindowKey>>;

export type PlayAction = keyof typeof PLAY_KEYS;

/** The keys of a window. */
export interface WindowKeys<Action extends string> {
  /** Null for a key without a meaning. */
  actionOf(key: string): Action | null;
  /** The table as lines of text. */
  text(): string;
  /** What Esc says where there is no full screen to leave. */
  readonly endHint: string;
}

function keysOf<Action extends string>(
  table: Readonly<Record<Action, WindowKey>>,
  endHint: string,
): WindowKeys<Action> {
  const entries = Object.entries<WindowKey>(table);
  return {
    endHint,
    actionOf(key) {
      const found = entries.find(([, { keys }]) => keys.includes(key));
      return found ? (found[0] as Action) : null;
    },
    text() {
      const width = Math.max(...entries.map(([, { shown }]) => shown.length));
      const lines = entries.map(([, { shown, help }]) => `${shown.padEnd(width)}  ${help}`);
      const longest = Math.max(...lines.map(line => line.length));
      return lines.map(line => line.padEnd(longest)).join('\n');
    },
  };
}

export const WATCH_WINDOW = keysOf<WindowAction>(WINDOW_KEYS, 'Press q to stop watching.');
export const PLAY_WINDOW = keysOf<PlayAction>(PLAY_KEYS, 'Press q to end.');
