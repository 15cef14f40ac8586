import { EventEmitter } from 'node:events';
import type { ReadStream, WriteStream } from 'node:tty';
import xterm from '@xterm/headless';
import { vi } from 'vitest';

/** Turns wrapping off. Tests ignore it: lines that are too long wrap and are noticed. */
const NO_WRAP = '\u001b[?7l';

/** A terminal without a process: xterm.js draws the output, the test presses keys. */
export class ScreenTerminal {
  readonly #terminal: InstanceType<typeof xterm.Terminal>;
  readonly #output = new EventEmitter();
  readonly #input = new EventEmitter();
  readonly raw: boolean[] = [];
  readonly stdout: WriteStream;
  readonly stdin: ReadStream;
  /** Number of bytes written. */
  written = 0;
  /** Everything written. */
  readonly output: string[] = [];
  /** Number of writes. */
  writes = 0;

  constructor(columns: number, rows: number, depth = 24) {
    const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 500 });
    this.#terminal = terminal;
    this.stdout = Object.assign(this.#output, {
      isTTY: true,
      columns,
      rows,
      getColorDepth: () => depth,
      write: (text: string) => {
        this.written += Buffer.byteLength(text);
        this.writes++;
        this.output.push(text);
        terminal.write(text.replaceAll(NO_WRAP, ''));
        return true;
      },
    }) as unknown as WriteStream;
    this.stdin = Object.assign(this.#input, {
      isTTY: true,
      setRawMode: (raw: boolean) => void this.raw.push(raw),
      resume: () => {},
      pause: () => {},
    }) as unknown as ReadStream;
  }

  /** Keys as a terminal sends them: characters, "\r", "\u001b", "\u001b[A" ..., each in a chunk of its own. */
  press(...keys: string[]): void {
    for (const key of keys) this.send(Buffer.from(key));
  }

  /** Raw bytes, in one chunk. */
  send(bytes: Uint8Array): void {
    this.#input.emit('data', bytes);
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
    Object.assign(this.#output, { columns, rows });
    this.#output.emit('resize');
  }

  /** The screen, once everything written is drawn. */
  async text(): Promise<string> {
    return (await this.#screen()).text;
  }

  /** Read inside xterm.js's callback: a moment later it may have drawn part of a later write. */
  #screen(): Promise<{ readonly text: string; readonly wrapped: string | undefined }> {
    const read = () => {
      const { active } = this.#terminal.buffer;
      const lines = Array.from({ length: this.#terminal.rows }, (_, row) => active.getLine(active.baseY + row));
      return {
        text: lines.map(line => line?.translateToString(true) ?? '').join('\n'),
        wrapped: lines.find(line => line?.isWrapped)?.translateToString(true),
      };
    };
    return new Promise(resolve => {
      this.#terminal.write('', () => resolve(read()));
      // xterm.js draws in a timer.
      if (vi.isFakeTimers()) vi.advanceTimersByTime(1);
    });
  }

  /** Waits until a question can be answered: its keys are in brackets then. */
  async answerable(): Promise<void> {
    await this.waitFor('[y]');
  }

  get alternate(): boolean {
    return this.#terminal.buffer.active.type === 'alternate';
  }

  /** The screen as soon as it shows the expected text and no line is wrapped (lines are, right after a resize). */
  async waitFor(expected: string | RegExp, ms = 30_000): Promise<string> {
    const deadline = performance.now() + ms;
    for (;;) {
      const { text, wrapped } = await this.#screen();
      const shown = typeof expected === 'string' ? text.includes(expected) : expected.test(text);
      if (shown && wrapped === undefined) return text;
      if (performance.now() > deadline) {
        const what = shown ? `A line is wrapped: ${wrapped}` : `${expected} did not appear.`;
        throw new Error(`${what} On the screen:\n${text}`);
      }
      await this.passes(20);
    }
  }

  /** With fake timers, time passes as soon as what is due is drawn, which takes a few turns. */
  async passes(ms: number): Promise<void> {
    if (!vi.isFakeTimers()) return new Promise(resolve => setTimeout(resolve, ms));
    for (let turn = 0; turn < 4; turn++) await new Promise(resolve => setImmediate(resolve));
    vi.advanceTimersByTime(ms);
  }
}
