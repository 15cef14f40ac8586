import { expect, it } from 'vitest';
import { wrapText } from '../../source/core/plain-text.js';

const IN_CHARACTERS = { widthOf: (text: string) => [...text].length, partsOf: (text: string) => [...text] };

it.each([
  ['one two three', 20, ['one two three']],
  ['one two three', 8, ['one two', 'three']],
  ['abcdefghij kl', 4, ['abcd', 'efgh', 'ij', 'kl']],
  ['one abcdefghij', 4, ['one', 'abcd', 'efgh', 'ij']],
  ['a\nb', 9, ['a', 'b']],
  ['', 5, ['']],
])('wraps %j to lines of %i', (text, width, lines) => {
  expect(wrapText(text, width, IN_CHARACTERS)).toEqual(lines);
});
