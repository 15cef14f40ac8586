/** Rows of pixels in a letter: six above the base line, two below; half a row of the terminal each. */
const HEIGHT = 8;

/** What a link and a code are made of; the pixels of a letter row by row. Rows that are missing are empty. */
const GLYPHS: Readonly<Record<string, string>> = {
  '0': '### #.# #.# #.# #.# ###',
  '1': '.# ## .# .# .# .#',
  '2': '### ..# ..# ### #.. ###',
  '3': '### ..# ### ..# ..# ###',
  '4': '#.# #.# #.# ### ..# ..#',
  '5': '### #.. ### ..# ..# ###',
  '6': '### #.. ### #.# #.# ###',
  '7': '### ..# ..# ..# ..# ..#',
  '8': '### #.# ### #.# #.# ###',
  '9': '### #.# #.# ### ..# ###',
  a: '... ... .## #.# #.# .##',
  b: '#.. #.. ##. #.# #.# ##.',
  c: '... ... .## #.. #.. .##',
  d: '..# ..# .## #.# #.# .##',
  e: '... ... .#. ### #.. .##',
  f: '.## #.. ##. #.. #.. #..',
  g: '... ... .## #.# #.# .## ..# ##.',
  h: '#.. #.. ##. #.# #.# #.#',
  i: '# . # # # #',
  j: '.# .. .# .# .# .# .# #.',
  k: '#.. #.. #.# ##. ##. #.#',
  l: '#. #. #. #. #. .#',
  m: '..... ..... ##.#. #.#.# #.#.# #.#.#',
  n: '... ... ##. #.# #.# #.#',
  o: '... ... .#. #.# #.# .#.',
  p: '... ... ##. #.# #.# ##. #.. #..',
  q: '... ... .## #.# #.# .## ..# ..#',
  r: '... ... #.# ##. #.. #..',
  s: '... ... .## #.. ..# ##.',
  t: '... .#. ### .#. .#. ..#',
  u: '... ... #.# #.# #.# .##',
  v: '... ... #.# #.# #.# .#.',
  w: '..... ..... #.#.# #.#.# #.#.# .#.#.',
  x: '... ... #.# .#. .#. #.#',
  y: '... ... #.# #.# #.# .## ..# ##.',
  z: '... ... ### .#. #.. ###',
  '.': '. . . . . #',
  ':': '. . # . . #',
  '/': '..# ..# .#. .#. #.. #..',
  '#': '.#.#. ##### .#.#. .#.#. ##### .#.#.',
  '-': '... ... ... ###',
  '[': '## #. #. #. #. ##',
  ']': '## .# .# .# .# ##',
};

/** A line in big letters, as rows of half blocks of equal width; null: a character has no big letter. */
export function bigText(text: string): string[] | null {
  const pixels = Array.from({ length: HEIGHT }, () => '');
  for (const character of text) {
    const rows = GLYPHS[character]?.split(' ');
    if (rows === undefined) return null;
    const empty = '.'.repeat(rows[0]!.length);
    for (let row = 0; row < HEIGHT; row++) pixels[row] += `${rows[row] ?? empty}.`;
  }
  return halfBlocks(pixels.map(row => [...row].map(pixel => pixel === '#')));
}

/** Pixels as characters, two rows of them to a row of the terminal. */
export function halfBlocks(pixels: readonly (readonly boolean[])[]): string[] {
  const lines: string[] = [];
  for (let row = 0; row < pixels.length; row += 2) {
    const lower = pixels[row + 1] ?? [];
    lines.push(pixels[row]!.map((upper, column) => BLOCKS[upper ? 1 : 0][lower[column] ? 1 : 0]).join(''));
  }
  return lines;
}

/** By whether the upper and the lower pixel is set. */
const BLOCKS = [
  [' ', '▄'],
  ['▀', '█'],
] as const;
