/** A session of the terminal UI, or two of them (a demo). */
export interface UiSession {
  stop(): Promise<void>;
  /** What it came to, in a few lines for the shell. */
  farewell(): readonly string[];
}

/** As many of the last sessions are told of. */
const MOST_TOLD = 3;

/** The sessions that run, so that they are ended whichever way the program leaves, and what there is to say of all. */
export class SessionSet {
  readonly #running = new Set<UiSession>();
  #told: UiSession[] = [];

  add(session: UiSession): void {
    this.#running.add(session);
    this.#told = [...this.#told, session].slice(-MOST_TOLD);
  }

  /** Ends one in the background. @param told whether it has a farewell: not where another takes its place */
  end(session: UiSession, told: 'told' | 'untold' = 'told'): void {
    if (told === 'untold') this.#told = this.#told.filter(each => each !== session);
    void session.stop().finally(() => this.#running.delete(session));
  }

  /** Never rejects. */
  async stopAll(): Promise<void> {
    await Promise.allSettled([...this.#running].map(session => session.stop()));
  }

  farewell(): string[] {
    return this.#told.flatMap(session => session.farewell());
  }
}
