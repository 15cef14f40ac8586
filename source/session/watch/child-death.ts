import { PeerglassError, tooManyFiles } from '../../core/errors.js';
import { plainText } from '../../core/plain-text.js';

const FAULT_SIGNALS: ReadonlySet<string> = new Set(['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGABRT', 'SIGTRAP']);
/** Of an error that ended the child, in characters. */
const LAST_WORDS = 300;

export interface ChildDeath {
  readonly code: number | null;
  readonly signal: string | null;
  readonly view: 'sdl' | 'terminal' | 'none';
  /** The end of what the child printed. */
  readonly printed: string;
}

/** Why a child ended that did not say so itself. */
export function explainDeath({ code, signal, view, printed }: ChildDeath): PeerglassError {
  if (/\bE[MN]FILE\b/.test(printed)) return tooManyFiles();
  if (signal && FAULT_SIGNALS.has(signal)) {
    return new PeerglassError(
      'E_CRASH',
      `The program that shows the picture crashed in a library of this system (${signal}).`,
      `Watch again. If it crashes again, ${view === 'sdl' ? 'watch in the terminal with --view terminal' : 'please report it'};\n--log FILE keeps what it printed.`,
    );
  }
  const thrown = /^\w*Error\b.*$/m.exec(printed)?.[0];
  // libX11 ends the process with code 1 when its server is gone, as Node does after an error that nobody caught.
  if (code === 1 && view === 'sdl' && thrown === undefined) {
    const message = 'The display that the window was on ended, and the window with it.';
    return new PeerglassError('E_DISPLAY_DIED', message, 'Start the display again, then watch again.');
  }
  const how = signal ? `was killed by ${signal}` : `ended by itself (exit status ${code})`;
  const said = thrown === undefined ? '' : ` It said: ${plainText(thrown, LAST_WORDS)}`;
  const remedy = 'Watch again. If it happens again, please report it; --log FILE keeps what it printed.';
  return new PeerglassError('E_WORKER_DIED', `The program that shows the picture ${how}.${said}`, remedy);
}
