import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ClassicPeer } from '../helpers/classic-peer.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { Terminal } from '../helpers/terminal.js';
import { XPainter } from '../helpers/x-painter.js';
import { startXvfb } from '../helpers/xvfb.js';

const started = stopAfterEach();
const SIZE = { width: 1366, height: 768 };

/** The compression ratio on the dashboard, e.g. 30.6 of "ratio 30.6:1". */
function ratioOn(screen: string): number {
  return Number(/ratio\s+([\d.]+):1/.exec(screen)?.[1] ?? Number.NaN);
}

async function untilRatio(terminal: Terminal, holds: (ratio: number) => boolean): Promise<number> {
  for (;;) {
    const ratio = ratioOn(await terminal.waitFor(/ratio\s+[\d.]+:1/));
    if (holds(ratio)) return ratio;
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}

/** What is typed before the program has ended is the program's, not the shell's. */
async function untilEnded(terminal: Terminal): Promise<void> {
  const runs = () => {
    try {
      return terminal.process('launcher') > 0;
    } catch {
      return false;
    }
  };
  while (runs()) await new Promise(resolve => setTimeout(resolve, 50));
}

/**
 * Ports that the system picks, as if they had been chosen the last time: the usual ones may be taken on this machine.
 */
function rememberFreePorts(home: string): void {
  const folder = path.join(home, 'config/peerglass');
  mkdirSync(folder, { recursive: true });
  const share = { classic: 'on', classicPort: '0', rfbPort: '0', web: 'off' };
  writeFileSync(path.join(folder, 'preferences.json'), JSON.stringify({ peers: [], share, watch: {} }));
}

/** Gives the screen some weight, and something that goes on moving. */
async function paintDesktop(display: string): Promise<{ stop(): Promise<void> }> {
  const painter = await XPainter.open(display);
  const noise = new Uint8Array(400 * 300 * 3);
  for (let at = 0; at < noise.length; at++) noise[at] = Math.imul(at, 2_654_435_761) >>> 24;
  painter.drawImage(50, 50, 400, 300, noise);
  let number = 0;
  const timer = setInterval(() => painter.drawNumber(++number, 600, 500), 100);
  return {
    async stop() {
      clearInterval(timer);
      await painter.close();
    },
  };
}

test('press 1 and Enter, let a viewer in, turn the level, and leave with the terminal as it was', async () => {
  const display = started(await startXvfb(SIZE));
  started(await paintDesktop(display.display));
  const terminal = new Terminal({ columns: 110, rows: 34, environment: { DISPLAY: display.display } });
  started({ stop: async () => terminal.close() });
  rememberFreePorts(terminal.home);
  const before = await terminal.ask('stty -g');

  terminal.peerglass();
  await terminal.waitFor('Share my screen');
  terminal.keys('z');
  await terminal.waitFor('Invalid choice');
  terminal.keys('1');
  await terminal.waitFor(/1366x768/);
  terminal.keys('Enter');
  const port = Number(
    /Python program: \S+ port (\d+)/.exec(await terminal.waitFor(/Python program: \S+ port \d+/))?.[1],
  );

  const viewer = started(ClassicPeer.watch({ port, size: SIZE }));
  await terminal.waitFor(/127\.0\.0\.1 .*(asks|wants)/i);
  expect(viewer.frames).toHaveLength(0);
  await terminal.answerable();
  terminal.keys('y');
  await terminal.waitFor(/127\.0\.0\.1\s+classic/);
  await viewer.moreFrames(5);

  const usual = await untilRatio(terminal, ratio => ratio > 1.5);
  terminal.keys('0');
  await untilRatio(terminal, ratio => ratio > 0.9 && ratio < 1.1);
  terminal.keys('9');
  await untilRatio(terminal, ratio => ratio >= usual * 0.95);

  terminal.keys('q');
  await terminal.waitFor(/\by\b.*\bn\b/s);
  await terminal.answerable();
  terminal.keys('y');
  await terminal.waitFor('Watch a screen');
  await viewer.until(() => viewer.events.some(({ event }) => event === 'closed'));
  terminal.keys('q');
  await untilEnded(terminal);
  expect(await terminal.ask('stty -g')).toBe(before);
  expect(terminal.modes()).toEqual({ alternate: false, cursor: true });
});
