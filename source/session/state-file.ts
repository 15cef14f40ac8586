import path from 'node:path';
import { PeerglassError } from '../core/errors.js';
import { readState, writeState } from '../node/state-folder.js';
import { whyUnread, whyUnwritten } from '../node/whole-file.js';

/** Bound on what is believed of a file that anything may have written to. */
const MAX_BYTES = 1024 * 1024;

export type Entries<Entry> = Readonly<Record<string, Entry>>;

interface StateFileOptions<Entry> {
  /** Null where there is no folder: nothing is kept. */
  readonly folder: string | null;
  readonly name: string;
  /** The key under which the entries stand, e.g. "peers"; also what they are called. */
  readonly key: string;
  /** What the file is called in messages, e.g. "known peers". */
  readonly of: string;
  isEntry(value: unknown): value is Entry;
}

/**
 * Entries by name, as JSON in a file that its user alone can read. It is read again each time, because several programs
 * may run at once. A damaged one is an error: nobody is trusted instead of everybody.
 */
export class StateFile<Entry> {
  readonly #options: StateFileOptions<Entry>;

  constructor(options: StateFileOptions<Entry>) {
    this.#options = options;
  }

  get kept(): boolean {
    return this.#options.folder !== null;
  }

  /** @throws PeerglassError E_KNOWN_PEERS */
  read(): Entries<Entry> {
    const file = this.#file;
    if (file === null) return {};
    try {
      const text = readState(file, MAX_BYTES);
      return text === null ? {} : this.#readable(JSON.parse(text));
    } catch (cause) {
      const why = cause instanceof SyntaxError ? 'it is damaged' : whyUnread(cause);
      throw this.unusable(
        `(${file}) cannot be read: ${why}`,
        'Repair the file, or move it away to forget everybody in it.',
        cause,
      );
    }
  }

  /** @throws PeerglassError E_KNOWN_PEERS */
  write(entries: Entries<Entry>): void {
    const file = this.#file;
    if (file === null) return;
    try {
      writeState(file, `${JSON.stringify({ [this.#options.key]: entries }, null, 2)}\n`);
    } catch (cause) {
      throw this.unusable(`(${file}) cannot be written: ${whyUnwritten(cause)}`, '', cause);
    }
  }

  unusable(what: string, remedy: string, cause?: unknown): PeerglassError {
    return new PeerglassError('E_KNOWN_PEERS', `The file of ${this.#options.of} ${what}.`, remedy, { cause });
  }

  get #file(): string | null {
    const { folder, name } = this.#options;
    return folder && path.join(folder, name);
  }

  #readable(value: unknown): Entries<Entry> {
    const { key, isEntry } = this.#options;
    const entries = (value as Record<string, unknown> | null)?.[key];
    if (typeof entries !== 'object' || entries === null) throw new SyntaxError('no entries');
    for (const entry of Object.values(entries)) if (!isEntry(entry)) throw new SyntaxError('no entry');
    return entries as Entries<Entry>;
  }
}
