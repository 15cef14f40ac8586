import type { WatchState } from '../snapshot.js';

const WORDS: Readonly<Record<Exclude<WatchState, 'watching'>, string>> = {
  connecting: 'connecting',
  waiting: 'waiting',
  frozen: 'frozen',
  reconnecting: 'away, trying again',
  ended: 'ended',
};

/** Whose screen it is, and how it goes: "192.168.1.82:9000: 31 fps - peerglass". */
export function windowTitle(whose: string, state: WatchState, fps: number): string {
  return `${whose}: ${state === 'watching' ? `${Math.round(fps)} fps` : WORDS[state]} - peerglass`;
}
