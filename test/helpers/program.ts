import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { ShareSnapshot, Snapshot, WatchSnapshot } from '../../source/session/snapshot.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** The launcher that `bin` in package.json names. */
export const PROGRAM = path.join(ROOT, 'bin/peerglass.cjs');

/** For a share that anybody on this machine may watch by rfb, at a port picked by the system. */
export const OPEN_ON_LOOPBACK = ['--access', 'open', '--rfb-port', '0', '--no-web', '--bind', '127.0.0.1'] as const;

/** The built program as a child process: its output, and its snapshots if it runs with --json. */
export class Program {
  readonly lines: string[] = [];
  readonly told: string[] = [];
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  #over = false;
  #waiting: (() => void)[] = [];

  /**
   * @param environment added to the test's own; undefined removes a variable
   * @param prefix a command prefix, e.g. to run it in a network namespace
   * @param nodeFlags flags for Node; the program then runs without the launcher
   */
  constructor(
    argv: readonly string[],
    environment: Readonly<Record<string, string | undefined>> = {},
    prefix: readonly string[] = [],
    nodeFlags: readonly string[] = [],
  ) {
    if (!existsSync(path.join(ROOT, 'dist/cli.js'))) throw new Error('There is no build: node scripts/build.mjs');
    const entry = nodeFlags.length === 0 ? PROGRAM : path.join(ROOT, 'dist/cli.js');
    const [program, ...rest] = [...prefix, process.execPath, ...nodeFlags, entry, ...argv];
    this.#child = spawn(program!, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    createInterface({ input: this.#child.stdout }).on('line', line => this.#take(this.lines, line));
    createInterface({ input: this.#child.stderr }).on('line', line => this.#take(this.told, line));
    this.ended = new Promise(resolve => {
      this.#child.on('close', code => {
        this.#over = true;
        this.#wake();
        resolve(code);
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get snapshots(): Snapshot[] {
    return this.lines.filter(line => line.startsWith('{')).map(line => JSON.parse(line) as Snapshot);
  }

  get shareSnapshots(): ShareSnapshot[] {
    return this.snapshots.filter((snapshot): snapshot is ShareSnapshot => snapshot.role === 'share');
  }

  get watchSnapshots(): WatchSnapshot[] {
    return this.snapshots.filter((snapshot): snapshot is WatchSnapshot => snapshot.role === 'watch');
  }

  /** Resolves with the port of a share once it listens. */
  async port(wire: 'classic' | 'rfb'): Promise<number> {
    const pattern = new RegExp(`listening \\(${wire}\\): peerglass watch \\S*?:(\\d+)( |$)`);
    const line = await this.untilTold(pattern);
    return Number(pattern.exec(line)?.[1]);
  }

  /** Resolves with the first line on standard error that matches. */
  async untilTold(pattern: RegExp): Promise<string> {
    const found = () => this.told.find(line => pattern.test(line));
    await this.until(() => found() !== undefined, `a line like ${pattern}`);
    return found()!;
  }

  /** Resolves when the condition holds; it is checked after each line. */
  async until(condition: () => boolean, what = 'what the test waits for'): Promise<void> {
    while (!condition()) {
      if (this.#over) throw new Error(`peerglass ended before ${what}. ${this.told.join(' / ')}`);
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it with SIGTERM and returns its exit code. */
  async stop(): Promise<number | null> {
    if (!this.#over) this.#child.kill('SIGTERM');
    return this.ended;
  }

  #take(to: string[], line: string): void {
    to.push(line);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
