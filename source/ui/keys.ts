import { PLAY_KEYS, type PlayAction, WINDOW_KEYS, type WindowAction } from '../session/window-keys.js';

/**
 * All keys. Handlers, the bar at the bottom and the help read this table: a key that is not in it does nothing, and a
 * screen has no handler for an action that is not in it.
 */
interface Binding {
  /** As written on the screen. */
  readonly shown: string;
  /** Names as `useKeys` gives them: a character, or "enter", "escape", "up" ... */
  readonly keys: readonly string[];
  readonly help: string;
  /** Its label in the bar; null: in the help only. */
  readonly bar: string | null;
  /** Lower stays longer in a narrow bar. */
  readonly rank: number;
}

function key(shown: string, keys: readonly string[], help: string, bar: string | null = null, rank = 99): Binding {
  return { shown, keys, help, bar, rank };
}

/** Keys of the picture's window. It runs in another process, so its table is in the session. */
function windowKeys(): Readonly<Record<WindowAction, Binding>> {
  const named = Object.entries(WINDOW_KEYS).map(([action, { shown, keys, help }]) => [action, key(shown, keys, help)]);
  return Object.fromEntries(named) as Record<WindowAction, Binding>;
}

/** Their labels in the bar of the dashboard of a recording, and how long they stay in a narrow one. */
const PLAY_BAR: Partial<Record<PlayAction, readonly [bar: string, rank: number]>> = {
  pause: ['pause', 2],
  forward: ['5 s', 3],
  forwardMinute: ['1 min', 6],
  step: ['step', 4],
  faster: ['faster', 5],
  slower: ['slower', 6],
  still: ['skip still', 7],
  fullscreen: ['fullscreen', 8],
  scale: ['scale', 9],
  save: ['save', 7],
  help: ['help', 1],
  end: ['end', 0],
};

/** Keys of a recording: the same in its window. */
function playKeys(): Readonly<Record<PlayAction, Binding>> {
  const named = Object.entries(PLAY_KEYS).map(([action, { shown, keys, help }]) => {
    const [bar, rank] = PLAY_BAR[action as PlayAction] ?? [null, 99];
    return [action, key(shown, keys, help, bar, rank)];
  });
  return Object.fromEntries(named) as Record<PlayAction, Binding>;
}

const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

const BACK_AFTER_ERROR = key('Enter', ['enter', 'escape', 'q'], 'back', 'back', 0);
const EXPORT = key('e', ['e'], 'export traffic for Wireshark on/off', 'export', 9);

function helpKey(rank = 1): Binding {
  return key('?', ['?'], 'this help', 'help', rank);
}

/** Keys of a list of these items. */
function listKeys(item: string, rank: number) {
  return {
    up: key('↑', ['up', 'k'], `previous ${item} (also k)`),
    down: key('↓', ['down', 'j'], `next ${item} (also j)`, 'choose', rank),
  };
}

const PAGE_KEYS = {
  pageUp: key('PgUp', ['pageup'], 'page up'),
  pageDown: key('PgDn', ['pagedown'], 'page down'),
};

const FIELD_KEYS = {
  less: key('←', ['left'], 'previous choice, or cursor left'),
  more: key('→', ['right'], 'next choice, or cursor right', 'change', 4),
};

/** Keys of every form. */
const FORM_KEYS = {
  help: helpKey(2),
  back: key('Esc', ['escape'], 'back to the menu', 'back', 0),
};

/**
 * Compression and quality: a sharer sets them, a viewer asks for them.
 * @param verb "ask for " on a viewer
 */
function settingKeys(verb: '' | 'ask for ', level: string, lossless: string) {
  return {
    level: key('0-9', DIGITS, level, 'compression', 3),
    levelUp: key('+', ['+', '=', 'right'], `${verb}more compression (also →)`),
    levelDown: key('-', ['-', 'left'], `${verb}less compression (also ←)`),
    qualityDown: key('[', ['['], `${verb}lower JPEG quality (rfb)`),
    qualityUp: key(']', [']'], `${verb}higher JPEG quality (rfb)`, 'quality', 9),
    lossless: key('l', ['l'], lossless, 'lossless', 10),
  };
}

/** Keys of both dashboards. @param chosen what Enter shows details of while no panel is chosen */
function dashboardKeys(session: 'share' | 'session', chosen: 'viewer' | 'connection', end: string) {
  return {
    save: key('s', ['s'], 'save the picture as a PNG file', 'save', 7),
    packets: key('p', ['p'], `packets of this ${session}, as in Wireshark`, 'packets', 7),
    messages: key('m', ['m'], 'protocol messages', 'messages', 8),
    export: EXPORT,
    record: key('R', ['R'], 'start/stop recording to a file', 'record', 8),
    panel: key('Tab', ['tab'], 'next panel (demo: the other dashboard)', 'panel', 4),
    panelBack: key('Shift-Tab', ['shift-tab'], 'previous panel (demo: next panel)'),
    enlarge: key('Enter', ['enter'], `enlarge the chosen panel; none chosen: ${chosen} details`),
    freezeCharts: key('z', ['z'], 'freeze/resume charts and figures', 'freeze charts', 9),
    reset: key('r', ['r'], 'reset counters', 'reset', 9),
    help: helpKey(),
    back: key('Esc', ['escape'], 'one step back; on the dashboard same as q'),
    end: key('q', ['q'], end, 'end', 0),
  };
}

export const KEYS = {
  menu: {
    share: key('1', ['1'], 'share my screen'),
    watch: key('2', ['2'], 'watch a screen'),
    demo: key('3', ['3'], 'demo on this machine'),
    play: key('4', ['4'], 'play a recording'),
    ...listKeys('entry', 4),
    take: key('Enter', ['enter'], 'start the chosen entry', 'start', 2),
    help: helpKey(),
    quit: key('q', ['q'], 'quit peerglass', 'quit', 0),
  },
  shareForm: {
    start: key('Enter', ['enter'], 'start sharing', 'share', 1),
    up: key('↑', ['up', 'shift-tab'], 'previous field'),
    down: key('↓', ['down', 'tab'], 'next field', 'field', 3),
    ...FIELD_KEYS,
    list: key('Space', [' '], 'list the choices, or toggle a switch', 'choose/toggle', 5),
    defaults: key('Ctrl-R', ['ctrl-r'], 'reset to defaults', 'defaults', 6),
    ...FORM_KEYS,
  },
  watchForm: {
    start: key('Enter', ['enter'], 'connect', 'connect', 1),
    up: key('↑', ['up'], 'previous field or sharer'),
    down: key('↓', ['down'], 'next field or sharer', 'field/sharer', 3),
    next: key('Tab', ['tab'], 'next field'),
    previous: key('Shift-Tab', ['shift-tab'], 'previous field'),
    ...FIELD_KEYS,
    forget: key('Ctrl-D', ['ctrl-d'], 'forget the chosen sharer', 'forget', 6),
    ...FORM_KEYS,
  },
  playForm: {
    start: key('Enter', ['enter'], 'play', 'play', 1),
    up: key('↑', ['up'], 'previous field or recording'),
    down: key('↓', ['down'], 'next field or recording', 'field/recording', 3),
    next: key('Tab', ['tab'], 'next field'),
    previous: key('Shift-Tab', ['shift-tab'], 'previous field'),
    ...FIELD_KEYS,
    ...FORM_KEYS,
  },
  share: {
    ...settingKeys(
      '',
      'compression level; overrides what a viewer asked for',
      'lossless on/off (rfb); off: as each viewer asks',
    ),
    fps: key('f', ['f'], 'next frame rate cap', 'fps cap', 6),
    rate: key('< >', ['<', '>'], 'max rate of the viewer (rfb)', 'max rate', 9),
    uplink: key('{ }', ['{', '}'], 'uplink for all viewers (rfb)', 'uplink', 10),
    cursor: key('c', ['c'], 'show/hide the pointer', 'pointer', 7),
    pause: key('Space', [' '], 'pause/resume', 'pause', 3),
    target: key('o', ['o'], 'share another monitor, window or region', 'source', 5),
    yes: key('y', ['y'], 'let the viewer in', 'yes', 1),
    no: key('n', ['n'], 'decline the viewer', 'no', 1),
    all: key('a', ['a'], 'let everyone in for this session', 'everyone', 1),
    ...listKeys('viewer', 5),
    pageUp: key('PgUp', ['pageup'], 'ten viewers up'),
    pageDown: key('PgDn', ['pagedown'], 'ten viewers down'),
    endViewer: key('x', ['x'], 'disconnect the chosen viewer (asks first)', 'disconnect', 5),
    banViewer: key('X', ['X'], 'ban the chosen viewer by its key, else its address (asks first)'),
    remember: key(
      'v',
      ['v'],
      'remember the chosen viewer, or the one who asks: no code needed from then on (again: forget)',
    ),
    link: key('u', ['u'], 'how to connect, with a QR code', 'link', 2),
    bakeoff: key('b', ['b'], 'bake-off: try every encoding on the last frames', 'bake-off', 8),
    ...dashboardKeys('share', 'viewer', 'stop sharing (asks first while a viewer is connected)'),
  },
  watch: {
    ...settingKeys('ask for ', 'ask for a compression level (rfb)', 'ask for lossless on/off (rfb)'),
    fullscreen: key('f', ['f'], 'toggle full screen', 'fullscreen', 3),
    scale: key('o', ['o'], 'next scale: fit, 1:1, 2, 3', 'scale', 5),
    cursor: key('c', ['c'], 'show/hide the pointer (rfb)', 'pointer', 7),
    freeze: key('Space', [' '], 'freeze/resume the picture', 'freeze picture', 4),
    ...dashboardKeys('session', 'connection', 'stop watching, or cancel connecting'),
  },
  play: playKeys(),
  window: windowKeys(),
  list: {
    up: key('↑', ['up', 'shift-tab', 'k'], 'previous item (also k)'),
    down: key('↓', ['down', 'tab', 'j'], 'next item (also j)', 'choose', 3),
    pageUp: key('PgUp', ['pageup', 'home'], 'page up'),
    pageDown: key('PgDn', ['pagedown', 'end'], 'page down'),
    take: key('Enter', ['enter'], 'choose the item', 'OK', 1),
    back: key('Esc', ['escape', 'q'], 'back, nothing changed', 'back', 0),
  },
  prompt: {
    take: key('Enter', ['enter'], 'accept the text', 'OK', 1),
    back: key('Esc', ['escape'], 'back, nothing changed', 'back', 0),
  },
  confirm: {
    yes: key('y', ['y'], 'do it', 'yes', 0),
    no: key('n', ['n', 'escape', 'q'], 'cancel', 'no', 0),
  },
  records: {
    ...listKeys('line', 4),
    ...PAGE_KEYS,
    first: key('Home', ['home'], 'oldest'),
    last: key('End', ['end'], 'newest; follow new ones', 'follow', 6),
    left: key('←', ['left'], 'scroll left'),
    right: key('→', ['right'], 'scroll right', 'scroll', 8),
    freeze: key('z', ['z', ' '], 'freeze/resume the list (also Space)', 'freeze', 3),
    filter: key('/', ['/'], 'show only lines that contain a text', 'filter', 2),
    detail: key('Enter', ['enter'], 'show/hide details', 'detail', 3),
    panel: key('Tab', ['tab', 'shift-tab'], 'move between list and details', 'pane', 5),
    packets: key('p', ['p'], 'packets page; again: back', 'packets', 7),
    messages: key('m', ['m'], 'messages page; again: back', 'messages', 7),
    export: EXPORT,
    help: helpKey(),
    back: key('Esc', ['escape'], 'one step back: pane, filter, dashboard', 'back', 0),
    close: key('q', ['q'], 'back to the dashboard'),
  },
  filter: {
    take: key('Enter', ['enter'], 'keep the filter', 'keep', 1),
    back: key('Esc', ['escape'], 'clear the filter', 'clear', 0),
  },
  bakeoff: {
    ...listKeys('encoding', 2),
    ...PAGE_KEYS,
    first: key('Home', ['home'], 'first'),
    last: key('End', ['end'], 'last'),
    take: key('Enter', ['enter'], 'use the chosen encoding for this viewer', 'use', 1),
    again: key('r', ['r'], 'run again on the latest frames', 'again', 3),
    help: helpKey(4),
    back: key('Esc', ['escape', 'q', 'b'], 'back to the dashboard, nothing changed', 'back', 0),
  },
  connection: {
    ...listKeys('viewer', 1),
    back: key('Esc', ['escape', 'q', 'enter'], 'back to the dashboard', 'back', 0),
  },
  link: {
    copy: key('w', ['w'], 'copy the line for the other person, with the code', 'copy', 1),
    copyLink: key('W', ['W'], 'copy the link, with the code or key in it', 'copy link', 2),
    save: key('S', ['S'], 'save the link and its QR code as a PNG file', 'save picture', 3),
    broadcast: key('b', ['b'], 'the link of the broadcast, and back', 'broadcast', 4),
    back: key('Esc', ['escape', 'q', 'u', 'enter'], 'back to the dashboard', 'back', 0),
  },
  error: {
    back: BACK_AFTER_ERROR,
  },
  failedWatch: {
    again: key('r', ['r'], 'try again', 'try again', 1),
    anew: key('c', ['c'], 'try again without the code or password; asks for what is needed', 'without code', 3),
    terminal: key('t', ['t'], 'watch in the terminal instead of a window', 'watch in the terminal', 1),
    forget: key(
      'f',
      ['f'],
      'forget what is remembered about the sharer (asks first), then try again',
      'forget sharer',
      2,
    ),
    back: BACK_AFTER_ERROR,
  },
  help: {
    up: key('↑', ['up', 'k'], 'scroll up (also k)'),
    down: key('↓', ['down', 'j'], 'scroll down (also j)', 'scroll', 2),
    pageUp: key('PgUp', ['pageup', 'home'], 'page up'),
    pageDown: key('PgDn', ['pagedown', 'end'], 'page down'),
    back: key('Esc', ['escape', '?', 'q', 'enter'], 'back', 'back', 0),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Binding>>>>;

export type KeyScreen = keyof typeof KEYS;
export type Action<Screen extends KeyScreen> = keyof (typeof KEYS)[Screen] & string;

/** Exactly one handler for each action of a screen. It receives the key. */
export type Handlers<Screen extends KeyScreen> = Readonly<Record<Action<Screen>, (key: string) => void>>;

export interface NamedBinding extends Binding {
  readonly action: string;
}

export function bindingsOf(screen: KeyScreen): readonly NamedBinding[] {
  return Object.entries<Binding>(KEYS[screen]).map(([action, binding]) => ({ action, ...binding }));
}

/** All actions of a screen but `kept`: hides everything else from the bar. */
export function actionsBut<Screen extends KeyScreen>(screen: Screen, kept: readonly Action<Screen>[]): string {
  const names: readonly string[] = kept;
  return bindingsOf(screen)
    .map(({ action }) => action)
    .filter(action => !names.includes(action))
    .join(' ');
}

/** Runs the handler of a key. False if the screen has none. */
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
 * A bar of `columns`: the most important keys that fit, in the order of the table.
 * @param hidden actions without a meaning at the moment
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
