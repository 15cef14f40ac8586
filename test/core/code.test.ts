import { expect, test } from 'vitest';
import {
  CODE_ALPHABET,
  codeBits,
  codeBytes,
  codeWord,
  hasCodeShape,
  makeCode,
  plainCode,
} from '../../source/core/code.js';

function made(): string {
  return makeCode(below => Math.floor(Math.random() * below));
}

test('a code is two groups of five letters that nobody takes for others', () => {
  expect(made()).toMatch(/^[a-z]{5}-[a-z]{5}$/);
  expect(CODE_ALPHABET).not.toMatch(/[iloqnuv]/);
  const codes = Array.from({ length: 200 }, made);
  expect(new Set(codes.join('').replaceAll('-', '')).size).toBe(CODE_ALPHABET.length);
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes.every(hasCodeShape)).toBe(true);
});

test.each(['KAFEM-PRAWY', 'kafem prawy', ' Kafem – Prawy ', 'kafemprawy', 'ka fe m-pr aw-y'])(
  '%j is the same code as kafem-prawy',
  typed => {
    expect(plainCode(typed)).toBe('kafemprawy');
    expect(codeBytes(typed)).toEqual(codeBytes('kafem-prawy'));
    expect(hasCodeShape(typed)).toBe(true);
  },
);

test.each(['lesson3', 'kafem', 'kafem-prawyz', 'kafem-pr0wy', 'aaaaa-nnnnn', ''])('%j is no code of ours', text => {
  expect(hasCodeShape(text)).toBe(false);
});

test('a code of one’s own keeps its characters, in lower case', () => {
  expect(plainCode('Lesson 3b')).toBe('lesson3b');
  expect(plainCode('Leçon')).toBe(plainCode('lec\u0327on'));
});

test('a code that is made up has 40 bits or more; words count for far less', () => {
  expect(codeBits(made())).toBeCloseTo(42.48, 2);
  expect(codeBits('lesson3')).toBe(16);
  expect(codeBits('')).toBe(0);
  expect(codeBits('a')).toBe(4);
  expect(codeBits('correct horse battery')).toBe(4 + 14 + 1.5 * 11);
});

test('a code in one word is still the same code', () => {
  expect(codeWord(' Lesson  3 ')).toBe('Lesson-3');
  expect(plainCode(codeWord('Lesson 3'))).toBe(plainCode('Lesson 3'));
  expect(codeWord('kafem-prawy')).toBe('kafem-prawy');
});
