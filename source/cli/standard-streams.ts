import { closeSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { PeerglassError } from '../core/errors.js';
import { withoutControls } from '../core/plain-text.js';
import { whyUnwritten } from '../node/whole-file.js';

/**
 * The person's standard error. While the terminal UI is on, the launcher keeps descriptor 2 for the log, because native
 * libraries print there over the screen; it then passes the real one on as another descriptor.
 */
const ERROR_DESCRIPTOR = Number(process.env.PEERGLASS_ERROR_DESCRIPTOR ?? 2);

/** Writes a line to standard error at once, even while the process ends. Always one line, whatever names are in it. */
export function tell(line: string): void {
  try {
    writeSync(ERROR_DESCRIPTOR, `${withoutControls(line.replace(/\s*\n\s*/g, ' '))}\n`);
  } catch {
    // Standard error is closed: there is nowhere to report it.
  }
}

/** That standard output takes no more. */
export function unprinted(cause: Error): PeerglassError {
  return new PeerglassError('E_OUTPUT', `Standard output cannot be written: ${whyUnwritten(cause)}.`, '', { cause });
}

/** What a terminal is needed for. */
type NeedsTerminal = 'menu' | 'share' | 'watch' | 'play' | 'demo' | 'picture';

const ALONE = {
  share: 'peerglass share --headless --access code',
  watch: 'peerglass watch ADDRESS --headless',
  play: 'peerglass play FILE --headless',
  demo: 'peerglass demo --headless --duration 10 --json',
};

/** What does without a terminal. */
const WITHOUT: Readonly<Record<NeedsTerminal, string>> = {
  ...ALONE,
  play: `${ALONE.play}, or with --snapshot FILE.png for one picture, or --html OUT.html for a page with its player`,
  menu: Object.values(ALONE)
    .join(', ')
    .replace(/, (?=[^,]*$)/, ', or '),
  picture: '--view none',
};

/** That there is no terminal to draw on or to read keys from. */
export function noTerminal(what: NeedsTerminal): PeerglassError {
  const need = what === 'picture' ? '--view terminal needs' : 'The menu and dashboards need';
  const message = `${need} a terminal; standard input or output is not one.`;
  return new PeerglassError('E_NO_TTY', message, `Without a terminal: ${WITHOUT[what]}`);
}

/** @throws PeerglassError E_NO_TTY */
export function requireTerminal(what: NeedsTerminal): void {
  if (!process.stdin.isTTY || !process.stdout.isTTY) throw noTerminal(what);
}

/**
 * On exit Node restores terminals, and aborts if that fails because the terminal's window was closed: instead of an
 * exit code there would be a crash. Such a terminal is closed before that.
 */
export function leaveGoneTerminalsAlone(): void {
  const terminals = [0, 1, 2].filter(descriptor => isatty(descriptor));
  process.on('exit', () => {
    for (const descriptor of terminals) if (!isatty(descriptor)) closeSync(descriptor);
  });
}
