import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

const SCRIPT = path.join(import.meta.dirname, 'rsa-aes-peer.py');

/** Options of both kinds of peer. */
interface Task {
  /** The security type. */
  readonly type: number;
  readonly password: string;
  /** Bytes of a record. */
  readonly longest?: number;
  readonly bits?: number;
  /** Sends a hash that does not match the keys. */
  readonly wrongHash?: boolean;
}

export interface ServerTask extends Task {
  readonly subtype: 1 | 2;
  readonly width: number;
  readonly height: number;
  /** Bytes of its random number. */
  readonly random: number;
}

/** Its report; the script's fields. */
export interface Found {
  readonly error?: string;
  readonly user?: string;
  readonly password?: string;
  readonly random?: number;
  /** The server key's fingerprint, as shown to users. */
  readonly fingerprint?: string;
  readonly offered?: readonly number[];
  readonly subtype?: number;
  readonly result?: number;
  readonly reason?: string;
  /** BGRX, four bytes per pixel. */
  readonly picture?: string;
}

interface Numbers {
  readonly n: string;
  readonly e: string;
  readonly d: string;
}

const keys = new Map<number, Numbers>();

/** A key in hexadecimal: generating one in plain Python takes seconds. */
function keyOf(bits: number): Numbers {
  const known = keys.get(bits);
  if (known) return known;
  const { n, e, d } = generateKeyPairSync('rsa', { modulusLength: bits }).privateKey.export({ format: 'jwk' });
  const hex = (text = '') => Buffer.from(text, 'base64url').toString('hex');
  const key = { n: hex(n), e: hex(e), d: hex(d) };
  keys.set(bits, key);
  return key;
}

/** The SHA-256 of its public key, by which viewers recognise it. */
export function peerFingerprint(bits = 2048): string {
  const { n, e } = keyOf(bits);
  const length = bits.toString(16).padStart(8, '0');
  return createHash('sha256')
    .update(Buffer.from(length + n + e.padStart(n.length, '0'), 'hex'))
    .digest('hex');
}

/** The independent implementation of RSA-AES, as a child process of a test. */
export class RsaAesPeer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(task: object, bits = 2048) {
    const child = spawn('python3', [SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(`${JSON.stringify({ longest: 8192, key: keyOf(bits), ...task })}\n`);
    this.#child = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  static async server(task: ServerTask): Promise<{ readonly peer: RsaAesPeer; readonly port: number }> {
    const peer = new RsaAesPeer({ role: 'server', ...task }, task.bits);
    const { port } = await peer.#next<{ port: number }>();
    return { peer, port };
  }

  static viewer(task: Task & { readonly port: number }): RsaAesPeer {
    return new RsaAesPeer({ role: 'viewer', ...task }, task.bits);
  }

  found(): Promise<Found> {
    return this.#next<Found>();
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const left = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await left;
  }

  async #next<Answer>(): Promise<Answer> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the Python peer ended');
    return JSON.parse(value) as Answer;
  }
}

/** The colour of the picture that it serves, 0xRRGGBB. */
export function servedPixel(at: number): number {
  return ((at * 2654435761) ^ (at << 7)) & 0xffffff;
}
