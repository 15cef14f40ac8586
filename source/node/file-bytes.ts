import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** A file that is read from any place. Its size is looked up once: what is appended later is not seen. */
export class FileBytes {
  readonly size: number;
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.size = size;
  }

  /** @throws Error of the system, or one with the code ENOTREG where it is not a regular file */
  static async open(file: string): Promise<FileBytes> {
    // Opening a FIFO would else wait for its writer.
    const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = await handle.stat();
    if (stat.isFile()) return new FileBytes(handle, stat.size);
    await handle.close();
    throw Object.assign(new Error('it is not a regular file'), { code: stat.isDirectory() ? 'EISDIR' : 'ENOTREG' });
  }

  /** Fewer bytes at the end of the file. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(Math.min(length, this.size - offset), 0);
    const bytes = new Uint8Array(wanted);
    let got = 0;
    while (got < wanted) {
      const { bytesRead } = await this.#handle.read(bytes, got, wanted - got, offset + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    return got === wanted ? bytes : bytes.subarray(0, got);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
