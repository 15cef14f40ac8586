import { describe, expect, test } from 'vitest';
import { plainData, plainLines, plainText, withoutControls } from '../../source/core/plain-text.js';

const EVERY_CONTROL = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code))
  .filter(character => character < ' ' || character >= '\u007f')
  .join('');
const BIDI = '\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029';

describe('text from outside', () => {
  test('has no C0, DEL, C1, directional marks or line breaks', () => {
    expect(withoutControls(`a${EVERY_CONTROL}${BIDI}b`)).toBe('ab');
    expect(withoutControls('日本 e\u0301 👩‍💻 עברית')).toBe('日本 e\u0301 👩‍💻 עברית');
  });

  test('is cut with an ellipsis', () => {
    expect(plainText('\u001b[31mlong text', 5)).toBe('[31m…');
  });

  test('keeps its lines where it has several', () => {
    expect(plainLines('one\r\ntwo\u001b\n')).toBe('one\ntwo\n');
  });

  test('is made inside of data, keys included; unchanged data stay the same object', () => {
    const bytes = Uint8Array.of(27, 7);
    const data = {
      type: 'notice',
      list: [{ text: 'a\u001b]0;x\u0007', 'na\u009bme': 1 }],
      bytes,
      none: null,
      yes: true,
    };
    expect(plainData(data)).toEqual({
      type: 'notice',
      list: [{ text: 'a]0;x', name: 1 }],
      bytes,
      none: null,
      yes: true,
    });
    expect(plainData(data).bytes).toBe(bytes);
    const error = { code: 'E_CONNECT', remedy: 'First this.\nThen\u001b[31m that.' };
    expect(plainData(error).remedy).toBe('First this.\nThen[31m that.');
    const clean = { list: ['a', 1], nested: { text: 'b' } };
    expect(plainData(clean)).toBe(clean);
  });
});
