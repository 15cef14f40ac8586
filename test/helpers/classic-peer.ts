import { type ChildProcessByStdio, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Size } from '../../source/core/rectangle.js';

const SCRIPT = path.join(import.meta.dirname, 'classic-peer.py');

/** The stand-in's report about one frame; see classic-peer.py. */
export interface PeerFrame {
  readonly frame: number;
  readonly size: number;
  readonly crc: number;
  readonly time: number;
}

export interface PeerEvent {
  readonly event: 'listening' | 'viewer' | 'connected' | 'closed' | 'error';
  readonly port?: number;
  readonly address?: string;
  readonly text?: string;
}

export interface WatchingPeerOptions {
  readonly port: number;
  readonly size: Size;
  readonly frames?: number;
  /** Seconds of sleep after each frame. */
  readonly delay?: number;
  /** Reads at most this many bytes per second. */
  readonly rate?: number;
  readonly receiveBuffer?: number;
  /** File for the last frame. */
  readonly ppm?: string;
  /** Shows a pygame window on that display instead of printing a line per frame. */
  readonly display?: string;
}

export interface SharingPeerOptions {
  readonly size: Size;
  readonly port?: number;
  readonly frames?: number;
  readonly delay?: number;
  readonly level?: number;
  /** PPM files to send one after the other; without them a synthetic picture. */
  readonly ppm?: readonly string[];
}

/** The Python stand-in for the original program, as a child process of a test. */
export class ClassicPeer {
  readonly frames: PeerFrame[] = [];
  readonly events: PeerEvent[] = [];
  /** Its standard error, for the message of a failed test. */
  errors = '';
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  #exited = false;
  #waiting: (() => void)[] = [];

  private constructor(argv: readonly string[], environment: NodeJS.ProcessEnv) {
    this.#child = spawn('python3', ['-u', SCRIPT, ...argv], { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
    createInterface({ input: this.#child.stdout }).on('line', line => this.#take(line));
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    this.ended = new Promise(resolve => {
      this.#child.on('close', code => {
        this.#exited = true;
        this.#wake();
        resolve(code);
      });
    });
  }

  static watch(options: WatchingPeerOptions): ClassicPeer {
    const environment = options.display === undefined ? process.env : { ...process.env, DISPLAY: options.display };
    const argv = ['watch', '--port', String(options.port), '--size', `${options.size.width}x${options.size.height}`];
    const numbers = { frames: options.frames, delay: options.delay, rate: options.rate };
    for (const [name, value] of Object.entries(numbers)) if (value !== undefined) argv.push(`--${name}`, String(value));
    if (options.receiveBuffer !== undefined) argv.push('--receive-buffer', String(options.receiveBuffer));
    if (options.ppm !== undefined) argv.push('--ppm', options.ppm);
    if (options.display !== undefined) argv.push('--window');
    return new ClassicPeer(argv, environment);
  }

  /** Resolves once it listens. */
  static async share(options: SharingPeerOptions): Promise<{ peer: ClassicPeer; port: number }> {
    const argv = ['share', '--size', `${options.size.width}x${options.size.height}`];
    const numbers = { port: options.port, frames: options.frames, delay: options.delay, level: options.level };
    for (const [name, value] of Object.entries(numbers)) if (value !== undefined) argv.push(`--${name}`, String(value));
    if (options.ppm) argv.push('--ppm', options.ppm.join(','));
    const peer = new ClassicPeer(argv, process.env);
    await peer.until(() => peer.events.some(({ event }) => event === 'listening'));
    return { peer, port: peer.events.find(({ event }) => event === 'listening')?.port ?? 0 };
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get lastFrame(): PeerFrame | undefined {
    return this.frames.at(-1);
  }

  /** Resolves when the condition holds; it is checked after each line. Rejects if the peer ends before. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#exited) {
        const reason = this.events.find(({ event }) => event === 'error')?.text ?? this.errors;
        throw new Error(`The Python peer ended after ${this.frames.length} frames. ${reason}`);
      }
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
  }

  /** Resolves after `count` more frames. */
  moreFrames(count: number): Promise<void> {
    const target = this.frames.length + count;
    return this.until(() => this.frames.length >= target);
  }

  /** Suspends it (SIGSTOP), with its connection open, until `resume`. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    if (!this.#exited) this.#child.kill('SIGKILL');
    await this.ended;
  }

  #take(line: string): void {
    const said = JSON.parse(line) as PeerFrame | PeerEvent;
    if ('frame' in said) this.frames.push(said);
    else this.events.push(said);
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
