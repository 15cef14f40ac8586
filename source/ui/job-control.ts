/** What the shell's job control does to a program that has the terminal. */
export interface JobEvents {
  /** About to be stopped: the terminal is to be put back, at once. */
  stopping(): void;
  /** Running again, in a terminal that others have used. */
  continued(): void;
}

/** What the program tells its launcher before it is stopped: whoever started it has to be stopped with it. */
const STOP_MESSAGE = 'stop';
/** Whoever is not stopped by then will not be: no shell is there that could have it go on. */
const STOPPED_BY_MS = 500;

/**
 * Stops the program as Ctrl-Z does in other programs, and has it go on when the shell says so (SIGTSTP, SIGCONT). All
 * processes of the job are stopped, those that started this one too: the shell waits for them. The signal's own default
 * stops a process, not SIGSTOP, so that a program that no shell waits for goes on.
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
    // The launcher is told while this process still handles the signal, which another one may follow.
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
