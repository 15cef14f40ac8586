import { asPeerglassError } from '../core/errors.js';

export interface SwitchedFile {
  /** @throws PeerglassError */
  begin(file: string): Promise<void>;
  /** Completes the file in progress, if there is one. @throws PeerglassError */
  end(): Promise<void>;
  notice(tone: 'warning', text: string, code: string): void;
}

/**
 * Begins and ends the writing of a file in the order of the calls: pressing the key twice begins one and completes it,
 * and a session that closes while a file is being opened completes it then.
 */
export class FileSwitch {
  readonly #file: SwitchedFile;
  #turn: Promise<void> = Promise.resolve();

  constructor(file: SwitchedFile) {
    this.#file = file;
  }

  /** Begins the file that the session was started with. @throws PeerglassError */
  begin(file: string): Promise<void> {
    const begun = this.#turn.then(() => this.#file.begin(file));
    this.#turn = begun.catch(() => {});
    return begun;
  }

  /** Ends the file in progress and begins another; null: only ends it. Never rejects. */
  switchTo(file: string | null): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      try {
        await this.#file.end();
        if (file !== null) await this.#file.begin(file);
      } catch (thrown) {
        const { message, code } = asPeerglassError(thrown);
        this.#file.notice('warning', message, code);
      }
    });
    return this.#turn;
  }
}
