import { describe, expect, it } from 'vitest';
import type { WatchCommand } from '../../../source/session/messages.js';
import { commandOf, type WindowState } from '../../../source/session/watch/window-keys.js';
import { PLAY_KEYS, PLAY_WINDOW, WATCH_WINDOW, WINDOW_KEYS } from '../../../source/session/window-keys.js';

const STATE: WindowState = {
  level: null,
  quality: 'auto',
  frozen: false,
  scale: 'fit',
  cursor: true,
  recording: false,
  date: new Date(2026, 0, 31, 9, 8, 7),
};

function commandOfKey(key: string, state: WindowState): WatchCommand | null {
  const action = WATCH_WINDOW.actionOf(key);
  return action && commandOf(action, key, state);
}

describe("the window's keys", () => {
  it.each([
    ['f', { type: 'fullscreen' }],
    [' ', { type: 'freeze', frozen: true }],
    ['7', { type: 'level', level: 7 }],
    ['+', { type: 'level', level: 7 }],
    ['-', { type: 'level', level: 5 }],
    // Arrows move over the picture, and Esc never ends the session: the window answers them.
    ['left', null],
    ['escape', null],
    ['?', null],
    ['[', { type: 'quality', quality: 80 }],
    [']', { type: 'quality', quality: 80 }],
    ['l', { type: 'quality', quality: 'lossless' }],
    ['c', { type: 'cursor', shown: false }],
    ['o', { type: 'scale', scale: 1 }],
    ['s', { type: 'save-picture', file: 'peerglass-watch-20260131-090807.png' }],
    ['R', { type: 'record', file: 'peerglass-watch-20260131-090807.pglog' }],
    ['r', { type: 'reset-figures' }],
    ['q', { type: 'stop' }],
    ['x', null],
    ['tab', null],
  ])('maps %s', (key, command) => {
    expect(commandOfKey(key, STATE)).toEqual(command);
  });

  it('stays within bounds and wraps around', () => {
    expect(commandOfKey('+', { ...STATE, level: 9 })).toEqual({ type: 'level', level: 9 });
    expect(commandOfKey('-', { ...STATE, level: 0 })).toEqual({ type: 'level', level: 0 });
    expect(commandOfKey(']', { ...STATE, quality: 95 })).toEqual({ type: 'quality', quality: 100 });
    expect(commandOfKey('l', { ...STATE, quality: 'lossless' })).toEqual({ type: 'quality', quality: 'auto' });
    expect(commandOfKey('[', { ...STATE, quality: 'lossless' })).toEqual({ type: 'quality', quality: 80 });
    expect(commandOfKey(']', { ...STATE, quality: 'lossless' })).toEqual({ type: 'quality', quality: 'lossless' });
    expect(commandOfKey('o', { ...STATE, scale: 3 })).toEqual({ type: 'scale', scale: 'fit' });
    expect(commandOfKey(' ', { ...STATE, frozen: true })).toEqual({ type: 'freeze', frozen: false });
  });

  it('ends a recording that runs', () => {
    expect(commandOfKey('R', { ...STATE, recording: true })).toEqual({ type: 'record', file: null });
  });

  it.each([
    ['a screen that is watched', WINDOW_KEYS, WATCH_WINDOW],
    ['a recording', PLAY_KEYS, PLAY_WINDOW],
  ])('have one meaning each, listed in the help: %s', (_, table, window) => {
    const keys = Object.values(table).flatMap(({ keys }) => [...keys] as string[]);
    expect(new Set(keys).size).toBe(keys.length);
    const lines = window
      .text()
      .split('\n')
      .map(line => line.trimEnd());
    expect(lines.map(line => line.replace(/ {2,}/, ': '))).toEqual(
      Object.values(table).map(({ shown, help }) => `${shown}: ${help}`),
    );
  });
});
