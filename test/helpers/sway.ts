import { execFile, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Picture } from './xvfb.js';

const run = promisify(execFile);
/** No account has it. Sway refuses to run as root. */
const ANYBODY = 4242;
const isRoot = process.getuid?.() === 0;

/** A real Wayland compositor without any hardware, on a socket of its own. */
export interface Sway {
  /** What a program needs to find it. */
  readonly environment: NodeJS.ProcessEnv;
  readonly pid: number;
  /** Performs a command of sway(5). */
  command(text: string): Promise<void>;
  /** What a monitor shows, read by a program of its own (grim). */
  screenshot(output: string): Promise<Picture>;
  /** Ends the compositor and waits until it is gone. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts sway with monitors HEADLESS-1 ... of the given resolutions, side by side. It does not outlive the test's process. */
export async function startSway(resolutions: readonly string[]): Promise<Sway> {
  const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-sway-'));
  const config = path.join(folder, 'config');
  let x = 0;
  const outputs = resolutions.map((resolution, index) => {
    const line = `output HEADLESS-${index + 1} resolution ${resolution} position ${x} 0 scale 1`;
    x += Number.parseInt(resolution, 10);
    return line;
  });
  writeFileSync(config, `${['xwayland disable', 'default_border none', ...outputs].join('\n')}\n`);
  if (isRoot) for (const each of [folder, config]) chownSync(each, ANYBODY, ANYBODY);
  const environment = {
    PATH: process.env.PATH,
    HOME: folder,
    XDG_RUNTIME_DIR: folder,
    WLR_BACKENDS: 'headless',
    WLR_RENDERER: 'pixman',
    WLR_LIBINPUT_NO_DEVICES: '1',
    WLR_HEADLESS_OUTPUTS: String(resolutions.length),
  };
  const user = ['--reuid', String(ANYBODY), '--regid', String(ANYBODY), '--clear-groups'];
  // With scanout a program's own buffer may be shown at any time, after which everything counts as damage.
  const argv = ['--pdeathsig', 'KILL', ...(isRoot ? user : []), 'sway', '-D', 'noscanout', '-c', config];
  const child = spawn('setpriv', argv, { stdio: ['ignore', 'ignore', 'pipe'], env: environment });
  let complaints = '';
  child.stderr.on('data', data => {
    complaints += data;
  });
  const exited = new Promise<void>(resolve => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  const find = (pattern: RegExp) => readdirSync(folder).find(name => pattern.test(name));
  const isUp = () => find(/^wayland-\d+$/) !== undefined && find(/^sway-ipc.*\.sock$/) !== undefined;
  let over = false;
  void exited.then(() => {
    over = true;
  });
  while (!isUp()) {
    if (over) throw new Error(`sway did not start: ${complaints}`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  const session = { WAYLAND_DISPLAY: find(/^wayland-\d+$/)!, XDG_RUNTIME_DIR: folder, XDG_CURRENT_DESKTOP: 'sway' };
  const socket = path.join(folder, find(/^sway-ipc.*\.sock$/)!);
  const programs = { env: { ...process.env, ...session }, maxBuffer: 1 << 26 };
  return {
    environment: session,
    pid: child.pid as number,
    async command(text) {
      await run('swaymsg', ['-s', socket, '--', text], programs);
    },
    async screenshot(output) {
      const argv = ['-t', 'ppm', '-o', output, '-'];
      const { stdout } = await run('grim', argv, { ...programs, encoding: 'buffer' });
      return fromPpm(stdout);
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
      if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function fromPpm(file: Buffer): Picture {
  const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(file.subarray(0, 64).toString('latin1'))!;
  const [whole, width, height] = header;
  return { width: Number(width), height: Number(height), rgb: new Uint8Array(file.subarray(whole.length)) };
}
