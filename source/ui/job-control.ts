/** What the shell's job control does to a program that has the terminal. */
export interface JobEvents {
  /** About to be stopped: the terminal is to be put back, at once. */
  stopping(): void;
  /** Running again, in a terminal that others have used. */
  continued(): void;
}

/** Message to the launcher before the program stops: the launcher has to stop with it. */
const STOP_MESSAGE = 'stop';
/** A process that still runs after this time will not stop: there is no shell that could resume it. */
const STOPPED_BY_MS = 500;

/**
 * Stops the program on Ctrl-Z like other programs, and resumes it for the shell (SIGTSTP, SIGCONT). All
 * processes of the job are stopped, those that started this one too: the shell waits for them. The signal's own default
 * stops a process, not SIGSTOP, so that a program without a waiting shell keeps running.
 */
export class JobControl {
  #events: JobEvents | null = null;
  #timer: NodeJS.Timeout | null = null;

  open(events: JobEvents): void {
    this.#events = events;
    process.on('SIGTSTP', this.stop);
    process.on('SIGCONT', this.#continued);
  }

  close(): void {
    this.#events = null;
    if (this.#timer) clearTimeout(this.#timer);
    process.off('SIGTSTP', this.stop);
    process.off('SIGCONT', this.#continued);
  }

  readonly stop = (): void => {
    if (this.#events === null || this.#timer !== null || process.platform === 'win32') return;
    this.#events.stopping();
    this.#timer = setTimeout(this.#continued, STOPPED_BY_MS);
    // Sent while this process still handles the signal: another one may follow.
    if (process.send) process.send(STOP_MESSAGE);
    process.off('SIGTSTP', this.stop);
    if (!process.send) process.kill(0, 'SIGTSTP');
  };

  readonly #continued = (): void => {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    process.off('SIGTSTP', this.stop);
    process.on('SIGTSTP', this.stop);
    this.#events?.continued();
  };
}
