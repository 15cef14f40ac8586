import type { PlayCommand } from './messages.js';
import type { PlaySessionState, PlaySnapshot } from './snapshot.js';
import { fileName, nextScale } from './steps.js';
import type { Scale } from './watch-options.js';
import type { PlayAction } from './window-keys.js';

/** The state that the keys of a recording act on. */
export interface PlayedState {
  readonly state: PlaySessionState;
  readonly speed: number;
  readonly skipStill: boolean;
  readonly durationMs: number;
  readonly scale: Scale;
  /** For the name of a saved picture. */
  readonly date: Date;
}

const SHORT_MS = 5000;
const LONG_MS = 60_000;

/** The command for a key, of the window and of the dashboard; null where they handle it themselves. */
export function playCommandOf(action: PlayAction, key: string, state: PlayedState): PlayCommand | null {
  switch (action) {
    case 'pause':
      return { type: 'play', on: state.state !== 'playing' };
    case 'back':
      return { type: 'seek-by', ms: -SHORT_MS };
    case 'forward':
      return { type: 'seek-by', ms: SHORT_MS };
    case 'backMinute':
      return { type: 'seek-by', ms: -LONG_MS };
    case 'forwardMinute':
      return { type: 'seek-by', ms: LONG_MS };
    case 'stepBack':
      return { type: 'step', updates: -1 };
    case 'step':
      return { type: 'step', updates: 1 };
    case 'tenth':
      return { type: 'seek', ms: (state.durationMs * Number(key)) / 10 };
    case 'slower':
      return { type: 'speed', speed: state.speed / 2 };
    case 'faster':
      return { type: 'speed', speed: state.speed * 2 };
    case 'still':
      return { type: 'skip-still', on: !state.skipStill };
    case 'fullscreen':
      return { type: 'fullscreen' };
    case 'scale':
      return { type: 'scale', scale: nextScale(state.scale) };
    case 'save':
      return { type: 'save-picture', file: fileName('play', state.date, 'png') };
    case 'end':
      return { type: 'stop' };
    case 'leave':
    case 'help':
      return null;
  }
}

/** A time of a recording: "1:05", "1:02:03". */
export function timeText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const part = (value: number) => `${value}`.padStart(2, '0');
  const minutes = Math.floor(seconds / 60) % 60;
  const hours = Math.floor(seconds / 3600);
  const rest = part(seconds % 60);
  return hours > 0 ? `${hours}:${part(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** Where a recording is and how it is played: "1:05 / 3:40  paused  2x". */
export function placeText({
  positionMs,
  durationMs,
  state,
  speed,
}: Pick<PlaySnapshot, 'positionMs' | 'durationMs' | 'state' | 'speed'>): string {
  const parts = [
    `${timeText(positionMs)} / ${timeText(durationMs)}`,
    state === 'playing' ? '' : state,
    speed === 1 ? '' : `${speed}x`,
  ];
  return parts.filter(part => part !== '').join('  ');
}
