import { withoutControls } from '../core/plain-text.js';
import { graphemes } from './text.js';

/** What a person did at the keyboard. Everything else that a terminal sends is not input. */
export type TerminalInput =
  /** A character, or a name: "enter", "up", "ctrl-r" ... */
  | { readonly type: 'key'; readonly key: string }
  /** A character that was pasted: text for a field, and never a key. */
  | { readonly type: 'pasted'; readonly character: string };

type State =
  | 'ground'
  | 'escape'
  | 'csi'
  /** `ESC O` and one more. */
  | 'ss3'
  /** OSC, DCS, APC, PM and SOS: text up to ST or BEL. */
  | 'string'
  /** Characters of a mouse report that stand behind its control sequence. */
  | 'mouse'
  | 'paste';

const ESC = 0x1b;
const BEL = 0x07;
const CTRL_C = 0x03;
/** Introduces an operating system command (OSC), after ESC. */
const OSC = 0x5d;
/** Longer terminal replies are not waited for. */
const MAX_ANSWER = 64;
const PASTE_END = Buffer.from('\u001b[201~', 'latin1');
/** Parameters that are longer mean no key. */
const MAX_PARAMETERS = 32;
/** No field takes more. */
const MAX_PASTED = 2048;
/** A sequence whose first byte was taken for the Esc key continues if its second byte comes within this time. */
const TORN_MS = 1000;

/**
 * Mouse reports as X10 has them (modes 1000, 1005, 1001): characters after `CSI M`, `CSI t`, `CSI T` without
 * parameters.
 */
const MOUSE_CHARACTERS: Readonly<Record<string, number>> = { M: 3, t: 2, T: 6 };

const CONTROL_KEYS: Readonly<Record<number, string>> = {
  8: 'backspace',
  9: 'tab',
  10: 'enter',
  13: 'enter',
  127: 'backspace',
};

/** Final bytes of `CSI` and `SS3`; rxvt writes keys with a modifier in small letters. */
const LETTER_KEYS: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  Z: 'shift-tab',
  a: 'up',
  b: 'down',
  c: 'right',
  d: 'left',
};

/** `CSI number ~`, and `^` or `$` in rxvt. */
const NUMBER_KEYS: Readonly<Record<string, string>> = {
  1: 'home',
  3: 'backspace',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
};

/** Keypad keys as the kitty keyboard protocol numbers them. */
const KEYPAD_KEYS: Readonly<Record<number, string>> = {
  57414: 'enter',
  57417: 'left',
  57418: 'right',
  57419: 'up',
  57420: 'down',
  57421: 'pageup',
  57422: 'pagedown',
  57423: 'home',
  57424: 'end',
};

const ALT = 2;
const CONTROL = 4;
/** Super, Hyper and Meta of the kitty keyboard protocol. */
const OTHERS = 8 + 16 + 32;

/**
 * The bytes of a terminal as keys (ECMA-48, and what xterm, rxvt, kitty and the Linux console make of it). Every
 * control sequence is read to its end, however it was cut into chunks, before it is looked at: the answers of the
 * terminal and the reports of a mouse are made of the same characters as keys. What is no key press is dropped.
 */
export class InputParser {
  #state: State = 'ground';
  #parameters = '';
  #mouseLeft = 0;
  /** An incomplete UTF-8 character, its full length in bytes (0: none), and whether Alt was held. */
  #character: number[] = [];
  #characterLength = 0;
  #characterWithAlt = false;
  #previous = 0;
  #text = '';
  #pasted: number[] = [];
  #events: TerminalInput[] = [];
  #tornUntil = Number.NEGATIVE_INFINITY;
  /** Of an operating system command that is being read; null: another string, or too long a one. */
  #answer: string | null = null;
  readonly #answered: (text: string) => void;

  /**
   * @param answered is given the text of each operating system command (OSC), e.g. the terminal's answer to a question
   */
  constructor(answered: (text: string) => void = () => {}) {
    this.#answered = answered;
  }

  /** Whether only an escape byte has arrived: the Esc key, or the start of a sequence. `flush` decides for the key. */
  get undecided(): boolean {
    return this.#state === 'escape';
  }

  /** @param now ms, of any clock that only goes forward */
  push(chunk: Uint8Array, now: number): TerminalInput[] {
    if (this.#state === 'paste' && chunk.length === 1 && chunk[0] === CTRL_C) this.#state = 'ground';
    const torn = now < this.#tornUntil;
    this.#tornUntil = Number.NEGATIVE_INFINITY;
    // A byte alone is a key: `X` and `]` introduce strings too, and after Esc would swallow all that is typed from then
    // on.
    if (torn && this.#state === 'ground' && chunk.length > 1 && introduces(chunk[0]!)) this.#state = 'escape';
    for (const byte of chunk) this.#take(byte);
    return this.#taken();
  }

  /** Nothing followed the escape byte for a while: it was the Esc key. */
  flush(now: number): TerminalInput[] {
    if (this.#state !== 'escape') return [];
    this.#state = 'ground';
    this.#tornUntil = now + TORN_MS;
    this.#key('escape');
    return this.#taken();
  }

  #taken(): TerminalInput[] {
    this.#endText();
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #take(byte: number): void {
    if (this.#state === 'ground') this.#ground(byte);
    else if (this.#state === 'escape') this.#escape(byte);
    else if (this.#state === 'csi') this.#csi(byte);
    else if (this.#state === 'ss3') this.#ss3(byte);
    else if (this.#state === 'string') this.#string(byte);
    else if (this.#state === 'mouse') this.#mouse(byte);
    else this.#paste(byte);
  }

  #ground(byte: number): void {
    if (this.#characterLength > 0 && isContinuation(byte)) {
      this.#continueCharacter(byte);
      return;
    }
    this.#characterLength = 0;
    if (byte >= 0xc2 && byte <= 0xf4) {
      this.#beginCharacter(byte, false);
    } else if (byte >= 0x80) {
      this.#control(byte);
    } else if (byte >= 0x20 && byte < 0x7f) {
      this.#text += String.fromCharCode(byte);
    } else if (byte === ESC) {
      this.#begin('escape');
    } else {
      const name = CONTROL_KEYS[byte] ?? (byte >= 1 && byte <= 26 ? `ctrl-${letterOf(byte)}` : null);
      if (name !== null) this.#key(name);
    }
  }

  #beginCharacter(byte: number, withAlt: boolean): void {
    this.#character = [byte];
    this.#characterLength = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    this.#characterWithAlt = withAlt;
  }

  #continueCharacter(byte: number): void {
    this.#character.push(byte);
    if (this.#character.length < this.#characterLength) return;
    this.#characterLength = 0;
    if (this.#characterWithAlt) return;
    const character = Buffer.from(this.#character).toString('utf8');
    const code = character.codePointAt(0)!;
    if (code < 0xa0) this.#control(code);
    // What does not decode.
    else if (code !== 0xfffd) this.#text += character;
  }

  /** C1 controls, in 8 bits or as UTF-8: they begin sequences as their forms of 7 bits do. */
  #control(code: number): void {
    if (code >= 0x80 && code < 0xa0 && introduces(code - 0x40)) {
      this.#begin('escape');
      this.#escape(code - 0x40);
    }
  }

  #begin(state: State): void {
    this.#endText();
    this.#state = state;
  }

  #escape(byte: number): void {
    this.#parameters = '';
    if (byte === 0x5b) this.#state = 'csi';
    else if (byte === 0x4f) this.#state = 'ss3';
    else if (introduces(byte)) this.#beginString(byte);
    // `ESC ESC [ A` is Alt and an arrow key, in rxvt.
    else if (byte === ESC) this.#state = 'escape';
    else {
      // A key with Alt has no meaning here; a control character has, whatever precedes it.
      this.#state = 'ground';
      if (byte === CTRL_C) this.#ground(byte);
      else if (byte >= 0xc2 && byte <= 0xf4) this.#beginCharacter(byte, true);
    }
  }

  #beginString(byte: number): void {
    this.#answer = byte === OSC ? '' : null;
    this.#state = 'string';
    this.#previous = 0;
  }

  #csi(byte: number): void {
    if (this.#aborts(byte) || byte >= 0x7f) return;
    const first = this.#parameters === '';
    // The Linux console writes F1 as `CSI [ A`.
    if (byte < 0x40 || (first && byte === 0x5b)) {
      if (this.#parameters.length <= MAX_PARAMETERS) this.#parameters += String.fromCharCode(byte);
      return;
    }
    const final = String.fromCharCode(byte);
    this.#state = 'ground';
    if (first && MOUSE_CHARACTERS[final] !== undefined) {
      this.#state = 'mouse';
      this.#mouseLeft = MOUSE_CHARACTERS[final];
      this.#characterLength = 0;
    } else if (this.#parameters === '200' && final === '~') {
      this.#state = 'paste';
      this.#pasted = [];
    } else {
      const name = keyOf(this.#parameters, final);
      if (name !== null) this.#key(name);
    }
  }

  #ss3(byte: number): void {
    if (this.#aborts(byte)) return;
    // Modifiers stand between in some terminals: `ESC O 5 A`.
    if (byte >= 0x30 && byte <= 0x3f) return;
    this.#state = 'ground';
    const name = byte === 0x4d ? 'enter' : LETTER_KEYS[String.fromCharCode(byte)];
    if (name !== undefined) this.#key(name);
  }

  #string(byte: number): void {
    const before = this.#previous;
    this.#previous = byte;
    // ST is `ESC \\`, or 9C in 8 bits, which within a character of UTF-8 is something else.
    if (byte === BEL || (byte === 0x9c && (before < 0x80 || before === 0xc2))) {
      this.#state = 'ground';
      this.#tellAnswer();
    } else if (byte === ESC || byte === CTRL_C || byte === 0x18 || byte === 0x1a) {
      if (byte === ESC) this.#tellAnswer();
      this.#aborts(byte);
    } else if (this.#answer !== null) {
      this.#answer = this.#answer.length < MAX_ANSWER ? this.#answer + String.fromCharCode(byte) : null;
    }
  }

  #tellAnswer(): void {
    if (this.#answer !== null) this.#answered(this.#answer);
    this.#answer = null;
  }

  /** These characters may be anything but an escape; mode 1005 writes those above 127 as UTF-8, in two bytes. */
  #mouse(byte: number): void {
    if (byte === ESC) {
      this.#aborts(byte);
    } else if (this.#characterLength > 0 && isContinuation(byte)) {
      this.#characterLength = 0;
      if (this.#mouseLeft === 0) this.#state = 'ground';
    } else if (this.#mouseLeft === 0) {
      this.#state = 'ground';
      this.#characterLength = 0;
      this.#ground(byte);
    } else {
      this.#mouseLeft--;
      this.#characterLength = byte >= 0xc2 && byte <= 0xdf ? 1 : 0;
      // A last byte that may be the first of two: the next one decides.
      if (this.#mouseLeft === 0 && this.#characterLength === 0) this.#state = 'ground';
    }
  }

  #paste(byte: number): void {
    this.#pasted.push(byte);
    const end = this.#pasted.length - PASTE_END.length;
    if (byte === PASTE_END.at(-1) && end >= 0 && PASTE_END.every((each, index) => this.#pasted[end + index] === each)) {
      this.#state = 'ground';
      const bytes = Buffer.from(this.#pasted.slice(0, Math.min(end, MAX_PASTED)));
      const text = withoutControls(bytes.toString('utf8').replace(/[\s\ufffd]+/g, ' ')).trim();
      for (const character of graphemes(text)) this.#events.push({ type: 'pasted', character });
      this.#pasted = [];
    } else if (this.#pasted.length > MAX_PASTED + PASTE_END.length) {
      this.#pasted.splice(MAX_PASTED, 1);
    }
  }

  /** A control character is no part of a sequence: it ends the sequence and is read as a key. */
  #aborts(byte: number): boolean {
    if (byte >= 0x20) return false;
    this.#state = 'ground';
    this.#characterLength = 0;
    // CAN and SUB do nothing else.
    if (byte !== 0x18 && byte !== 0x1a) this.#ground(byte);
    return true;
  }

  #key(key: string): void {
    this.#endText();
    this.#events.push({ type: 'key', key });
  }

  #endText(): void {
    if (this.#text === '') return;
    for (const key of graphemes(withoutControls(this.#text))) this.#events.push({ type: 'key', key });
    this.#text = '';
  }
}

/** Whether `ESC` and this byte start a longer sequence. */
function introduces(byte: number): boolean {
  return (
    byte === 0x5b || byte === 0x4f || byte === 0x5d || byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f
  );
}

function isContinuation(byte: number): boolean {
  return byte >= 0x80 && byte < 0xc0;
}

function letterOf(control: number): string {
  return String.fromCharCode(control + 0x60);
}

/** The key of a whole `CSI` sequence, or null: an answer, a report, or a key that means nothing here. */
function keyOf(parameters: string, final: string): string | null {
  if (!/^[\d;:]*$/.test(parameters)) return null;
  const [code = '', modified = '', third = ''] = parameters.split(';');
  const [modifiers = '', event = ''] = modified.split(':');
  // The kitty keyboard protocol also reports key releases.
  if (event === '3') return null;
  const held = modifiers === '' ? 0 : Number(modifiers) - 1;
  if (final === 'u') return typedKey(Number(code.split(':')[0]), held, code.split(':')[1] ?? '');
  if (final === '~')
    return code === '27' && third !== '' ? typedKey(Number(third), held, '') : (NUMBER_KEYS[code] ?? null);
  if (final === '^' || final === '$') return NUMBER_KEYS[code] ?? null;
  // `CSI c` with parameters would be an answer; rxvt's arrow key has none.
  if (final >= 'a' && parameters !== '') return null;
  if (code !== '' && code !== '1') return null;
  return LETTER_KEYS[final] ?? null;
}

/** A key that came as the number of its character (`CSI u`, and xterm's modifyOtherKeys). */
function typedKey(code: number, held: number, shifted: string): string | null {
  if ((held & (ALT | OTHERS)) !== 0) return null;
  if (code === 27) return 'escape';
  if (code === 9 && (held & 1) !== 0) return 'shift-tab';
  const named = CONTROL_KEYS[code] ?? KEYPAD_KEYS[code];
  if (named !== undefined) return named;
  if ((held & CONTROL) !== 0) return code >= 97 && code <= 122 ? `ctrl-${String.fromCharCode(code)}` : null;
  const character = (held & 1) !== 0 && shifted !== '' ? Number(shifted) : code;
  // Beyond that are private numbers for keys that have no character.
  if (character < 32 || (character >= 0x7f && character < 0xa0) || (character >= 57344 && character <= 63743))
    return null;
  if (character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff)) return null;
  const text = String.fromCodePoint(character);
  return (held & 1) !== 0 && shifted === '' ? text.toUpperCase() : text;
}
