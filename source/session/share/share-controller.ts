import { Worker } from 'node:worker_threads';
import { isOutOfFiles, PeerglassError, tooManyFiles } from '../../core/errors.js';
import { plainData, plainText } from '../../core/plain-text.js';
import type { ShareController, StartShare } from '../app-services.js';
import type { ShareCommand, ShareEvent } from '../messages.js';
import type { ShareOptions } from '../share-options.js';

/** V8's young generation is three semi-spaces. */
const YOUNG_GENERATION_MB = 6;
/** A worker that has not ended this long after the request is terminated. */
const STOP_MS = 4000;
/** The last characters of the worker's output, for the error. */
const STDERR_TAIL = 300;

/** The terminal's side of a share: all work is in a worker thread, so that the terminal never delays frames. */
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
      // Captured, because the terminal belongs to the dashboard.
      stdout: true,
      stderr: true,
      // Almost everything allocated for a frame is garbage at the next one. A larger young generation only holds more
      // garbage.
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
      // Otherwise Node would close descriptors that were handed over to the X server, and whose numbers may have been
      // reused.
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
      else this.#crashed(error instanceof Error ? error.message : String(error));
    });
    this.#exited = new Promise(resolve => {
      this.#worker.once('exit', code => {
        if (this.#stopTimer) clearTimeout(this.#stopTimer);
        this.#crashed(`its thread ended with code ${code}`);
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

  #crashed(how: string): void {
    const output = plainText(this.#stderrTail.replace(/\s+/g, ' ').trim(), STDERR_TAIL);
    const error = new PeerglassError(
      'E_WORKER_DIED',
      `Sharing stopped because of an internal error: ${plainText(how)}.${output ? ` Last output: ${output}` : ''}`,
      'Start sharing again; if it happens again, please report it with this message.',
    );
    this.#end(error);
  }

  #end(error: PeerglassError): void {
    this.#receive({ type: 'ended', error: error.report(), frames: this.#frames });
  }
}

/** Shares until `stop` or an error. The ports are open once `listening` is emitted. */
export const startShare: StartShare = options => startShareIn(new URL('./share-worker.js', import.meta.url), options);

/** Starts a share with another entry point for the thread. */
export function startShareIn(entry: URL, options: ShareOptions): ShareController {
  return new WorkerShare(options, entry);
}
