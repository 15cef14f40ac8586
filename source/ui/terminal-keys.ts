import type { ReadStream } from 'node:tty';
import { InputParser, type TerminalInput } from './terminal-input.js';

/** How long the rest of a control sequence may take, over a slow link: then the escape byte was the Esc key. */
const ESCAPE_MS = 50;

/** Reads the keyboard, in raw mode: the only place where bytes of the terminal become keys. */
export class TerminalKeys {
  readonly #stdin: ReadStream;
  readonly #take: (inputs: readonly TerminalInput[]) => void;
  readonly #parser: InputParser;
  #timer: NodeJS.Timeout | null = null;
  #reading = false;

  /** @param answered receives the terminal's reports about itself (OSC) */
  constructor(stdin: ReadStream, take: (inputs: readonly TerminalInput[]) => void, answered: (text: string) => void) {
    this.#stdin = stdin;
    this.#parser = new InputParser(answered);
    this.#take = take;
  }

  /** Raw mode, also where something else has changed it since. */
  open(): void {
    if (this.#stdin.isTTY) {
      this.#stdin.setRawMode(false);
      this.#stdin.setRawMode(true);
    }
    if (this.#reading) return;
    this.#reading = true;
    this.#stdin.on('data', this.#received);
    this.#stdin.resume();
  }

  /** Gives the keyboard back. Safe to call twice. */
  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#stdin.isTTY) this.#stdin.setRawMode(false);
    if (!this.#reading) return;
    this.#reading = false;
    this.#stdin.off('data', this.#received);
    this.#stdin.pause();
  }

  readonly #received = (chunk: Buffer): void => {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#tell(this.#parser.push(chunk, performance.now()));
    if (!this.#parser.undecided) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#tell(this.#parser.flush(performance.now()));
    }, ESCAPE_MS);
  };

  #tell(inputs: readonly TerminalInput[]): void {
    if (inputs.length > 0) this.#take(inputs);
  }
}
