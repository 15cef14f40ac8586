import { PeerglassError } from '../core/errors.js';

/** @throws PeerglassError E_NO_TTY when there is no terminal to draw on or to read keys from */
export function requireTerminal(): void {
  if (process.stdin.isTTY && process.stdout.isTTY) return;
  throw new PeerglassError(
    'E_NO_TTY',
    'The menu and the dashboards need a terminal, and standard input or output is not one.',
    'Without one: peerglass share --headless, peerglass watch ADDRESS --headless, or peerglass demo --headless --duration 10 --json',
  );
}
