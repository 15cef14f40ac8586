import { EventEmitter } from 'node:events';
import type { WriteStream } from 'node:tty';
import { withoutControls } from '../core/plain-text.js';
import { widthOf } from './text.js';

const ESCAPE = '\u001b';
const ENTER_ALTERNATE = `${ESCAPE}[?1049h`;
const LEAVE_ALTERNATE = `${ESCAPE}[?1049l`;
const HIDE_CURSOR = `${ESCAPE}[?25l`;
const SHOW_CURSOR = `${ESCAPE}[?25h`;
const NO_WRAP = `${ESCAPE}[?7l`;
const WRAP = `${ESCAPE}[?7h`;
/** Synchronized output: a terminal that knows it shows a frame whole, another ignores it. */
const BEGIN = `${ESCAPE}[?2026h`;
const END = `${ESCAPE}[?2026l`;
const RESET = `${ESCAPE}[0m`;
const CLEAR = `${ESCAPE}[2J`;
const ERASE_TO_END = `${ESCAPE}[K`;
/**
 * Reports that a program which crashed may have left on: of the mouse in all its modes and encodings, of the focus, of
 * colour schemes and sizes; keys as numbers (kitty, modifyOtherKeys), and keypad and arrow keys of an application.
 */
const REPORTS_OFF = [
  ...[9, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2031, 2048, 1, 66].map(mode => `${ESCAPE}[?${mode}l`),
  `${ESCAPE}[=0u`,
  `${ESCAPE}[>4m`,
  `${ESCAPE}>`,
].join('');
/** Bracketed paste: distinguishes pasted text from keys. */
const PASTE_ON = `${ESCAPE}[?2004h`;
const PASTE_OFF = `${ESCAPE}[?2004l`;

const moveTo = (row: number, column: number): string => `${ESCAPE}[${row + 1};${column + 1}H`;

/** Restores the terminal, also after a painter that died: all parts are safe to send twice. */
export const RESTORE_SEQUENCE = END + PASTE_OFF + RESET + WRAP + SHOW_CURSOR + LEAVE_ALTERNATE;

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

function sizeOf(terminal: WriteStream): TerminalSize {
  return { columns: Math.max(1, terminal.columns || 80), rows: Math.max(1, terminal.rows || 24) };
}

const STYLE = /(\u001b\[[\d;:]*m)/;

/** A line of a frame, of whose control characters only those of its styles are left. */
function withStylesOnly(line: string): string {
  // Between two styles stands text.
  return line
    .split(STYLE)
    .map((part, index) => (index % 2 === 1 ? part : withoutControls(part)))
    .join('');
}

const BELL_MS = 5000;

/** A picture that is painted over the frame: one line of escape sequences for each row of cells. */
export interface PictureLayer {
  readonly column: number;
  readonly row: number;
  readonly lines: readonly string[];
}

/**
 * Where Ink writes. Ink lays a whole frame out; this draws what of it is new, line by line, at absolute places on the
 * alternate screen. Ink's own writer moves relatively, which one stray byte sets off for good, and clears the
 * scrollback when a frame is as tall as the terminal. Pictures come as a layer over the frame: they change often, and
 * the layout engine should not handle an object for every cell of them.
 *
 * Emits `opened` when it has drawn on a terminal that it has just taken, and `sized` when the terminal has another
 * size. Ink does not hear of it (it listens to `resize`): it would draw the frame of the old size again before the
 * screens have a new layout.
 */
export class ScreenPainter extends EventEmitter {
  readonly isTTY = true;
  readonly writable = true;
  readonly #terminal: WriteStream;
  #frame: string[] = [];
  /** What is on each row of the terminal; a hole is not known. */
  #shown: ({ readonly text: string; readonly picture: string } | undefined)[] = [];
  readonly #layers = new Map<string, PictureLayer>();
  #open = false;
  #rangAt = Number.NEGATIVE_INFINITY;
  #size: TerminalSize;

  constructor(terminal: WriteStream) {
    super();
    this.#terminal = terminal;
    this.#size = sizeOf(terminal);
  }

  get columns(): number {
    return this.#size.columns;
  }

  get rows(): number {
    return this.#size.rows;
  }

  /** The same object until the terminal has another size. */
  readonly size = (): TerminalSize => this.#size;

  /** Takes the terminal, and redraws everything on it. Also after another program has used it. */
  open(): void {
    if (!this.#open) this.#terminal.on('resize', this.#resized);
    this.#open = true;
    const { columns, rows } = sizeOf(this.#terminal);
    this.#terminal.write(ENTER_ALTERNATE + REPORTS_OFF + PASTE_ON + HIDE_CURSOR + NO_WRAP);
    if (columns !== this.columns || rows !== this.rows) this.#resized();
    else this.repaint();
    this.emit('opened');
  }

  /** Puts the terminal back. Safe to call twice. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#terminal.off('resize', this.#resized);
    this.#terminal.write(RESTORE_SEQUENCE);
  }

  /** Ink's side: a frame, lines parted by "\n". Its own escape sequences for the cursor are not frames. */
  write(text: string, ...rest: unknown[]): boolean {
    if (text !== '' && !/^\u001b\[\?\d+[hl]$/.test(text)) {
      this.#frame = text.split('\n').slice(0, this.rows).map(withStylesOnly);
      this.#paint();
    }
    const callback = rest.at(-1);
    if (typeof callback === 'function') callback();
    return true;
  }

  /** Shows a picture over the frame, or takes it away. */
  setLayer(name: string, layer: PictureLayer | null): void {
    const before = this.#layers.get(name);
    if (layer === null) {
      if (!before) return;
      this.#layers.delete(name);
      this.#forget(before);
    } else {
      const moved =
        before &&
        (before.column !== layer.column || before.row !== layer.row || before.lines.length !== layer.lines.length);
      if (moved) this.#forget(before);
      this.#layers.set(name, layer);
    }
    this.#paint();
  }

  /** The terminal's bell, at most once in `BELL_MS`. */
  ring(): void {
    const now = performance.now();
    if (!this.#open || now - this.#rangAt < BELL_MS) return;
    this.#rangAt = now;
    this.#terminal.write('\u0007');
  }

  /** Asks the terminal to put a text into the clipboard (OSC 52). Terminals do not say whether they did. */
  copy(text: string): void {
    if (this.#open) this.#terminal.write(`${ESCAPE}]52;c;${Buffer.from(text).toString('base64')}\u0007`);
  }

  /** Redraws everything, e.g. after another program wrote on the terminal. */
  repaint(): void {
    this.#shown = [];
    if (!this.#open) return;
    this.#terminal.write(RESET + CLEAR);
    this.#paint();
  }

  readonly #resized = (): void => {
    this.#size = sizeOf(this.#terminal);
    this.#shown = [];
    this.#frame = [];
    this.#layers.clear();
    if (this.#open) this.#terminal.write(RESET + CLEAR);
    this.emit('sized');
  };

  #forget(layer: PictureLayer): void {
    for (let line = 0; line < layer.lines.length; line++) delete this.#shown[layer.row + line];
  }

  /** The layers' parts of a row, as terminal output. */
  #pictureOn(row: number): string {
    let pictures = '';
    for (const layer of this.#layers.values()) {
      const picture = layer.lines[row - layer.row];
      if (picture !== undefined) pictures += `${moveTo(row, layer.column)}${picture}${RESET}`;
    }
    return pictures;
  }

  #paint(): void {
    if (!this.#open || this.#frame.length === 0) return;
    let output = '';
    const count = Math.max(this.#frame.length, this.#shown.length);
    for (let row = 0; row < count; row++) {
      const text = this.#frame[row] ?? '';
      const picture = this.#pictureOn(row);
      const before = this.#shown[row];
      if (before?.text !== text) {
        // Behind a full line the cursor stands on its last column, and erasing would take that.
        const erase = widthOf(text) < this.columns ? ERASE_TO_END : '';
        output += `${moveTo(row, 0)}${text}${RESET}${erase}${picture}`;
      } else if (before.picture !== picture) {
        output += picture;
      }
      this.#shown[row] = { text, picture };
    }
    this.#shown.length = this.#frame.length;
    if (output !== '') this.#terminal.write(BEGIN + output + END);
  }
}
