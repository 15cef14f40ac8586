import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reportOnPictures, wayText } from '../../source/analysis/picture-way.js';
import { reportOnFile } from '../../source/analysis/report-file.js';
import { followPictures, pictureEvent } from '../../source/core/picture-events.js';
import { logPictures } from '../../source/node/picture-log.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'peerglass-pictures-'));
});
afterEach(() => {
  followPictures(null);
  rmSync(folder, { recursive: true, force: true });
});

/** Two pictures: the second is damaged while the first is captured, and never sent by itself. */
const EVENTS = [
  ['share', 'damage', 0, 0, 0],
  ['share', 'capture', 1, 0, 0],
  ['share', 'captured', 3, 0, 1003],
  ['share', 'detected', 4, 7, 1003],
  ['share', 'encode', 4.5, 7, 0],
  ['share', 'write', 6, 1, 1003],
  ['watch', 'received', 6.3, 1, 0],
  ['share', 'written', 8, 1, 0],
  ['share', 'taken', 8.1, 1, 0],
  ['watch', 'complete', 8.6, 1, 0],
  ['watch', 'decoded', 9, 1, 0],
  ['watch', 'drawn', 10, 1, 0],
  ['share', 'answered', 10.4, 0, 1003],
  // A refinement shows nothing new.
  ['share', 'encode', 20, 7, 0],
  ['share', 'write', 21, 2, 0],
  ['share', 'written', 21, 2, 0],
  ['watch', 'drawn', 22, 2, 0],
  ['share', 'damage', 30, 0, 0],
  ['share', 'capture', 30, 0, 0],
  ['share', 'captured', 31, 0, 1031],
  ['share', 'detected', 32, 8, 1031],
] as const;

const lines = EVENTS.map(([end, event, ms, number, captured]) => JSON.stringify({ end, event, ms, number, captured }));

test('each step of a picture is timed from end to end, in whatever order the two ends wrote their lines', () => {
  const report = reportOnPictures([...lines.filter(line => line.includes('watch')), '', ...lines].slice(0, -1));
  expect(report.pictures).toBe(1);
  const step = (from: string, to: string) => report.steps.find(each => each.from === from && each.to === to)?.p50;
  expect(step('damage', 'capture')).toBe(1);
  expect(step('captured', 'detected')).toBe(1);
  expect(step('detected', 'encode')).toBe(0.5);
  expect(step('encode', 'write')).toBe(1.5);
  expect(step('write', 'received')).toBeCloseTo(0.3);
  expect(step('complete', 'decoded')).toBeCloseTo(0.4);
  expect(step('drawn', 'answered')).toBeCloseTo(0.4);
  expect(step('damage', 'drawn')).toBe(10);
  expect(wayText(report)).toMatch(/^1 pictures[\s\S]*damage - drawn +10\.00 +10\.00 {2}whole way\n$/);
});

test('a log of events is told from one of snapshots by its first line; damage is named', async () => {
  const file = path.join(folder, 'way.ndjson');
  writeFileSync(file, `${lines.join('\n')}\n`);
  expect((await reportOnFile(file, 'way')).text).toContain('whole way');
  expect((await reportOnFile(file, 'a<b')).html).toContain('a&#60;b');
  writeFileSync(file, `${lines[0]}\n{"end":"share","event":"lunch","ms":1,"number":0,"captured":0}\n`);
  await expect(reportOnFile(file, 'way')).rejects.toMatchObject({
    code: 'E_CAPTURE_FILE',
    message: expect.stringContaining('Line 2'),
  });
});

test('events are written where the environment says, and cost nothing where it says nothing', async () => {
  const file = path.join(folder, 'written.ndjson');
  logPictures('share', '');
  pictureEvent('damage', 0);
  logPictures('share', file);
  pictureEvent('detected', 3, 1.5);
  await expect.poll(() => readLines(file)).toHaveLength(1);
  expect(readLines(file)[0]).toMatchObject({ end: 'share', event: 'detected', number: 3, captured: 1.5 });
});

function readLines(file: string): unknown[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line));
  } catch {
    return [];
  }
}
