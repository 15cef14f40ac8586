import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startDumpcap, stopDumpcap } from '../../source/analysis/dumpcap.js';

test.runIf(process.platform === 'linux')(
  'Ctrl-C in the terminal does not reach it, and it ends when it is stopped',
  async () => {
    const child = startDumpcap(['-h'], 'ignore');
    const ended = once(child, 'close');
    const [, , group] = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    expect(Number(group)).toBe(child.pid);
    stopDumpcap(child);
    await ended;
  },
);
