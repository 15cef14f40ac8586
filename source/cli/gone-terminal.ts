import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

/**
 * When it ends, Node puts terminals back as they were, and aborts where that fails because the window of the terminal was
 * closed: instead of an exit code there would be a crash. Such a terminal is let go of before that.
 */
export function leaveGoneTerminalsAlone(): void {
  const terminals = [0, 1, 2].filter(descriptor => isatty(descriptor));
  process.on('exit', () => {
    for (const descriptor of terminals) if (!isatty(descriptor)) closeSync(descriptor);
  });
}
