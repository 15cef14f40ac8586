import { closeSync, fstatSync, ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { unixTime } from '../node/clock.js';
import { IN_PLACE, whyUnwritten } from '../node/whole-file.js';

const NOTHING = Buffer.alloc(0);

/**
 * A file of JSON lines that only its user may read. It is opened for each entry, so that a removed folder or a file
 * that another program has moved away is noticed. A FIFO or a device stays open: a reader would take its being closed
 * for the end. It is never waited for.
 */
export class LogFile {
  readonly #file: string;
  /** The descriptor of what is no regular file, else null. */
  readonly #stream: number | null;
  /** The rest of a line that a FIFO has the beginning of. */
  #rest: Buffer = NOTHING;
  #missed = 0;
  #missedFrom = 0;

  /** @throws Error when the file cannot be written */
  constructor(file: string) {
    this.#file = file;
    const descriptor = this.#open();
    this.#stream = fstatSync(descriptor).isFile() ? null : descriptor;
    if (this.#stream === null) closeSync(descriptor);
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
    return openSync(this.#file, IN_PLACE.append, IN_PLACE.mode);
  }

  #write(lines: string): void {
    if (this.#stream !== null) {
      this.#writeInto(this.#stream, lines);
      return;
    }
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

  /** @throws Error of the system, if nothing of the lines was taken */
  #writeInto(descriptor: number, lines: string): void {
    const begun = this.#rest.length;
    const bytes = Buffer.concat([this.#rest, Buffer.from(lines)]);
    let written = 0;
    this.#rest = NOTHING;
    try {
      while (written < bytes.length) written += writeSync(descriptor, bytes, written);
    } catch (error) {
      const taken = written > begun;
      // Another reader would have no use for half a line.
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN')
        this.#rest = bytes.subarray(written, taken ? bytes.length : begun);
      if (!taken) throw error;
    }
  }
}
