import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endAllIn, inside, ip, ownName, removeNamespace } from './namespaces.js';
import { ownFolder } from './own-folder.js';

const ROOT = path.dirname(createRequire(import.meta.url).resolve('peerglass/package.json'));
const SOURCE = path.join(ROOT, 'source/bench/cable.c');
/** Both ends are alone on their networks, so every cable has the same addresses (of RFC 2544, for tests). */
const ADDRESSES = ['198.18.0.1', '198.18.0.2'] as const;
const INTERFACE = 'cable0';

/** A cable's properties, each the same in both directions. */
export interface CableSettings {
  /** Mbit/s; 0 for no limit. */
  readonly rate: number;
  /** Milliseconds one way. */
  readonly delay: number;
  /** Percent of the packets. */
  readonly loss: number;
  /** Up to so many more milliseconds of delay, by chance; the order of packets is kept. */
  readonly jitter?: number;
  /** Kilobytes that the bottleneck holds before it drops packets (256). */
  readonly queue?: number;
}

/** One end of a cable: a computer of its own as far as the network goes. */
export interface CableEnd {
  readonly namespace: string;
  readonly address: string;
  /** The command prefix that runs a command there. */
  readonly prefix: readonly string[];
}

/** What this machine lacks for a cable, with what to do about it; null if nothing is missing. */
export function whyNoCable(): string | null {
  if (process.platform !== 'linux') return 'a cable needs Linux';
  if (process.getuid?.() !== 0) return 'a cable needs root, for network namespaces';
  if (!existsSync('/dev/net/tun')) return 'a cable needs /dev/net/tun (the kernel module tun)';
  if (!finds('ip', '-V')) return 'a cable needs ip (Debian: apt-get install iproute2)';
  if (!finds('cc', '--version')) return 'a cable needs a C compiler (Debian: apt-get install gcc libc6-dev)';
  return null;
}

function finds(program: string, question: string): boolean {
  try {
    execFileSync(program, [question], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Two computers on a cable of their own, with a rate, a delay, loss and a queue (see cable.c). A process of its own
 * carries the packets. It removes the namespaces when it ends, and it ends when this process does, even by a crash.
 */
export class Cable {
  readonly sharer: CableEnd;
  readonly viewer: CableEnd;
  readonly #process: ChildProcess;
  readonly #kill: () => void;

  private constructor(ends: readonly [CableEnd, CableEnd], child: ChildProcess) {
    [this.sharer, this.viewer] = ends;
    this.#process = child;
    this.#kill = () => child.kill('SIGTERM');
    process.once('exit', this.#kill);
  }

  /** @throws Error if it cannot be made here; `whyNoCable` knows the usual reasons */
  static async lay({ rate, delay, loss, jitter = 0, queue = 256 }: CableSettings): Promise<Cable> {
    const lacking = whyNoCable();
    if (lacking) throw new Error(lacking);
    const ends = [end(0), end(1)] as const;
    const folder = ownFolder(tmpdir(), 'cable');
    try {
      const program = path.join(folder, 'cable');
      execFileSync('cc', ['-O2', '-o', program, SOURCE, '-lm'], { stdio: ['ignore', 'ignore', 'inherit'] });
      const places = ends.flatMap(({ namespace, address }) => [namespace, address]);
      const settings = Object.entries({ rate, delay, jitter, loss, queue }).flatMap(([name, value]) => [
        `--${name}`,
        String(value),
      ]);
      const child = spawn(program, [...places, ...settings], { stdio: ['ignore', 'pipe', 'pipe'] });
      const cable = new Cable(ends, child);
      await ready(child);
      return cable;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  get ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Text for error messages. */
  readonly said = 'The cable ended.';

  /** Loses every packet; the interfaces notice nothing. */
  pull(): void {
    this.#process.kill('SIGUSR1');
  }

  /** Puts a pulled cable back. */
  plug(): void {
    this.#process.kill('SIGUSR2');
  }

  /** Bytes that an end has sent into the cable, headers included, by its interface's counter. */
  sent({ namespace }: CableEnd): number {
    const [shown] = JSON.parse(ip('-n', namespace, '-j', '-s', 'link', 'show', INTERFACE)) as readonly [LinkFigures];
    return shown.stats64.tx.bytes;
  }

  /** Ends everything that runs at both ends, and removes them. */
  async stop(): Promise<void> {
    process.off('exit', this.#kill);
    for (const { namespace } of [this.sharer, this.viewer]) endAllIn(namespace);
    if (!this.ended) {
      const ended = once(this.#process, 'exit');
      this.#kill();
      await ended;
    }
    // If it was killed, it could not clean up.
    for (const { namespace } of [this.sharer, this.viewer]) removeNamespace(namespace);
  }
}

interface LinkFigures {
  readonly stats64: { readonly tx: { readonly bytes: number } };
}

function end(which: 0 | 1): CableEnd {
  const namespace = ownName();
  return { namespace, address: ADDRESSES[which], prefix: inside(namespace) };
}

function ready(child: ChildProcess): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`the cable could not be made: ${said.trim()}`)));
  });
}
