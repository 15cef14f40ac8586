import { randomUUID } from 'node:crypto';
import { existsSync, openSync, unlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createMemoryFile } from '../native/shared-file.js';
import { FIRST_INHERITED } from '../node/helper-process.js';

/** A helper's descriptor of the file that hands over pixels. */
export const FRAMES_DESCRIPTOR = FIRST_INHERITED;

/**
 * A file for pixels on their way from or to a helper process: unnamed, in memory (memfd), or an unlinked temporary one
 * where the system has no memfds.
 * @returns its descriptor
 */
export function framesFile(): number {
  const inMemory = createMemoryFile('peerglass frames');
  if (inMemory !== null) return inMemory;
  const folder = existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();
  const name = path.join(folder, `peerglass-frames-${process.pid}-${randomUUID()}`);
  const descriptor = openSync(name, 'wx+', 0o600);
  unlinkSync(name);
  return descriptor;
}
