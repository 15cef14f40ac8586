import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PeerglassError, tooManyFiles } from '../../core/errors.js';
import { plainData, plainLines, plainText } from '../../core/plain-text.js';
import type { StartWatch, WatchController } from '../app-services.js';
import type { ToChild, WatchCommand, WatchEvent } from '../messages.js';
import type { WatchSnapshot } from '../snapshot.js';
import { ProcessUsage } from '../stats/process-usage.js';
import type { WatchOptions } from '../watch-options.js';

/** Flags of Node's that hold for the child too: profiling, and features of the processor that are not to be used. */
const INHERITED_FLAGS = /^--(cpu-prof|no-enable-)/;

/** Most of what an update allocates is garbage with the next one: a larger nursery holds only more of it. */
const NURSERY = '--max-semi-space-size=2';
/** A child that was told to stop and has not ended by then is killed; a large picture takes long to write. */
const STOP_TIMEOUT_MS = 3000;
const SAVE_TIMEOUT_MS = 30_000;

/** Of what the child printed so much is kept, in characters, to say why it ended. */
const MAX_OUTPUT = 4000;

/** Watches in a child process of its own. */
export const startWatch: StartWatch = options => new ChildController(options);

class ChildController implements WatchController {
  readonly #options: WatchOptions;
  readonly #child: ChildProcess;
  readonly #usage = new ProcessUsage();
  readonly #listeners = new Set<(event: WatchEvent) => void>();
  /** What happened before anybody listened. */
  readonly #early: WatchEvent[] = [];
  readonly #gone: Promise<void>;
  #frames = 0;
  #printed = '';
  #ended = false;
  #stopping = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#child = fork(childEntry(), [], {
      execArgv: [NURSERY, ...process.execArgv.filter(flag => INHERITED_FLAGS.test(flag))],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        const text = plainLines(chunk.toString());
        this.#printed = (this.#printed + text).slice(-MAX_OUTPUT);
        this.#emit({ type: 'output', text });
      });
    }
    this.#child.on('message', message => this.#take(plainData(message as WatchEvent)));
    this.#gone = new Promise(resolve => {
      const over = (code: number | null, signal: string | null) => {
        this.#end(this.#explain(code, signal));
        resolve();
      };
      this.#child.once('error', error => {
        console.error(plainLines(`${error.stack}`));
        over(null, null);
      });
      // `close` comes after the last message and the last line of output.
      this.#child.once('close', over);
    });
    this.#send({ type: 'watch', options: withTerminal(options) });
  }

  send(command: WatchCommand): void {
    if (command.type === 'stop') void this.stop();
    else this.#send(command);
  }

  subscribe(listener: (event: WatchEvent) => void): () => void {
    this.#listeners.add(listener);
    for (const event of this.#early.splice(0)) listener(event);
    return () => this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#send({ type: 'stop' });
    const timeoutMs = this.#options.snapshotFile === null ? STOP_TIMEOUT_MS : SAVE_TIMEOUT_MS;
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), timeoutMs);
    await this.#gone;
    clearTimeout(timer);
  }

  #send(message: ToChild): void {
    // A child that has just died takes nothing; how it died is told by its end.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #take(event: WatchEvent): void {
    if (this.#ended) return;
    if (event.type === 'ended') {
      this.#ended = true;
      void this.#gone.then(() => this.#emit(event));
      return;
    }
    this.#emit(event.type === 'snapshot' ? { type: 'snapshot', snapshot: this.#withOwnUsage(event.snapshot) } : event);
  }

  /** The figures of the session count both processes. */
  #withOwnUsage(snapshot: WatchSnapshot): WatchSnapshot {
    this.#frames = snapshot.frames;
    const cpuPercent = snapshot.cpuPercent + this.#usage.cpuPercent();
    return { ...snapshot, cpuPercent, rssMb: snapshot.rssMb + this.#usage.rssMb() };
  }

  #end(error: PeerglassError | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#emit({ type: 'ended', error: error?.report() ?? null, frames: this.#frames });
  }

  #emit(event: WatchEvent): void {
    if (this.#listeners.size === 0) this.#early.push(event);
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** Why a child ended that did not say so itself. */
  #explain(code: number | null, signal: string | null): PeerglassError | null {
    if (this.#stopping && signal === 'SIGKILL') {
      const { snapshotFile } = this.#options;
      if (snapshotFile === null) return null;
      const message = `The process that watches did not end in time, so ${snapshotFile} may not have been written.`;
      return new PeerglassError('E_SNAPSHOT', message);
    }
    return explainDeath({ code, signal, view: this.#options.view, printed: this.#printed });
  }
}

/** The child cannot see the terminal: it is told how large it is. */
function withTerminal(options: WatchOptions): WatchOptions {
  const { columns, rows } = process.stdout;
  if (options.view !== 'terminal' || options.terminalCells || !columns || !rows) return options;
  return { ...options, terminalCells: { columns, rows } };
}

/** Beside this file in dist; tests may run this file from the sources. */
function childEntry(): string {
  const places = ['./child.js', '../../../dist/source/session/watch/child.js'];
  const files = places.map(place => fileURLToPath(new URL(place, import.meta.url)));
  return files.find(file => existsSync(file)) ?? files[0]!;
}

const FAULT_SIGNALS: ReadonlySet<string> = new Set(['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGABRT', 'SIGTRAP']);
/** Of an error that ended the child, in characters. */
const MAX_ERROR_TEXT = 300;

interface ChildDeath {
  readonly code: number | null;
  readonly signal: string | null;
  readonly view: 'sdl' | 'terminal' | 'none';
  /** The end of what the child printed. */
  readonly printed: string;
}

/** Why a child ended that did not say so itself. */
export function explainDeath({ code, signal, view, printed }: ChildDeath): PeerglassError {
  if (/\bE[MN]FILE\b/.test(printed)) return tooManyFiles();
  if (signal && FAULT_SIGNALS.has(signal)) {
    return new PeerglassError(
      'E_CRASH',
      `The program that shows the picture crashed in a library of this system (${signal}).`,
      `Watch again. If it crashes again, ${view === 'sdl' ? 'watch in the terminal with --view terminal' : 'please report it'};\n--log FILE keeps what it printed.`,
    );
  }
  const thrown = /^\w*Error\b.*$/m.exec(printed)?.[0];
  // libX11 ends the process with code 1 when its server is gone, as Node does after an error that nobody caught.
  if (code === 1 && view === 'sdl' && thrown === undefined) {
    const message = 'The display that the window was on ended, and the window with it.';
    return new PeerglassError('E_DISPLAY_DIED', message, 'Start the display again, then watch again.');
  }
  const how = signal ? `was killed by ${signal}` : `ended by itself (exit status ${code})`;
  const said = thrown === undefined ? '' : ` It said: ${plainText(thrown, MAX_ERROR_TEXT)}`;
  const remedy = 'Watch again. If it happens again, please report it; --log FILE keeps what it printed.';
  return new PeerglassError('E_WORKER_DIED', `The program that shows the picture ${how}.${said}`, remedy);
}
