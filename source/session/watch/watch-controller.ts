import { type ChildProcess, fork } from 'node:child_process';
import { PeerglassError, tooManyFiles } from '../../core/errors.js';
import { fileText, plainData, plainLines, plainText } from '../../core/plain-text.js';
import { programBeside } from '../../node/helper-process.js';
import type { Controller, StartPlay, StartWatch } from '../app-services.js';
import type { PlayCommand, PlayEvent, ToChild, WatchCommand, WatchEvent } from '../messages.js';
import { ProcessUsage } from '../stats/process-usage.js';
import type { WatchOptions } from '../watch-options.js';
import { displayClosed } from './viewing.js';

/** Node flags passed on to the child: profiling, and disabled processor features. */
const INHERITED_FLAGS = /^--(cpu-prof|no-enable-)/;

/**
 * Nearly everything that an update allocates is garbage by the next one: a larger young generation would only hold more
 * garbage.
 */
const NURSERY = '--max-semi-space-size=2';
/** A child that has not stopped by then is killed. Writing a large picture takes longer. */
const STOP_TIMEOUT_MS = 3000;
const SAVE_TIMEOUT_MS = 30_000;

/** Characters of the child's output kept to explain its end. */
const MAX_OUTPUT = 4000;

/** Watches in a child process of its own. */
export const startWatch: StartWatch = options =>
  new ChildController<WatchCommand, WatchEvent>({ type: 'watch', options: withTerminal(options) });

/** Plays a recording in a child process of its own. */
export const startPlay: StartPlay = options =>
  new ChildController<PlayCommand, PlayEvent>({ type: 'play-file', options: withTerminal(options) });

/** The message that begins a session. */
type Beginning = Extract<ToChild, { readonly type: 'watch' | 'play-file' }>;
type ChildEvent = WatchEvent | PlayEvent;
type ChildSnapshot = Extract<ChildEvent, { readonly type: 'snapshot' }>['snapshot'];

/** A session in a child process, and its end, however that comes. */
class ChildController<Command extends WatchCommand | PlayCommand, Event extends ChildEvent>
  implements Controller<Command, Event>
{
  readonly #role: 'watch' | 'play';
  readonly #options: Pick<WatchOptions, 'view' | 'snapshotFile'>;
  readonly #child: ChildProcess;
  readonly #usage = new ProcessUsage();
  readonly #listeners = new Set<(event: Event) => void>();
  /** Events from before the first listener. */
  readonly #early: Event[] = [];
  readonly #gone: Promise<void>;
  #frames = 0;
  #printed = '';
  #ended = false;
  #stopping = false;

  constructor(beginning: Beginning) {
    this.#role = beginning.type === 'watch' ? 'watch' : 'play';
    this.#options = beginning.options;
    this.#child = fork(programBeside(import.meta.url, './child.js'), [], {
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
    this.#child.on('message', message => this.#take(plainData(message as ChildEvent)));
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
    this.#send(beginning);
  }

  send(command: Command): void {
    if (command.type === 'stop') void this.stop();
    else this.#send(command);
  }

  subscribe(listener: (event: Event) => void): () => void {
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
    // A child that has just died takes no messages; `#end` explains its death.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #take(event: ChildEvent): void {
    if (this.#ended) return;
    if (event.type === 'ended') {
      this.#ended = true;
      void this.#gone.then(() => this.#emit(event));
      return;
    }
    if (event.type !== 'snapshot') this.#emit(event);
    else this.#emit({ type: 'snapshot', snapshot: this.#withOwnUsage(event.snapshot) } as ChildEvent);
  }

  /** CPU and memory of both processes. */
  #withOwnUsage(snapshot: ChildSnapshot): ChildSnapshot {
    this.#frames = snapshot.frames;
    const cpuPercent = snapshot.cpuPercent + this.#usage.cpuPercent();
    return { ...snapshot, cpuPercent, rssMb: snapshot.rssMb + this.#usage.rssMb() };
  }

  #end(error: PeerglassError | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#emit({ type: 'ended', error: error?.report() ?? null, frames: this.#frames });
  }

  #emit(event: ChildEvent): void {
    // The child sends those of the session that it was begun with.
    const own = event as Event;
    if (this.#listeners.size === 0) this.#early.push(own);
    for (const listener of [...this.#listeners]) listener(own);
  }

  /** Explains the end of a child that did not report an error itself. */
  #explain(code: number | null, signal: string | null): PeerglassError | null {
    if (this.#stopping && signal === 'SIGKILL') {
      const { snapshotFile } = this.#options;
      if (snapshotFile === null) return null;
      const message = `The viewer process did not stop in time; ${fileText(snapshotFile)} may not have been written.`;
      return new PeerglassError('E_SNAPSHOT', message);
    }
    return explainDeath({ role: this.#role, code, signal, view: this.#options.view, printed: this.#printed });
  }
}

/** The child has no terminal, so it is given the size. */
function withTerminal<Options extends Pick<WatchOptions, 'view' | 'terminalCells'>>(options: Options): Options {
  const { columns, rows } = process.stdout;
  if (options.view !== 'terminal' || options.terminalCells || !columns || !rows) return options;
  return { ...options, terminalCells: { columns, rows } };
}

const FAULT_SIGNALS: ReadonlySet<string> = new Set(['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGABRT', 'SIGTRAP']);
/** Characters of the error that ended the child. */
const MAX_ERROR_TEXT = 300;

interface ChildDeath {
  /** The command that is to be given again. */
  readonly role: 'watch' | 'play';
  readonly code: number | null;
  readonly signal: string | null;
  readonly view: 'sdl' | 'terminal' | 'none';
  /** The end of what the child printed. */
  readonly printed: string;
}

/** Explains the end of a child that did not report an error itself. */
export function explainDeath({ role, code, signal, view, printed }: ChildDeath): PeerglassError {
  const again = role === 'watch' ? 'Watch again' : 'Play it again';
  if (/\bE[MN]FILE\b/.test(printed)) return tooManyFiles();
  if (signal && FAULT_SIGNALS.has(signal)) {
    return new PeerglassError(
      'E_CRASH',
      `The viewer process crashed in a system library (${signal}).`,
      `${again}. If it crashes again, ${view === 'sdl' ? `${role} in the terminal with --view terminal` : 'please report it'};\n--log FILE keeps its output.`,
    );
  }
  const thrown = /^\w*Error\b.*$/m.exec(printed)?.[0];
  // libX11 exits with status 1 when it loses its server, as Node does after an uncaught error.
  if (code === 1 && view === 'sdl' && thrown === undefined) return displayClosed(role);
  const how = signal ? `was killed by ${signal}` : `exited unexpectedly (status ${code})`;
  const said = thrown === undefined ? '' : ` Its last error: ${plainText(thrown, MAX_ERROR_TEXT)}`;
  const remedy = `${again}. If it happens again, please report it; --log FILE keeps its output.`;
  return new PeerglassError('E_WORKER_DIED', `The viewer process ${how}.${said}`, remedy);
}
