import { plainText } from '../../core/plain-text.js';
import type { WatchState } from '../snapshot.js';

const WORDS: Readonly<Record<Exclude<WatchState, 'watching'>, string>> = {
  connecting: 'connecting',
  waiting: 'waiting',
  frozen: 'frozen',
  reconnecting: 'reconnecting',
  ended: 'ended',
};

/** Whose screen it is, and how it goes: "192.168.1.82:9000: 31 fps - peerglass"; nothing of a picture that stands still. */
export function windowTitle(whose: string, state: WatchState, fps: number): string {
  const rate = Math.round(fps);
  const how = state !== 'watching' ? WORDS[state] : rate > 0 ? `${rate} fps` : '';
  return `${[plainText(whose), how].filter(Boolean).join(': ')} - peerglass`;
}
