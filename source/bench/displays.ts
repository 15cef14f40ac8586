import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { Size } from '../core/rectangle.js';
import { ownFolder } from './own-folder.js';
import { startSway } from './sway.js';

/** A display whose picture is in a file: a virtual X server (Xvfb), or a Wayland compositor that the painter fills. */
export interface VirtualDisplay {
  readonly kind: 'x11' | 'wayland';
  /** As DISPLAY takes it, or the path of the compositor's socket. */
  readonly name: string;
  /** The folder of the picture's file. */
  readonly folder: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A folder in memory (tmpfs). */
const IN_MEMORY = '/dev/shm';

export async function startDisplay({ width, height }: Size): Promise<VirtualDisplay> {
  const parent = process.platform === 'linux' ? IN_MEMORY : tmpdir();
  const folder = ownFolder(parent, 'bench');
  const screen = `${width}x${height}x24`;
  const argv = [
    '-displayfd',
    '3',
    '-screen',
    '0',
    screen,
    '-fbdir',
    folder,
    '-nolisten',
    'tcp',
    '-noreset',
    '-nocursor',
  ];
  // The kernel ends it with this process, even if that is killed.
  const leash = process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'KILL'] : [];
  const [program = '', ...words] = [...leash, 'Xvfb', ...argv];
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const clean = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', clean);
  const number = await readDisplayNumber(child);
  return {
    kind: 'x11',
    name: `:${number}`,
    folder,
    pid: child.pid ?? 0,
    async stop() {
      const ended = new Promise(resolve => child.once('exit', resolve));
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await ended;
      }
      process.off('exit', clean);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts sway with one monitor. The painter's picture counts as its content. */
export async function startWaylandDisplay({ width, height }: Size): Promise<VirtualDisplay> {
  const folder = ownFolder(IN_MEMORY, 'bench');
  const sway = await startSway([`${width}x${height}`]);
  const { WAYLAND_DISPLAY, XDG_RUNTIME_DIR } = sway.environment;
  return {
    kind: 'wayland',
    name: path.join(XDG_RUNTIME_DIR, WAYLAND_DISPLAY),
    folder,
    pid: sway.pid,
    async stop() {
      await sway.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function readDisplayNumber(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = '';
    (child.stdio[3] as Readable).on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.endsWith('\n')) resolve(Number.parseInt(text, 10));
    });
    child.once('error', error => reject(new Error(`Xvfb cannot be started: ${error.message}`)));
    child.once('exit', () => reject(new Error('Xvfb ended before it was ready')));
  });
}
