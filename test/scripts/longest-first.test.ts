import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TestSpecification, Vitest } from 'vitest/node';
import LongestFirst from '../../scripts/longest-first.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'peerglass-order-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/**
 * The order of files named like "machine/a", of so many bytes, of which some have been run, for so many milliseconds.
 */
async function order(bytes: Record<string, number>, ran: Record<string, number> = {}): Promise<string[]> {
  const files = Object.entries(bytes).map(([name, size]) => {
    const [project, file] = name.split('/');
    const moduleId = path.join(root, file!);
    writeFileSync(moduleId, Buffer.alloc(size));
    return { project: { name: project }, moduleId };
  });
  const results = new Map(Object.entries(ran).map(([name, duration]) => [name.replace('/', ':'), { duration }]));
  const context = { config: { root }, cache: { getFileTestResults: (key: string) => results.get(key) } };
  const sequencer = new LongestFirst(context as unknown as Vitest);
  const sorted = await sequencer.sort(files as unknown as TestSpecification[]);
  return sorted.map(({ project, moduleId }) => `${project.name}/${path.basename(moduleId)}`);
}

test('the longest of a project comes first, by its last duration or by its size', async () => {
  expect(await order({ 'unit/a': 10, 'unit/b': 30, 'unit/c': 20 })).toEqual(['unit/b', 'unit/c', 'unit/a']);
  const ran = { 'unit/a': 9000, 'unit/b': 1000 };
  // By what the others took, 20 bytes take 5 s.
  expect(await order({ 'unit/a': 10, 'unit/b': 30, 'unit/c': 20 }, ran)).toEqual(['unit/a', 'unit/c', 'unit/b']);
});

test('projects are spread over the whole run', async () => {
  const ran = { 'machine/a': 4000, 'machine/b': 3000, 'machine/c': 1000, 'unit/x': 40, 'unit/y': 30, 'unit/z': 10 };
  const bytes = Object.fromEntries(Object.keys(ran).map(name => [name, 1]));
  const sorted = await order(bytes, ran);
  expect(sorted).toEqual(['machine/a', 'unit/x', 'machine/b', 'unit/y', 'machine/c', 'unit/z']);
});
