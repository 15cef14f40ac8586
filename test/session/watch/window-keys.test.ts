import { describe, expect, it } from 'vitest';
import { commandOfKey, type WindowState } from '../../../source/session/watch/window-keys.js';

const STATE: WindowState = {
  level: null,
  quality: 'auto',
  frozen: false,
  scale: 'fit',
  cursor: true,
  date: new Date(2026, 0, 31, 9, 8, 7),
};

describe('commandOfKey', () => {
  it.each([
    ['f', { type: 'fullscreen' }],
    [' ', { type: 'freeze', frozen: true }],
    ['7', { type: 'level', level: 7 }],
    ['+', { type: 'level', level: 7 }],
    ['left', { type: 'level', level: 5 }],
    ['[', { type: 'quality', quality: 70 }],
    [']', { type: 'quality', quality: 90 }],
    ['l', { type: 'quality', quality: 'lossless' }],
    ['c', { type: 'cursor', shown: false }],
    ['o', { type: 'scale', scale: 1 }],
    ['s', { type: 'save-picture', file: 'peerglass-20260131-090807.png' }],
    ['r', { type: 'reset-figures' }],
    ['q', { type: 'stop' }],
    ['escape', { type: 'stop' }],
    ['x', null],
    ['tab', null],
  ])('gives %s its meaning', (key, command) => {
    expect(commandOfKey(key, STATE)).toEqual(command);
  });

  it('stays within bounds and goes round', () => {
    expect(commandOfKey('+', { ...STATE, level: 9 })).toEqual({ type: 'level', level: 9 });
    expect(commandOfKey('-', { ...STATE, level: 0 })).toEqual({ type: 'level', level: 0 });
    expect(commandOfKey(']', { ...STATE, quality: 95 })).toEqual({ type: 'quality', quality: 100 });
    expect(commandOfKey('l', { ...STATE, quality: 'lossless' })).toEqual({ type: 'quality', quality: 'auto' });
    expect(commandOfKey('[', { ...STATE, quality: 'lossless' })).toEqual({ type: 'quality', quality: 90 });
    expect(commandOfKey('o', { ...STATE, scale: 3 })).toEqual({ type: 'scale', scale: 'fit' });
    expect(commandOfKey(' ', { ...STATE, frozen: true })).toEqual({ type: 'freeze', frozen: false });
  });
});
