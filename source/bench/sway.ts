import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { chownSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { ownFolder } from './own-folder.js';

/** No account has it. Sway refuses to run as root. */
const ANYBODY = 4242;
const POLL_MS = 10;

/** A Wayland compositor without hardware, in a folder of its own. */
export interface Sway {
  /** The variables by which programs find it. */
  readonly environment: Readonly<Record<'WAYLAND_DISPLAY' | 'XDG_RUNTIME_DIR' | 'XDG_CURRENT_DESKTOP', string>>;
  /** The socket that swaymsg uses. */
  readonly control: string;
  readonly pid: number;
  /** Ends the compositor and waits until it is gone. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts sway with monitors HEADLESS-1, HEADLESS-2 ... of the given resolutions ("640x480") side by side. The kernel ends
 * it with this process.
 */
export async function startSway(resolutions: readonly string[]): Promise<Sway> {
  const folder = ownFolder(tmpdir(), 'sway');
  const config = path.join(folder, 'config');
  writeFileSync(config, configuration(resolutions));
  const isRoot = process.getuid?.() === 0;
  if (isRoot) for (const each of [folder, config]) chownSync(each, ANYBODY, ANYBODY);
  const user = ['--reuid', String(ANYBODY), '--regid', String(ANYBODY), '--clear-groups'];
  // With scanout a program's own buffer may be shown at any time, after which everything counts as damage.
  const argv = ['--pdeathsig', 'KILL', ...(isRoot ? user : []), 'sway', '-D', 'noscanout', '-c', config];
  const child = spawn('setpriv', argv, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      XDG_RUNTIME_DIR: folder,
      WLR_BACKENDS: 'headless',
      WLR_RENDERER: 'pixman',
      WLR_LIBINPUT_NO_DEVICES: '1',
      WLR_HEADLESS_OUTPUTS: String(resolutions.length),
    },
  });
  const ended = new Promise<void>(resolve => child.once('error', () => resolve()).once('exit', () => resolve()));
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const [socket, control] = await sockets(child, folder, ended);
  return {
    environment: { WAYLAND_DISPLAY: socket, XDG_RUNTIME_DIR: folder, XDG_CURRENT_DESKTOP: 'sway' },
    control: path.join(folder, control),
    pid: child.pid ?? 0,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) kill();
      await ended;
      process.off('exit', kill);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(resolutions: readonly string[]): string {
  let x = 0;
  const outputs = resolutions.map((resolution, index) => {
    const line = `output HEADLESS-${index + 1} resolution ${resolution} position ${x} 0 scale 1`;
    x += Number.parseInt(resolution, 10);
    return line;
  });
  return `${['xwayland disable', 'default_border none', ...outputs].join('\n')}\n`;
}

/** The names of its sockets, once it listens. @throws Error when it ends first */
async function sockets(
  child: ChildProcessByStdio<null, null, Readable>,
  folder: string,
  ended: Promise<void>,
): Promise<[wayland: string, control: string]> {
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  let over = false;
  void ended.then(() => {
    over = true;
  });
  for (;;) {
    const names = readdirSync(folder);
    const wayland = names.find(name => /^wayland-\d+$/.test(name));
    const control = names.find(name => /^sway-ipc.*\.sock$/.test(name));
    if (wayland && control) return [wayland, control];
    if (over) throw new Error(`sway did not start: ${complaints}`);
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
}
