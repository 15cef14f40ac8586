import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { neverBack } from '../../source/core/clock.js';
import { unixTime } from '../../source/node/clock.js';

test('a wall clock that is set back changes no interval, and one that is set forward is followed', () => {
  let wall = 1_700_000_000_000;
  let even = wall;
  const time = neverBack(
    () => wall,
    () => even,
  );
  const began = time();
  const pass = (ms: number) => {
    wall += ms;
    even += ms;
  };
  pass(1000);
  expect(time() - began).toBe(1000);
  wall -= 3_600_000;
  pass(500);
  expect(time() - began).toBe(1500);
  wall += 3_600_000;
  pass(500);
  expect(time() - began).toBe(2000);
  wall += 60_000;
  expect(time() - began).toBe(62_000);
});

test('it is the time of day', () => {
  expect(Math.abs(unixTime() - Date.now())).toBeLessThan(1000);
  expect(Number.isInteger(unixTime())).toBe(true);
});

test('no other module reads the wall clock, so no interval depends on it', () => {
  const sources = path.resolve(import.meta.dirname, '../../source');
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter(file => /\.tsx?$/.test(file));
  const asking = files.filter(file => readFileSync(path.join(sources, file), 'utf8').includes('Date.now'));
  expect(asking.filter(file => !file.startsWith('bench'))).toEqual([path.join('node', 'clock.ts')]);
});
