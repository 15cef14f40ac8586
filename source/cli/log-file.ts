import { closeSync, fstatSync, ftruncateSync, openSync, writeFileSync } from 'node:fs';
import { unixTime } from '../node/clock.js';
import { whyUnwritten } from '../node/whole-file.js';

/**
 * A file of JSON lines that only its user may read. It is opened for each entry, so that a removed folder or a file
 * that another program has moved away is noticed.
 */
export class LogFile {
  readonly #file: string;
  #missed = 0;
  #missedFrom = 0;

  /** @throws Error when the file cannot be written */
  constructor(file: string) {
    this.#file = file;
    closeSync(this.#open());
  }

  /** Entries that could not be written, not yet reported in the file. */
  get missed(): number {
    return this.#missed;
  }

  /** @returns what to tell the person when a gap begins here, else null */
  append(entry: object): string | null {
    const gap = this.#missed > 0 ? [{ type: 'gap', from: this.#missedFrom, t: unixTime(), missed: this.#missed }] : [];
    try {
      this.#write([...gap, entry].map(line => `${JSON.stringify(line)}\n`).join(''));
      this.#missed = 0;
      return null;
    } catch (error) {
      if (this.#missed++ > 0) return null;
      this.#missedFrom = unixTime();
      return `The log cannot be written and has a gap from now on: ${whyUnwritten(error)}.`;
    }
  }

  #open(): number {
    return openSync(this.#file, 'a', 0o600);
  }

  #write(lines: string): void {
    const descriptor = this.#open();
    try {
      const before = fstatSync(descriptor);
      try {
        writeFileSync(descriptor, lines);
      } catch (error) {
        // Half a line would spoil the next one.
        if (before.isFile()) ftruncateSync(descriptor, before.size);
        throw error;
      }
    } finally {
      closeSync(descriptor);
    }
  }
}
