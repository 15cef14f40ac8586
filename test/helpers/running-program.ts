import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** A program that a test needs. The kernel ends it with the test's process. */
export class RunningProgram {
  readonly #name: string;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<void>;
  #output = '';
  #over = false;
  #waiting: (() => void)[] = [];

  /** @param environment added to the test's own; undefined removes a variable */
  constructor(
    name: string,
    argv: readonly string[] = [],
    environment: Readonly<Record<string, string | undefined>> = {},
  ) {
    this.#name = name;
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', name, ...argv], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk;
        this.#wake();
      });
    }
    this.#ended = new Promise(resolve => {
      const end = () => {
        this.#over = true;
        this.#wake();
        resolve();
      };
      this.#child.once('error', end);
      this.#child.once('close', end);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Its output so far. */
  get output(): string {
    return this.#output;
  }

  /** The first match in its output, now or later. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#output);
      if (found) return found;
      if (this.#over) throw new Error(`${this.#name} ended without saying ${pattern}: ${this.#output}`);
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
  }

  kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    return this.#ended;
  }

  /** Ends it with SIGTERM. Safe to call twice. */
  async stop(): Promise<void> {
    if (!this.#over) this.#child.kill('SIGTERM');
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), 2_000);
    await this.#ended;
    clearTimeout(impatience);
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
