import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../../../core/clock.js';
import { PeerglassError } from '../../../core/errors.js';
import { plainText } from '../../../core/plain-text.js';
import type { PublishTarget } from '../../share-options.js';

export interface PublisherParts {
  readonly clock: Clock;
  readonly target: PublishTarget;
  /** The address and port of the broadcast on this machine, and the port on the server. */
  readonly local: string;
  readonly remotePort: number;
  /** The first connection failed. */
  failed(error: PeerglassError): void;
  /** A connection that held has ended, and is tried again. */
  lost(error: PeerglassError): void;
}

/** ssh does not say when the port is forwarded; it ends soon where it cannot be. */
const HELD_MS = 15_000;
const RETRY_MS = { least: 2000, most: 60_000 } as const;
/** How long ssh may take to end. */
const END_MS = 2000;
/** Of what it says the end is kept, and one line of that is told. */
const MOST_TEXT = 4096;
const LONGEST_LINE = 200;

/** The program's arguments: no shell reads them, and what was typed cannot be taken for an option. */
export function sshArguments({ user, host, port }: PublishTarget, remotePort: number, local: string): string[] {
  return [
    ...['-o', 'BatchMode=yes', '-o', 'ExitOnForwardFailure=yes'],
    // A connection that is dead is noticed.
    ...['-o', 'ServerAliveInterval=15'],
    ...['-N', '-R', `127.0.0.1:${remotePort}:${local}`],
    ...(port === null ? [] : ['-p', `${port}`]),
    ...['--', user === null ? host : `${user}@${host}`],
  ];
}

/** Keeps a port of a server forwarded to the broadcast here, by the user's own ssh. */
export class Publisher {
  readonly #parts: PublisherParts;
  #child: ChildProcess | null = null;
  #held = false;
  #retryMs: number = RETRY_MS.least;
  #cancelTimer: () => void = () => {};
  #closed = false;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  start(): void {
    const { clock, target, remotePort, local } = this.#parts;
    const child = spawn('ssh', sshArguments(target, remotePort, local), { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-MOST_TEXT);
    });
    this.#cancelTimer = clock.after(HELD_MS, () => {
      this.#held = true;
      this.#retryMs = RETRY_MS.least;
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) this.#ended(error.code === 'ENOENT' ? 'ssh is not installed' : error.message);
    });
    child.once('close', () => this.#ended(lastLine(said)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer();
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>(resolve => child.once('close', () => resolve()));
    child.kill();
    const cancel = this.#parts.clock.after(END_MS, () => child.kill('SIGKILL'));
    await ended;
    cancel();
  }

  #ended(line: string): void {
    if (this.#child === null || this.#closed) return;
    this.#child = null;
    this.#cancelTimer();
    const { clock, target, failed, lost } = this.#parts;
    const why = line === '' ? 'it said nothing' : line;
    const again = this.#held ? 'It is tried again.' : `Try it by hand: ssh -o BatchMode=yes ${target.host}`;
    const error = new PeerglassError('E_PUBLISH_CONNECT', `ssh to ${target.host} has ended: ${endless(why)}.`, again);
    if (!this.#held) {
      failed(error);
      return;
    }
    lost(error);
    this.#cancelTimer = clock.after(this.#retryMs, () => this.start());
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.most);
  }
}

/** The last line that says something, cut short: text from outside. */
function lastLine(text: string): string {
  const lines = text.split(/\r?\n/).filter(line => line.trim() !== '');
  return plainText((lines.at(-1) ?? '').trim(), LONGEST_LINE);
}

function endless(text: string): string {
  return text.replace(/[.\s]+$/, '');
}
