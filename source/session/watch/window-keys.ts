import type { WatchCommand } from '../messages.js';
import type { Quality } from '../share-options.js';
import { fileName, nextScale, RECORDING_ENDING, stepLevel, stepQuality } from '../steps.js';
import type { Scale } from '../watch-options.js';
import type { WindowAction } from '../window-keys.js';

/** The state that the window's keys act on. */
export interface WindowState {
  readonly level: number | null;
  readonly quality: Quality;
  readonly frozen: boolean;
  readonly scale: Scale;
  readonly cursor: boolean;
  readonly recording: boolean;
  /** For the name of a saved picture or a recording. */
  readonly date: Date;
}

/** The starting level for + and - while none is set. */
const MIDDLE_LEVEL = 6;

/** The command for a window key; null where the window handles the key itself. */
export function commandOf(action: WindowAction, key: string, state: WindowState): WatchCommand | null {
  switch (action) {
    case 'level':
      return { type: 'level', level: Number(key) };
    case 'levelUp':
      return { type: 'level', level: stepLevel(state.level ?? MIDDLE_LEVEL, 1) };
    case 'levelDown':
      return { type: 'level', level: stepLevel(state.level ?? MIDDLE_LEVEL, -1) };
    case 'qualityUp':
      return { type: 'quality', quality: stepQuality(state.quality, 1) };
    case 'qualityDown':
      return { type: 'quality', quality: stepQuality(state.quality, -1) };
    case 'lossless':
      return { type: 'quality', quality: state.quality === 'lossless' ? 'auto' : 'lossless' };
    case 'fullscreen':
      return { type: 'fullscreen' };
    case 'freeze':
      return { type: 'freeze', frozen: !state.frozen };
    case 'cursor':
      return { type: 'cursor', shown: !state.cursor };
    case 'scale':
      return { type: 'scale', scale: nextScale(state.scale) };
    case 'save':
      return { type: 'save-picture', file: fileName('watch', state.date, 'png') };
    case 'record':
      return { type: 'record', file: state.recording ? null : fileName('watch', state.date, RECORDING_ENDING) };
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
