import type { ErrorCode } from './error-codes.js';

/** An error as it crosses a thread, a process or a log: plain data. */
export interface ErrorReport {
  readonly code: ErrorCode;
  /** What happened, in one sentence. */
  readonly message: string;
  /** What the user can do, in one or more short lines. Empty when nothing can be done. */
  readonly remedy: string;
  /** Of a question: what a yes has to name, e.g. the fingerprint of a certificate. */
  readonly about?: string | undefined;
}

/** Every error that a user can meet: a stable code, what happened, and what to do. */
export class PeerglassError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly about: string | undefined;

  constructor(code: ErrorCode, message: string, remedy = '', options?: ErrorOptions & Pick<ErrorReport, 'about'>) {
    super(message, options);
    this.name = 'PeerglassError';
    this.code = code;
    this.remedy = remedy;
    this.about = options?.about;
  }

  report(): ErrorReport {
    const { code, message, remedy, about } = this;
    return about === undefined ? { code, message, remedy } : { code, message, remedy, about };
  }

  static from({ code, message, remedy, about }: ErrorReport): PeerglassError {
    return new PeerglassError(code, message, remedy, about === undefined ? undefined : { about });
  }
}

/** Whether the cause is the process's or system's limit on open files and connections. */
export function isOutOfFiles(thrown: unknown): boolean {
  return thrown instanceof Error && /^E[MN]FILE$|^UV_2[34]$/.test(String('code' in thrown ? thrown.code : ''));
}

export function tooManyFiles(cause?: unknown): PeerglassError {
  const message = 'The system lets this program open no more files and connections.';
  const remedy = 'Raise the limit (ulimit -n 1024 in the shell, LimitNOFILE= in a service), then start again.';
  return new PeerglassError('E_TOO_MANY_FILES', message, remedy, { cause });
}

/** Whether an array buffer could not be allocated. (PixelMemory itself throws `outOfMemory`.) */
function isOutOfMemory(thrown: unknown): boolean {
  return thrown instanceof RangeError && /allocation failed/i.test(thrown.message);
}

export function outOfMemory(cause: unknown): PeerglassError {
  const message = 'There is not enough memory.';
  const remedy = 'Close other programs, or have a smaller picture shared: one monitor, a window or a region.';
  return new PeerglassError('E_MEMORY', message, remedy, { cause });
}

const FAULT = 'Try again; if it happens again, please report it with this message.';

/** Converts any thrown value to a PeerglassError; one without a code becomes E_INTERNAL with its cause. */
export function asPeerglassError(thrown: unknown): PeerglassError {
  if (thrown instanceof PeerglassError) return thrown;
  if (isOutOfFiles(thrown)) return tooManyFiles(thrown);
  if (isOutOfMemory(thrown)) return outOfMemory(thrown);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const end = /[.!?…]$/.test(message) ? '' : '.';
  return new PeerglassError('E_INTERNAL', `A fault in peerglass: ${message}${end}`, FAULT, { cause: thrown });
}

/** `E_CODE: what happened. What to do.` on one line, for standard error. */
export function oneLine(error: ErrorReport): string {
  // Indented lines are a list.
  const remedy = error.remedy.replace(/:\n +/g, ': ').replace(/\n +/g, '; ').replace(/\s+/g, ' ');
  return `${error.code}: ${error.message}${remedy ? ` ${remedy}` : ''}`;
}
