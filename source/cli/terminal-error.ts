import { writeSync } from 'node:fs';
import { PeerglassError } from '../core/errors.js';
import { withoutControls } from '../core/plain-text.js';
import { whyUnwritten } from '../node/whole-file.js';

/**
 * The person's standard error. While the terminal UI is on, the launcher keeps descriptor 2 for the log, because native
 * libraries print there over the screen; it then passes the real one on as another descriptor.
 */
export const ERROR_DESCRIPTOR = Number(process.env.PEERGLASS_ERROR_DESCRIPTOR ?? 2);

/** Writes a line there at once, also while the process is ending: one line, whatever the names in it are made of. */
export function tell(line: string): void {
  try {
    writeSync(ERROR_DESCRIPTOR, `${withoutControls(line.replace(/\s*\n\s*/g, ' '))}\n`);
  } catch {
    // A closed standard error is nobody's to tell.
  }
}

/** That standard output takes no more. */
export function unprinted(cause: Error): PeerglassError {
  return new PeerglassError('E_OUTPUT', `Standard output cannot be written: ${whyUnwritten(cause)}.`, '', { cause });
}
