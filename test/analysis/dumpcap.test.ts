import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startDumpcap, stopDumpcap } from '../../source/analysis/dumpcap.js';

test('Ctrl-C in the terminal does not reach it, and it ends when it is told', async () => {
  if (!existsSync('/proc/self/stat')) return;
  const child = startDumpcap(['-h'], 'ignore');
  const ended = once(child, 'close');
  const [, , group] = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  expect(Number(group)).toBe(child.pid);
  stopDumpcap(child);
  await ended;
});
