import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeWholeSync } from './whole-file.js';

/**
 * Writes a file that its owner alone can read, unless there is one already, in a folder that only they can enter.
 * @returns whether it was written: if not, another program was faster
 * @throws Error of the system
 */
export function writeFirst(file: string, content: string): boolean {
  const own = `${file}.${randomBytes(8).toString('hex')}`;
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeWholeSync(own, content);
  try {
    // Unlike a rename, a link does not replace what is there.
    linkSync(own, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') {
      renameSync(own, file); // There are no links on that file system.
      return true;
    }
    rmSync(own, { force: true });
    return false;
  }
  rmSync(own, { force: true });
  return true;
}
