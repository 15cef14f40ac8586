import { execFileSync } from 'node:child_process';
import type { Rectangle } from '../../source/core/rectangle.js';

/** The inner area of the window whose title starts so, according to independent programs; null if there is none. */
export function findWindow(display: string, title: string): (Rectangle & { readonly id: string }) | null {
  const env = { ...process.env, DISPLAY: display };
  const run = (program: string, args: readonly string[]) => {
    try {
      return execFileSync(program, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    } catch {
      return '';
    }
  };
  const id = run('xdotool', ['search', '--onlyvisible', '--name', `^${title}`])
    .trim()
    .split('\n')
    .at(-1);
  const text = id ? run('xwininfo', ['-id', id]) : '';
  const number = (label: string) => Number(new RegExp(`${label}:\\s+(-?\\d+)`).exec(text)?.[1]);
  if (!id || !text.includes('IsViewable')) return null;
  return {
    id,
    x: number('Absolute upper-left X'),
    y: number('Absolute upper-left Y'),
    width: number('Width'),
    height: number('Height'),
  };
}

export function windowTitle(display: string, id: string): string {
  const env = { ...process.env, DISPLAY: display };
  return execFileSync('xdotool', ['getwindowname', id], { env, encoding: 'utf8' }).trim();
}

/** The widths of a window's frame: left, right, top, bottom. */
export function frameOfWindow(display: string, id: string): number[] {
  const text = execFileSync('xprop', ['-display', display, '-id', id, '_NET_FRAME_EXTENTS'], { encoding: 'utf8' });
  return [...text.matchAll(/\b\d+\b/g)].map(Number);
}

export function xdotool(display: string, ...args: readonly string[]): void {
  execFileSync('xdotool', args, { env: { ...process.env, DISPLAY: display }, stdio: 'ignore' });
}
