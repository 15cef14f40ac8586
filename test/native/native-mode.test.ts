import { expect, test } from 'vitest';
import { jpegLibrary } from '../../source/native/jpeg-library.js';
import { loadNative } from '../../source/native/load-native.js';
import { memoryCalls } from '../../source/native/memory-calls.js';
import { NATIVE_VARIABLE, nativeMode, parseNativeMode } from '../../source/native/native-mode.js';

test('the mode is one of three words; by default everything may be loaded', () => {
  expect(['off', 'safe', 'on', '', undefined].map(parseNativeMode)).toEqual(['off', 'safe', 'on', 'on', 'on']);
  for (const word of ['OFF', 'no', '0', 'safe ']) {
    expect(() => parseNativeMode(word)).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
  }
});

test("a mode's forbidden libraries are not loaded", () => {
  expect(nativeMode()).toBe(process.env[NATIVE_VARIABLE] ?? 'on');
  if (nativeMode() !== 'off') return expect(loadNative('koffi')).toBeTruthy();
  for (const name of ['koffi', 'zlib-sync', '@julusian/jpeg-turbo', 'node-screenshots'] as const) {
    expect(() => loadNative(name)).toThrow('PEERGLASS_NATIVE is off');
  }
  expect([memoryCalls(), jpegLibrary()]).toEqual([null, null]);
});
