import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseArguments } from '../../source/cli/arguments.js';
import { namedFiles } from '../../source/cli/named-files.js';
import { fileText } from '../../source/core/plain-text.js';
import { checkNamedFiles } from '../../source/session/named-files.js';
import { RecordedPicture } from '../helpers/recorded-log.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-named-'));
const recording = path.join(folder, 'a.pglog');
const LONG = 'x'.repeat(5000);

beforeAll(async () => {
  const recorded = new RecordedPicture({ width: 16, height: 16 });
  await recorded.take([recorded.framebuffer.bounds]);
  recorded.clock.advance(1000);
  writeFileSync(recording, await recorded.end());
  writeFileSync(path.join(folder, 'b.txt'), 'no recording');
});
afterAll(() => rmSync(folder, { recursive: true }));

const check = (...argv: readonly string[]) => checkNamedFiles(namedFiles(parseArguments(argv)));

describe('files on the command line', () => {
  test.each([
    [['play', '/'], 'E_REPLAY_FILE', /recording \/ cannot be read: it is a folder/],
    [['play', '/dev/null'], 'E_REPLAY_FILE', /not a regular file/],
    [['play', 'no.pglog'], 'E_REPLAY_FILE', /no such file/],
    [['play', path.join(folder, 'b.txt')], 'E_REPLAY_FILE', /not a recording/],
    [['play', '\u0001'], 'E_REPLAY_FILE', /recording "\\u0001" cannot be read/],
    [['play', LONG], 'E_REPLAY_FILE', /its name is too long/],
    [['play', recording, '--at', '9'], 'E_USAGE', /--at 9 is after the end of the recording, which is 1\.0 s long/],
    [['play', recording, '--snapshot', '/'], 'E_SNAPSHOT', /it is a folder/],
    [['share', '--source', 'replay:/'], 'E_REPLAY_FILE', /it is a folder/],
    [['share', '--cert', 'no.pem', '--key', 'no.pem'], 'E_CERTIFICATE', /no such file/],
    [['share', '--record', '/'], 'E_RECORDING', /written to \/ \(it is a folder/],
    [['share', '--record', '/dev/null'], 'E_RECORDING', /not a regular file/],
    [['share', '--export', 'none/a.pcapng'], 'E_EXPORT', /no such folder/],
    [['watch', 'h', '--record', '/'], 'E_RECORDING', /it is a folder/],
    [['watch', 'h', '--record', LONG], 'E_RECORDING', /its name is too long/],
    [['watch', 'h', '--export', '/'], 'E_EXPORT', /it is a folder/],
    [['watch', 'h', '--snapshot', `${recording}/a.png`], 'E_SNAPSHOT', /a part of its path is no folder/],
    [['watch', 'h', '--snapshot', LONG], 'E_SNAPSHOT', /its name is too long/],
    [['demo', '--source', 'replay:no'], 'E_REPLAY_FILE', /no such file/],
    [['demo', '--snapshot', '/'], 'E_SNAPSHOT', /it is a folder/],
    [['demo', '--export', '/'], 'E_EXPORT', /it is a folder/],
    [['bakeoff', '--source', 'replay:no'], 'E_REPLAY_FILE', /no such file/],
    [['capture', 'h', '--output', '/'], 'E_EXPORT', /it is a folder/],
    [['capture', '--port', '1', '--output', '/'], 'E_EXPORT', /it is a folder/],
  ] as const)('%j is refused before anything starts', async (argv, code, sentence) => {
    await expect(check(...argv)).rejects.toMatchObject({ code, message: expect.stringMatching(sentence) });
    await check(...argv).catch(({ message }) => expect(message.length).toBeLessThan(400));
  });

  test('are neither made nor changed by that', async () => {
    const before = readdirSync(folder);
    for (const name of ['new', 'a.pglog', 'b.txt']) {
      const file = path.join(folder, name);
      for (const flag of ['--record', '--export', '--snapshot']) await check('watch', 'h', flag, file);
      for (const flag of ['--record', '--export']) await check('share', flag, file);
    }
    await check('play', recording, '--at', '1', '--snapshot', '/dev/full');
    await check('demo', '--export', '/dev/full');
    expect(readdirSync(folder)).toEqual(before);
  });

  test.each([
    ['play a --html a', 'The recording and --html'],
    ['play a --snapshot ./a', 'The recording and --snapshot'],
    ['report a --html b/../a', 'The file and --html'],
    ['share --source replay:a --record a', '--source and --record'],
    ['demo --source replay:a --snapshot a', '--source and --snapshot'],
    ['watch h --record a --export a', '--record and --export'],
    ['share --export a --log a', '--export and --log'],
    ['watch h --snapshot a --log a', '--snapshot and --log'],
  ])('%s would write one over the other', (line, flags) => {
    expect(() => parseArguments(line.split(' '))).toThrow(
      expect.objectContaining({ code: 'E_USAGE', message: `${flags} name the same file.` }),
    );
  });

  test('a device takes everything', () => {
    expect(parseArguments('watch h --export /dev/null --snapshot /dev/null'.split(' '))).toBeDefined();
  });

  test.each([
    ['play', ''],
    ['play', ' '],
    ['report', ''],
  ])('peerglass %s "%s" lacks its file', (command, file) => {
    expect(() => parseArguments([command, file])).toThrow(
      expect.objectContaining({ code: 'E_USAGE', message: expect.stringContaining(`peerglass ${command} needs a`) }),
    );
  });
});

test('the name of a file is always seen, and short', () => {
  expect(fileText('a b/c.pglog')).toBe('a b/c.pglog');
  expect([fileText(''), fileText(' a'), fileText('\u202ea\u001b')]).toEqual(['""', '" a"', '"\\u202ea\\u001b"']);
  expect(fileText(LONG)).toHaveLength(200);
});
