/**
 * The one table of keys. The handlers, the bar at the bottom and the help all read it: a key that is not here does
 * nothing, and a screen cannot handle what is not here for it.
 */
interface Binding {
  /** How the keys are written. */
  readonly shown: string;
  /** Names as `useKeys` gives them: a character, or "enter", "escape", "up" ... */
  readonly keys: readonly string[];
  readonly help: string;
  /** Its word in the bar; null keeps the key to the help. */
  readonly bar: string | null;
  /** Lower stays longer in a narrow bar. */
  readonly rank: number;
}

function key(shown: string, keys: readonly string[], help: string, bar: string | null = null, rank = 99): Binding {
  return { shown, keys, help, bar, rank };
}

const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

export const KEYS = {
  menu: {
    share: key('1', ['1'], 'share my screen'),
    watch: key('2', ['2'], 'watch a screen'),
    demo: key('3', ['3'], 'demo on this machine'),
    up: key('↑', ['up'], 'choose the one above'),
    down: key('↓', ['down'], 'choose the one below', 'choose', 4),
    take: key('Enter', ['enter'], 'start what is chosen', 'start', 2),
    help: key('?', ['?'], 'these keys', 'help', 1),
    quit: key('q', ['q'], 'leave peerglass', 'quit', 0),
  },
  shareForm: {
    start: key('Enter', ['enter'], 'share with what is shown', 'share', 1),
    up: key('↑', ['up', 'shift-tab'], 'the field above'),
    down: key('↓', ['down', 'tab'], 'the field below', 'field', 3),
    less: key('←', ['left'], 'the choice before, or the cursor to the left'),
    more: key('→', ['right'], 'the next choice, or the cursor to the right', 'change', 4),
    list: key('Space', [' '], 'list the choices, turn a switch', 'list/switch', 5),
    defaults: key('Ctrl-R', ['ctrl-r'], 'every field as at first', 'defaults', 6),
    help: key('?', ['?'], 'these keys', 'help', 2),
    back: key('Esc', ['escape'], 'back to the menu', 'back', 0),
  },
  watchForm: {
    start: key('Enter', ['enter'], 'connect', 'watch', 1),
    up: key('↑', ['up'], 'the peer or the field above'),
    down: key('↓', ['down'], 'the peer or the field below', 'peer/field', 3),
    next: key('Tab', ['tab'], 'the next field'),
    previous: key('Shift-Tab', ['shift-tab'], 'the field before'),
    less: key('←', ['left'], 'the choice before, or the cursor to the left'),
    more: key('→', ['right'], 'the next choice, or the cursor to the right', 'change', 4),
    forget: key('Ctrl-D', ['ctrl-d'], 'forget the chosen peer', 'forget', 6),
    help: key('?', ['?'], 'these keys', 'help', 2),
    back: key('Esc', ['escape'], 'back to the menu', 'back', 0),
  },
  share: {
    level: key('0-9', DIGITS, 'deflate level, before what a viewer asked for', 'level', 2),
    levelUp: key('+', ['+', '=', 'right'], 'level one up (also →)'),
    levelDown: key('-', ['-', 'left'], 'level one down (also ←)'),
    qualityDown: key('[', ['['], 'JPEG quality of the rfb wire down'),
    qualityUp: key(']', [']'], 'JPEG quality of the rfb wire up', 'quality', 9),
    lossless: key('l', ['l'], 'lossless, and back to what each viewer asks for', 'lossless', 10),
    fps: key('f', ['f'], 'the next cap on frames a second', 'fps cap', 6),
    cursor: key('c', ['c'], 'the pointer shown or not', 'pointer', 7),
    pause: key('Space', [' '], 'pause, and go on', 'pause', 3),
    target: key('o', ['o'], 'share another monitor, window or region', 'source', 5),
    yes: key('y', ['y'], 'let the one who asks in', 'yes', 1),
    no: key('n', ['n'], 'refuse the one who asks', 'no', 1),
    all: key('a', ['a'], 'let everybody in for this session', 'everybody', 1),
    up: key('↑', ['up'], 'choose the viewer above'),
    down: key('↓', ['down'], 'choose the viewer below'),
    kick: key('k', ['k'], 'end the chosen viewer, after a question', 'end viewer', 5),
    link: key('u', ['u'], 'the lines to tell others, and a QR code', 'link', 8),
    save: key('s', ['s'], 'save the picture as a PNG file', 'save', 8),
    packets: key('p', ['p'], 'the packets of this share, as Wireshark lists them', 'packets', 7),
    messages: key('m', ['m'], "the wire's messages", 'messages', 8),
    bakeoff: key('b', ['b'], 'every encoding that the chosen viewer can take, tried on the last frames', 'bake-off', 8),
    export: key('e', ['e'], 'write the traffic to a file for Wireshark, and stop', 'export', 9),
    panel: key('Tab', ['tab'], 'next panel (demo: the other dashboard)', 'panel', 4),
    panelBack: key('Shift-Tab', ['shift-tab'], 'panel before (demo: next panel)'),
    enlarge: key('Enter', ['enter'], 'enlarge the chosen panel, and back; without one, the chosen viewer'),
    freeze: key('z', ['z'], 'freeze the charts and figures, and go on', 'freeze', 9),
    reset: key('r', ['r'], 'count from zero again', 'reset', 9),
    help: key('?', ['?'], 'these keys', 'help', 1),
    back: key('q', ['q', 'escape'], 'end the session; asks first if somebody watches', 'end', 0),
  },
  watch: {
    level: key('0-9', DIGITS, 'deflate level to ask for (rfb)', 'level', 4),
    levelUp: key('+', ['+', '=', 'right'], 'ask for a level up (also →)'),
    levelDown: key('-', ['-', 'left'], 'ask for a level down (also ←)'),
    qualityDown: key('[', ['['], 'JPEG quality to ask for down'),
    qualityUp: key(']', [']'], 'JPEG quality to ask for up', 'quality', 9),
    lossless: key('l', ['l'], 'ask for lossless, and back to auto', 'lossless', 10),
    fullscreen: key('f', ['f'], 'the window fills the screen, and back', 'fullscreen', 3),
    scale: key('o', ['o'], 'the next scale: fit, 1:1, 2, 3', 'scale', 5),
    cursor: key('c', ['c'], 'the pointer drawn or not (rfb)', 'pointer', 7),
    freeze: key('Space', [' '], 'freeze the picture, and go on', 'freeze picture', 4),
    save: key('s', ['s'], 'save the picture as a PNG file', 'save', 6),
    packets: key('p', ['p'], 'the packets of this session, as Wireshark lists them', 'packets', 7),
    messages: key('m', ['m'], "the wire's messages", 'messages', 8),
    export: key('e', ['e'], 'write the traffic to a file for Wireshark, and stop', 'export', 9),
    panel: key('Tab', ['tab'], 'next panel (demo: the other dashboard)', 'panel', 4),
    panelBack: key('Shift-Tab', ['shift-tab'], 'panel before (demo: next panel)'),
    enlarge: key('Enter', ['enter'], 'enlarge the chosen panel, and back; without one, the connection'),
    freezeCharts: key('z', ['z'], 'freeze the charts and figures, and go on'),
    reset: key('r', ['r'], 'count from zero again', 'reset', 8),
    help: key('?', ['?'], 'these keys', 'help', 1),
    back: key('q', ['q', 'escape'], 'leave, also while connecting', 'end', 0),
  },
  list: {
    up: key('↑', ['up', 'shift-tab'], 'the one above'),
    down: key('↓', ['down', 'tab'], 'the one below', 'choose', 3),
    pageUp: key('PgUp', ['pageup', 'home'], 'a page up'),
    pageDown: key('PgDn', ['pagedown', 'end'], 'a page down'),
    take: key('Enter', ['enter'], 'take the chosen one', 'take it', 1),
    back: key('Esc', ['escape'], 'back, nothing changed', 'back', 0),
  },
  prompt: {
    take: key('Enter', ['enter'], 'take what was typed', 'take it', 1),
    back: key('Esc', ['escape'], 'back, nothing changed', 'back', 0),
  },
  confirm: {
    yes: key('y', ['y'], 'do it', 'yes', 0),
    no: key('n', ['n', 'escape', 'q'], 'leave it', 'no', 0),
  },
  records: {
    up: key('↑', ['up'], 'the one before'),
    down: key('↓', ['down'], 'the one after', 'choose', 4),
    pageUp: key('PgUp', ['pageup'], 'a page up'),
    pageDown: key('PgDn', ['pagedown'], 'a page down'),
    first: key('Home', ['home'], 'the oldest'),
    last: key('End', ['end'], 'the newest, and follow what comes', 'follow', 6),
    left: key('←', ['left'], 'the line from further left'),
    right: key('→', ['right'], 'the line from further right', 'scroll', 8),
    freeze: key('z', ['z', ' '], 'freeze the list, and go on (also Space)', 'freeze', 3),
    filter: key('/', ['/'], 'show only lines with some text', 'filter', 2),
    detail: key('Enter', ['enter'], 'what is chosen in detail, and away', 'detail', 3),
    panel: key('Tab', ['tab', 'shift-tab'], 'up and down move in the detail, and back', 'pane', 5),
    packets: key('p', ['p'], 'packets; once more: back', 'packets', 7),
    messages: key('m', ['m'], 'messages; once more: back', 'messages', 7),
    export: key('e', ['e'], 'write the traffic to a file for Wireshark, and stop', 'export', 9),
    help: key('?', ['?'], 'these keys', 'help', 1),
    back: key('q', ['q', 'escape'], 'back to the dashboard', 'back', 0),
  },
  filter: {
    take: key('Enter', ['enter'], 'keep the filter', 'keep', 1),
    back: key('Esc', ['escape'], 'no filter', 'clear', 0),
  },
  bakeoff: {
    up: key('↑', ['up'], 'the encoding above'),
    down: key('↓', ['down'], 'the encoding below', 'choose', 2),
    pageUp: key('PgUp', ['pageup'], 'a page up'),
    pageDown: key('PgDn', ['pagedown'], 'a page down'),
    first: key('Home', ['home'], 'the first one'),
    last: key('End', ['end'], 'the last one'),
    take: key('Enter', ['enter'], 'send the viewer what changes in the chosen one from now on', 'take it', 1),
    again: key('r', ['r'], 'try them again, on the frames that are the last now', 'again', 3),
    help: key('?', ['?'], 'these keys', 'help', 4),
    back: key('Esc', ['escape', 'q', 'b'], 'back to the dashboard, nothing changed', 'back', 0),
  },
  connection: {
    up: key('↑', ['up'], 'the viewer above'),
    down: key('↓', ['down'], 'the viewer below', 'choose', 1),
    back: key('Esc', ['escape', 'q', 'enter'], 'back to the dashboard', 'back', 0),
  },
  link: {
    back: key('Esc', ['escape', 'q', 'u', 'enter'], 'back to the dashboard', 'back', 0),
  },
  error: {
    back: key('Enter', ['enter', 'escape', 'q'], 'back to the form', 'back', 0),
  },
  help: {
    up: key('↑', ['up', 'pageup'], 'scroll up'),
    down: key('↓', ['down', 'pagedown'], 'scroll down', 'scroll', 2),
    back: key('Esc', ['escape', '?', 'q', 'enter'], 'back', 'back', 0),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Binding>>>>;

export type KeyScreen = keyof typeof KEYS;
export type Action<Screen extends KeyScreen> = keyof (typeof KEYS)[Screen] & string;

/** What a screen does: one handler for each of its actions, no more and no less. It is given the key that was pressed. */
export type Handlers<Screen extends KeyScreen> = Readonly<Record<Action<Screen>, (key: string) => void>>;

export interface NamedBinding extends Binding {
  readonly action: string;
}

export function bindingsOf(screen: KeyScreen): readonly NamedBinding[] {
  return Object.entries<Binding>(KEYS[screen]).map(([action, binding]) => ({ action, ...binding }));
}

/** Runs the handler of a key; false when the screen has none for it. */
export function press<Screen extends KeyScreen>(screen: Screen, key: string, handlers: Handlers<Screen>): boolean {
  const binding = bindingsOf(screen).find(each => each.keys.includes(key));
  if (!binding) return false;
  const byName: Readonly<Record<string, (key: string) => void>> = handlers;
  byName[binding.action]?.(key);
  return true;
}

export interface BarItem {
  readonly keys: string;
  readonly label: string;
}

const GAP = 2;

/**
 * What a bar of `columns` shows: the most important keys that fit, in the order of the table. `hidden` are actions that
 * mean nothing at the moment.
 */
export function barOf(screen: KeyScreen, columns: number, hidden: readonly string[] = []): BarItem[] {
  const kept: NamedBinding[] = [];
  let used = 0;
  for (const binding of [...bindingsOf(screen)].sort((a, b) => a.rank - b.rank)) {
    if (binding.bar === null || hidden.includes(binding.action)) continue;
    const width = binding.shown.length + 1 + binding.bar.length + (kept.length > 0 ? GAP : 0);
    if (used + width > columns) continue;
    kept.push(binding);
    used += width;
  }
  return bindingsOf(screen)
    .filter(binding => kept.some(each => each.action === binding.action))
    .map(binding => ({ keys: binding.shown, label: binding.bar ?? '' }));
}
