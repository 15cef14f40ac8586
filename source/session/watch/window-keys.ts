import type { WatchCommand } from '../messages.js';
import { LIMITS, type Quality } from '../share-options.js';
import type { Scale } from '../watch-options.js';
import type { WindowAction } from '../window-keys.js';

/** The state that the window's keys act on. */
export interface WindowState {
  readonly level: number | null;
  readonly quality: Quality;
  readonly frozen: boolean;
  readonly scale: Scale;
  readonly cursor: boolean;
  /** For the name of a saved picture. */
  readonly date: Date;
}

/** The starting level for + and - while none is set. */
const MIDDLE_LEVEL = 6;
const MIDDLE_QUALITY = 80;
const QUALITY_STEP = 10;
const SCALES: readonly Scale[] = ['fit', 1, 2, 3];

/** The command for a window key; null where the window handles the key itself. */
export function commandOf(action: WindowAction, key: string, state: WindowState): WatchCommand | null {
  switch (action) {
    case 'level':
      return { type: 'level', level: Number(key) };
    case 'levelUp':
      return { type: 'level', level: bounded((state.level ?? MIDDLE_LEVEL) + 1, LIMITS.level) };
    case 'levelDown':
      return { type: 'level', level: bounded((state.level ?? MIDDLE_LEVEL) - 1, LIMITS.level) };
    case 'qualityUp':
      return { type: 'quality', quality: stepped(state.quality, QUALITY_STEP) };
    case 'qualityDown':
      return { type: 'quality', quality: stepped(state.quality, -QUALITY_STEP) };
    case 'lossless':
      return { type: 'quality', quality: state.quality === 'lossless' ? 'auto' : 'lossless' };
    case 'fullscreen':
      return { type: 'fullscreen' };
    case 'freeze':
      return { type: 'freeze', frozen: !state.frozen };
    case 'cursor':
      return { type: 'cursor', shown: !state.cursor };
    case 'scale':
      return { type: 'scale', scale: SCALES[(SCALES.indexOf(state.scale) + 1) % SCALES.length] ?? 'fit' };
    case 'save':
      return { type: 'save-picture', file: pictureName(state.date) };
    case 'reset':
      return { type: 'reset-figures' };
    case 'end':
      return { type: 'stop' };
    case 'leave':
    case 'pan':
    case 'help':
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
