import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Sway as Compositor, startSway as startCompositor } from '../../source/bench/sway.js';
import type { Picture } from './xvfb.js';

const run = promisify(execFile);

/** A real Wayland compositor without hardware, and its tools. */
export interface Sway extends Compositor {
  /** Performs a command of sway(5). */
  command(text: string): Promise<void>;
  /** What a monitor shows, read by a program of its own (grim). */
  screenshot(output: string): Promise<Picture>;
}

/** Starts sway with monitors HEADLESS-1 ... of the given resolutions, side by side. */
export async function startSway(resolutions: readonly string[]): Promise<Sway> {
  const compositor = await startCompositor(resolutions);
  const programs = { env: { ...process.env, ...compositor.environment }, maxBuffer: 1 << 26 };
  return {
    ...compositor,
    async command(text) {
      await run('swaymsg', ['-s', compositor.control, '--', text], programs);
    },
    async screenshot(output) {
      const argv = ['-t', 'ppm', '-o', output, '-'];
      const { stdout } = await run('grim', argv, { ...programs, encoding: 'buffer' });
      return fromPpm(stdout);
    },
  };
}

function fromPpm(file: Buffer): Picture {
  const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(file.subarray(0, 64).toString('latin1'))!;
  const [whole, width, height] = header;
  return { width: Number(width), height: Number(height), rgb: new Uint8Array(file.subarray(whole.length)) };
}
