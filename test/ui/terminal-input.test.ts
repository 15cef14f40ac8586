import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InputParser } from '../../source/ui/terminal-input.js';

function read(bytes: Uint8Array | string, cuts: readonly number[] = []): string[] {
  const parser = new InputParser();
  const all = typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes);
  const places = [0, ...cuts, all.length];
  const events = places.slice(1).flatMap((end, index) => parser.push(all.subarray(places[index], end), 0));
  return [...events, ...parser.flush(0)].map(event => (event.type === 'key' ? event.key : `pasted ${event.character}`));
}

/** What a terminal says of its own accord or when it is asked; none of it was typed. */
const ANSWERS: Readonly<Record<string, string>> = {
  'a click in mode 1000, column 89': '\u001b[M y ',
  'a click in mode 1000, column 65': '\u001b[M a ',
  'a click in mode 1000 beyond column 223': '\u001b[M \u0000y',
  'a click in mode 1005': '\u001b[M \u00e9y',
  'a click in mode 1005, both places in two bytes': '\u001b[M \u00e9\u00f1',
  'a click in mode 1006': '\u001b[<0;89;10M\u001b[<0;89;10m',
  'a click in mode 1015': '\u001b[32;89;10M',
  'highlights in mode 1001': '\u001b[tyy\u001b[Tyynnaa',
  'the focus in mode 1004': '\u001b[I\u001b[O',
  'a colour scheme in mode 2031': '\u001b[?997;1n',
  'a size in mode 2048': '\u001b[48;24;80;480;800t',
  'device attributes': '\u001b[?64;1;2;6;9;15;18;21;22c\u001b[>41;371;0c\u001bP!|00000000\u001b\\',
  'where the cursor is': '\u001b[24;80R\u001b[?24;80;1R',
  'the status': '\u001b[0n',
  'a mode (DECRQM)': '\u001b[?2026;2$y\u001b[4;2$y',
  'terminal parameters': '\u001b[2;1;1;128;128;1;0x',
  'a setting (DECRQSS)': '\u001bP1$r0m\u001b\\',
  'a capability (XTGETTCAP)': '\u001bP1+r544e=787465726d\u001b\\',
  'the version': '\u001bP>|XTerm(390)\u001b\\',
  'colours (OSC 4, 10, 11)': '\u001b]4;1;rgb:ff/00/00\u0007\u001b]11;rgb:0000/0000/0000\u001b\\',
  'the clipboard (OSC 52)': '\u001b]52;c;eXlueQ==\u0007',
  'the title': '\u001b]lyes, a Übung with ყ and y\u001b\\',
  'an image (APC)': '\u001b_Gi=31;OK y\u001b\\',
  'a private message and a string': '\u001b^y\u001b\\\u001bXy\u001b\\',
  'the flags of kitty': '\u001b[?1u',
  'a key of kitty that is let go': '\u001b[121;1:3u',
  'keys that mean nothing here': '\u001bOP\u001b[15~\u001b[[A\u001b[2;5~\u001by\u001b\u00fb\u001bé',
};

describe('what a terminal says', () => {
  test.each(Object.entries(ANSWERS))('%s is no key', (_, answer) => {
    expect(read(answer)).toEqual([]);
    expect(read(`x${answer}z`)).toEqual(['x', 'z']);
  });

  test('is no key however it is cut', () => {
    for (const answer of Object.values(ANSWERS)) {
      const { length } = Buffer.from(answer);
      for (let cut = 1; cut < length; cut++) expect(read(`${answer}z`, [cut])).toEqual(['z']);
      const everywhere = Array.from({ length: length - 1 }, (__, index) => index + 1);
      expect(read(`${answer}z`, everywhere)).toEqual(['z']);
    }
  });

  test('is no key when its first byte was taken for the Esc key', () => {
    for (const answer of Object.values(ANSWERS)) {
      if (!/^\u001b[[\]PX^_]/.test(answer)) continue;
      const parser = new InputParser();
      expect(parser.push(Buffer.from('\u001b'), 1000)).toEqual([]);
      expect(parser.undecided).toBe(true);
      expect(parser.flush(1050)).toEqual([{ type: 'key', key: 'escape' }]);
      expect(parser.push(Buffer.from(answer.slice(1)), 1300)).toEqual([]);
    }
  });

  test('is no key in 8 bits either, as bytes or as UTF-8', () => {
    for (const answer of Object.values(ANSWERS)) {
      const short = answer.replace(/\u001b([@-_])/g, (__, letter: string) =>
        String.fromCharCode(letter.charCodeAt(0) + 0x40),
      );
      if (/[\u0100-\uffff]/.test(short)) continue;
      if (!/^\u001b[y\u00fb]|é/.test(answer) && !/[\u00a0-\u00ff]/.test(short)) {
        expect(read(Buffer.from(`${short}z`, 'latin1'))).toEqual(['z']);
      }
      expect(read(`${short}z`).filter(key => key !== 'z')).toEqual([]);
    }
  });

  test('never makes a key of bytes that are not UTF-8, or of C1 controls', () => {
    const stray = Buffer.from([
      0x80, 0x85, 0xa0, 0xbf, 0xc0, 0xc1, 0xf5, 0xff, 0xc3, 0x28, 0xe2, 0x82, 0xed, 0xa0, 0x80,
    ]);
    expect(read(stray)).toEqual(['(']);
    expect(read('\u0080\u0085\u0099\u202e')).toEqual([]);
  });

  test('never makes a key of any sequence', () => {
    const parameters = fc.stringMatching(/^[?<>=]?[0-9;:]{0,12}[ !"#$%&'()*+,\-./]{0,2}$/);
    const final = fc.constantFrom(...'yYnNaAkKxXmMtTcRqxhlSTPQIO@`{|');
    fc.assert(
      fc.property(parameters, final, fc.nat(40), (middle, last, cut) => {
        // Keys that have letters, and what is followed by characters of its own.
        if (/^[\d;:]*$/.test(middle) && /[AaM~tTcu]/.test(last)) return;
        const sequence = `\u001b[${middle}${last}`;
        expect(read(sequence, [Math.min(cut, sequence.length)])).toEqual([]);
      }),
    );
  });
});

describe('keys', () => {
  const pressed: readonly [string, readonly string[]][] = [
    ['1\r', ['1', 'enter']],
    ['日本e\u0301', ['日', '本', 'e\u0301']],
    ['\u001b', ['escape']],
    ['\u001b\u001b', ['escape']],
    ['\u001b[A\u001b[B\u001b[C\u001b[D', ['up', 'down', 'right', 'left']],
    ['\u001bOA\u001bOB\u001bOC\u001bOD\u001bOH\u001bOF', ['up', 'down', 'right', 'left', 'home', 'end']],
    [
      '\u001b[H\u001b[F\u001b[1~\u001b[4~\u001b[5~\u001b[6~\u001b[7~\u001b[8~',
      ['home', 'end', 'home', 'end', 'pageup', 'pagedown', 'home', 'end'],
    ],
    ['\u001b[1;5A\u001b[1;2C\u001b\u001b[A', ['up', 'right', 'up']],
    ['\t\u001b[Z\u007f\b\u001b[3~', ['tab', 'shift-tab', 'backspace', 'backspace', 'backspace']],
    ['\u0003\u0012\u001a', ['ctrl-c', 'ctrl-r', 'ctrl-z']],
    [
      '\u001b[50u\u001b[97;2u\u001b[97:65;2u\u001b[99;5u\u001b[27u\u001b[13u',
      ['2', 'A', 'A', 'ctrl-c', 'escape', 'enter'],
    ],
    ['\u001b[27;5;114~', ['ctrl-r']],
  ];
  test.each(pressed)('%j', (bytes, keys) => {
    expect(read(bytes)).toEqual(keys);
    for (let cut = 1; cut < Buffer.from(bytes).length; cut++) {
      // A grapheme that is cut between its characters is two keys.
      if (!bytes.includes('\u0301')) expect(read(bytes, [cut])).toEqual(keys);
    }
  });

  test('Ctrl-C ends any unfinished sequence, so that nobody is locked out', () => {
    for (const begun of ['\u001b[', '\u001b[12', '\u001bO', '\u001b]0;', '\u001bP', '\u001b_', '\u001b']) {
      expect(read(`${begun}\u0003`)).toEqual(['ctrl-c']);
    }
    const parser = new InputParser();
    parser.push(Buffer.from('\u001b[200~never ended'), 0);
    expect(parser.push(Buffer.from('\u0003'), 0)).toEqual([{ type: 'key', key: 'ctrl-c' }]);
  });

  test('a person who presses Esc and a bracket soon after another key is read as before', () => {
    const parser = new InputParser();
    parser.push(Buffer.from('\u001b'), 0);
    parser.flush(50);
    expect(parser.push(Buffer.from(']'), 2000)).toEqual([{ type: 'key', key: ']' }]);
  });

  test.each(['X', 'P', ']', '[', '^', '_', 'O'])('%s right after Esc is a key, and so is all that follows', key => {
    const parser = new InputParser();
    parser.push(Buffer.from('\u001b'), 0);
    parser.flush(50);
    const keys = [...`${key}yq?`].flatMap((each, index) => parser.push(Buffer.from(each), 300 + 100 * index));
    expect(keys).toEqual([...`${key}yq?`].map(each => ({ type: 'key', key: each })));
  });

  test('a paste is text, however it is cut, and never keys', () => {
    const bytes = '\u001b[200~y\r\nné\u001b[31m\u0003\u001b[201~q';
    const expected = [
      'pasted y',
      'pasted  ',
      'pasted n',
      'pasted é',
      ...[...'[31m'].map(each => `pasted ${each}`),
      'q',
    ];
    expect(read(bytes)).toEqual(expected);
    for (let cut = 1; cut < Buffer.from(bytes).length; cut++) expect(read(bytes, [cut])).toEqual(expected);
    expect(read(`\u001b[200~${'y'.repeat(100_000)}\u001b[201~q`)).toHaveLength(2049);
  });
});
