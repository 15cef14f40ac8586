import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { processTree } from './system-figures.js';

export interface Command {
  readonly program: string;
  readonly argv: readonly string[];
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

const ENDING_MS = 3000;
const KEPT_TEXT = 2000;

/** All running programs: they end with this process. */
const running = new Set<RunningProcess>();

/** Kills everything that still runs, when the bench is interrupted. */
export function killRunning(): void {
  for (const each of running) for (const pid of each.tree().reverse()) kill(pid);
}

/** A program under test. Its output is kept for error messages, and it never outlives the bench. */
export class RunningProcess {
  readonly pid: number;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<void>;
  #said = '';
  #over = false;

  constructor({ program, argv, environment }: Command) {
    const { WAYLAND_DISPLAY: _, ...inherited } = process.env;
    this.#child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...inherited, ...environment } });
    this.pid = this.#child.pid ?? 0;
    running.add(this);
    const keep = (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString()).slice(-KEPT_TEXT);
    };
    this.#child.stdout.on('data', keep);
    this.#child.stderr.on('data', keep);
    this.#ended = new Promise(resolve => {
      const end = () => {
        this.#over = true;
        running.delete(this);
        resolve();
      };
      this.#child.on('exit', end);
      this.#child.on('error', error => {
        this.#said += error.message;
        end();
      });
    });
  }

  get ended(): boolean {
    return this.#over;
  }

  /** The end of its output. */
  get said(): string {
    return this.#said.trim();
  }

  tree(): number[] {
    return this.#over ? [] : processTree(this.pid);
  }

  async stop(): Promise<void> {
    const tree = this.tree();
    if (!this.#over) this.#child.kill('SIGTERM');
    const timer = setTimeout(() => {
      for (const pid of tree) kill(pid);
    }, ENDING_MS);
    await this.#ended;
    clearTimeout(timer);
    for (const pid of tree.slice(1)) kill(pid);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it had ended
  }
}
