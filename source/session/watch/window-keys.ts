import type { WatchCommand } from '../messages.js';
import { LIMITS, type Quality } from '../share-options.js';
import type { Scale } from '../watch-options.js';

/** What the keys of the window start from. */
export interface WindowState {
  readonly level: number | null;
  readonly quality: Quality;
  readonly frozen: boolean;
  readonly scale: Scale;
  readonly cursor: boolean;
  /** For the name of a saved picture. */
  readonly date: Date;
}

/** The level that + and - start from while none was asked for. */
const MIDDLE_LEVEL = 6;
const MIDDLE_QUALITY = 80;
const QUALITY_STEP = 10;
const SCALES: readonly Scale[] = ['fit', 1, 2, 3];

/** The window has the keys of the watch dashboard. Null for a key without a meaning here. */
export function commandOfKey(key: string, state: WindowState): WatchCommand | null {
  if (/^[0-9]$/.test(key)) return { type: 'level', level: Number(key) };
  switch (key) {
    case '+':
    case 'right':
      return { type: 'level', level: bounded((state.level ?? MIDDLE_LEVEL) + 1, LIMITS.level) };
    case '-':
    case 'left':
      return { type: 'level', level: bounded((state.level ?? MIDDLE_LEVEL) - 1, LIMITS.level) };
    case ']':
      return { type: 'quality', quality: stepped(state.quality, QUALITY_STEP) };
    case '[':
      return { type: 'quality', quality: stepped(state.quality, -QUALITY_STEP) };
    case 'l':
      return { type: 'quality', quality: state.quality === 'lossless' ? 'auto' : 'lossless' };
    case 'f':
      return { type: 'fullscreen' };
    case ' ':
      return { type: 'freeze', frozen: !state.frozen };
    case 'c':
      return { type: 'cursor', shown: !state.cursor };
    case 'o':
      return { type: 'scale', scale: SCALES[(SCALES.indexOf(state.scale) + 1) % SCALES.length] ?? 'fit' };
    case 's':
      return { type: 'save-picture', file: pictureName(state.date) };
    case 'r':
      return { type: 'reset-figures' };
    case 'q':
    case 'escape':
      return { type: 'stop' };
    default:
      return null;
  }
}

/** peerglass-20260131-235959.png, in local time. */
function pictureName(date: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `peerglass-${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}.png`;
}

function stepped(quality: Quality, step: number): number {
  const from = typeof quality === 'number' ? quality : quality === 'lossless' ? LIMITS.quality.most : MIDDLE_QUALITY;
  return bounded(from + step, LIMITS.quality);
}

function bounded(value: number, { least, most }: { readonly least: number; readonly most: number }): number {
  return Math.min(Math.max(value, least), most);
}
