import {
  type ChildProcess,
  fork,
  type Serializable,
  type SerializationType,
  type StdioOptions,
} from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { plainData, plainText } from '../core/plain-text.js';

/** Characters of standard error to keep, and to show in an error. */
const STDERR_TAIL = { kept: 4000, shown: 200 } as const;
/** Node's stack trace after an abort, which an error leaves out. */
const TRACE = /\s*-{3,} Native stack trace.*/s;
/** How often to query the resident memory: each query takes a millisecond or two. */
const MIN_RSS_MS = 1000;

/** The helper's number for the first descriptor that it inherits. */
export const FIRST_INHERITED = 4;

export interface HelperOptions {
  /** See `programBeside`. */
  readonly program: string;
  readonly arguments?: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly serialization?: SerializationType;
  /** Descriptors for the helper, from FIRST_INHERITED on. */
  readonly inherited: Exclude<StdioOptions, string>;
}

/** A process for a library that may abort its process. */
export class HelperProcess<Answer, Question extends Serializable> {
  readonly #process: ChildProcess;
  readonly #gone: Promise<void>;
  #stderrTail = '';

  /** @param died called once, with the reason: "crashed (SIGABRT); it said: ..." */
  constructor(options: HelperOptions, take: (answer: Answer) => void, died: (how: string) => void) {
    this.#process = fork(options.program, options.arguments ?? [], {
      execArgv: [],
      env: options.environment,
      serialization: options.serialization ?? 'json',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', ...options.inherited],
    });
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#stderrTail = (this.#stderrTail + chunk.toString()).slice(-STDERR_TAIL.kept);
    });
    this.#process.on('message', message => take(plainData(message as Answer)));
    this.#gone = new Promise(resolve => {
      let dead = false;
      const over = (how: string) => {
        if (!dead) died(`${how}${this.said}`);
        dead = true;
        resolve();
      };
      this.#process.once('error', error => over(`cannot be started: ${error.message}`));
      // 'close' comes after the last message and the last line of output.
      this.#process.once('close', (code, signal) => over(signal ? `crashed (${signal})` : `ended with code ${code}`));
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** A process that is dead, or that could not be started, takes nothing. */
  send(question: Question): void {
    if (this.#process.connected) this.#process.send(question, () => {});
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  end(): Promise<void> {
    this.kill();
    return this.#gone;
  }

  /** "; it said: " and the end of its standard error, or nothing. */
  get said(): string {
    const words = this.#stderrTail.replace(TRACE, '').replace(/\s+/g, ' ').trim();
    const said = plainText(words.slice(-STDERR_TAIL.shown));
    return said && `; it said: ${said}`;
  }
}

/**
 * A program beside a module, in dist also if tests run the module from the sources.
 * @param moduleUrl the module's import.meta.url
 * @param name of the built file, e.g. "./child.js"
 */
export function programBeside(moduleUrl: string, name: string): string {
  const file = fileURLToPath(new URL(name, moduleUrl));
  const built = fileURLToPath(new URL(name, moduleUrl.replace(/\/source\/(?!.*\/source\/)/, '/dist/source/')));
  return !existsSync(file) && existsSync(built) ? built : file;
}

/** The resources that the calling process has used so far: milliseconds of CPU time, and resident memory in bytes. */
export function processUse(): () => { readonly cpuMs: number; readonly rssBytes: number } {
  let rssBytes = 0;
  let rssAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - rssAt >= MIN_RSS_MS) {
      rssBytes = process.memoryUsage.rss();
      rssAt = now;
    }
    const { user, system } = process.cpuUsage();
    return { cpuMs: (user + system) / 1000, rssBytes };
  };
}
