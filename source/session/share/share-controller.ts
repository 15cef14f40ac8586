import { Worker } from 'node:worker_threads';
import { isOutOfFiles, PeerglassError, tooManyFiles } from '../../core/errors.js';
import { plainData, plainText } from '../../core/plain-text.js';
import type { ShareController, StartShare } from '../app-services.js';
import type { ShareCommand, ShareEvent } from '../messages.js';
import type { ShareOptions } from '../share-options.js';

/** Three times the size of a semi-space of V8. */
const YOUNG_GENERATION_MB = 6;
/** A worker that does not end by itself within this, though asked to, is ended. */
const STOP_MS = 4000;
/** What a dying worker said last, for the error. */
const STDERR_TAIL = 300;

/** The share as the terminal's side has it: a worker thread and nothing else, so that the terminal never holds frames up. */
class WorkerShare implements ShareController {
  readonly #worker: Worker;
  readonly #listeners = new Set<(event: ShareEvent) => void>();
  readonly #exited: Promise<void>;
  #ended = false;
  #frames = 0;
  #stderrTail = '';
  #stopTimer: NodeJS.Timeout | null = null;

  constructor(options: ShareOptions, entry: URL) {
    this.#worker = new Worker(entry, {
      workerData: options,
      name: 'peerglass share',
      // Kept off the terminal, which belongs to the dashboard.
      stdout: true,
      stderr: true,
      // Almost everything that a frame allocates is garbage with the next one: a larger nursery holds only more of it.
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
      // Node would close descriptors that were handed over to the X server meanwhile, by then perhaps somebody else's.
      trackUnmanagedFds: false,
    });
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#stderrTail = (this.#stderrTail + chunk.toString()).slice(-STDERR_TAIL);
      });
    }
    this.#worker.on('message', (event: ShareEvent) => this.#receive(plainData(event)));
    this.#worker.on('error', error => {
      if (isOutOfFiles(error)) this.#end(tooManyFiles());
      else this.#died(error instanceof Error ? error.message : String(error));
    });
    this.#exited = new Promise(resolve => {
      this.#worker.once('exit', code => {
        if (this.#stopTimer) clearTimeout(this.#stopTimer);
        this.#died(`its thread ended with code ${code}`);
        resolve();
      });
    });
  }

  send(command: ShareCommand): void {
    if (command.type === 'stop') void this.stop();
    else if (!this.#ended) this.#worker.postMessage(command);
  }

  subscribe(listener: (event: ShareEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stop(): Promise<void> {
    if (!this.#ended) {
      this.#worker.postMessage({ type: 'stop' } satisfies ShareCommand);
      this.#endSoon();
    }
    return this.#exited;
  }

  #receive(event: ShareEvent): void {
    if (this.#ended) return;
    if (event.type === 'snapshot') this.#frames = event.snapshot.frames;
    if (event.type === 'ended') {
      this.#ended = true;
      this.#endSoon();
    }
    for (const listener of [...this.#listeners]) listener(event);
  }

  #endSoon(): void {
    this.#stopTimer ??= setTimeout(() => void this.#worker.terminate(), STOP_MS);
  }

  #died(how: string): void {
    const words = plainText(this.#stderrTail.replace(/\s+/g, ' ').trim(), STDERR_TAIL);
    const error = new PeerglassError(
      'E_WORKER_DIED',
      `Sharing ended by a fault in peerglass: ${plainText(how)}.${words ? ` It said: ${words}` : ''}`,
      'Share again; if it happens again, please report it with this message.',
    );
    this.#end(error);
  }

  #end(error: PeerglassError): void {
    this.#receive({ type: 'ended', error: error.report(), frames: this.#frames });
  }
}

/** Shares until `stop`, or until it fails. The ports are open once `listening` is told. */
export const startShare: StartShare = options => startShareIn(new URL('./share-worker.js', import.meta.url), options);

/** The same with another program in the thread. */
export function startShareIn(entry: URL, options: ShareOptions): ShareController {
  return new WorkerShare(options, entry);
}
