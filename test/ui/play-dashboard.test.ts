import { expect, test } from 'vitest';
import type { PlayOptions } from '../../source/session/play-options.js';
import { playSnapshot } from '../helpers/fake-sessions.js';
import { TERMINAL_SIZES } from '../helpers/fake-tui.js';
import { KEY, tuiOpener } from '../helpers/opened-tui.js';

const OPTIONS: PlayOptions = {
  ...{ file: 'talk.pglog', view: 'sdl', scale: 'fit', fullscreen: false, at: null, speed: 1, skipStill: false },
  ...{ threads: 'auto', snapshotFile: null, endsAtEnd: false, terminalCells: null },
};
const { open } = tuiOpener();

async function playing(options: Partial<PlayOptions> = {}, size: { columns?: number; rows?: number } = {}) {
  const tui = await open({ ...size, start: { kind: 'play', options: { ...OPTIONS, ...options } } });
  await expect.poll(() => tui.services.plays.length).toBe(1);
  const play = tui.services.plays[0]!;
  play.emit({ type: 'snapshot', snapshot: playSnapshot({ positionMs: 65_000, durationMs: 3_725_000 }) });
  return { ...tui, play };
}

test('the dashboard says where a recording is, and sends what its keys mean', async () => {
  const { terminal, play } = await playing();
  const screen = await terminal.waitFor('1:05 / 1:02:05');
  for (const part of ['● playing', 'office', '1280x720', 'change 12 of 345']) expect(screen).toContain(part);
  terminal.press(' ');
  await expect.poll(() => play.sent).toContainEqual({ type: 'play', on: false });
  play.emit({ type: 'snapshot', snapshot: playSnapshot({ state: 'paused', positionMs: 70_000 }) });
  await terminal.waitFor('● paused');
  for (const key of ['\u001b[C', '.', ']', '9', 'i', 's']) terminal.press(key);
  await expect
    .poll(() => play.sent.filter(({ type }) => type !== 'terminal-cells').slice(1))
    .toMatchObject([
      { type: 'seek-by', ms: 5000 },
      { type: 'step', updates: 1 },
      { type: 'speed', speed: 2 },
      { type: 'seek', ms: 108_000 },
      { type: 'skip-still', on: true },
      { type: 'save-picture', file: expect.stringMatching(/^peerglass-play-.*png$/) },
    ]);
  terminal.press('?');
  await terminal.waitFor('pause, and one change forward');
  terminal.press(KEY.escape);
  await terminal.waitFor('● paused');
});

test('the picture of a recording is drawn in the terminal', async () => {
  const { terminal, play } = await playing({ view: 'terminal' });
  await terminal.waitFor('Recording');
  await expect.poll(() => play.sent).toContainEqual({ type: 'terminal-cells', columns: 76, rows: 11 });
  const rgb = new Uint8Array(10 * 10 * 3).fill(200);
  play.emit({ type: 'picture', thumbnail: { columns: 10, rows: 10, rgb } });
  await terminal.waitFor('▀▀▀▀▀▀▀▀▀▀');
});

test('a recording that cannot be read is told, and the way back is out', async () => {
  const { terminal, play, tui } = await playing();
  const error = { code: 'E_REPLAY_FILE', message: 'The recording cannot be read.', remedy: '' } as const;
  play.emit({ type: 'ended', error, frames: 0 });
  await terminal.waitFor('E_REPLAY_FILE');
  terminal.press(KEY.enter);
  expect(await tui.done).toBe(1);
});

test.each(TERMINAL_SIZES)('fits %i x %i', async (columns, rows) => {
  for (const view of ['sdl', 'terminal'] as const) {
    const { terminal } = await playing({ view }, { columns, rows });
    const lines = (await terminal.waitFor('1:05')).split('\n');
    expect(lines.length).toBeLessThanOrEqual(rows);
    expect(lines[0]).toContain('peerglass');
    expect(lines.findLast(line => line.trim() !== '')).toContain('end');
  }
});
