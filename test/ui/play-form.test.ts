import os from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { NO_PREFERENCES } from '../../source/session/app-services.js';
import { initialPlayValues, recordingPath, shownPath, withRecording } from '../../source/ui/play-form-values.js';
import { FakeServices, playSnapshot } from '../helpers/fake-sessions.js';
import { TERMINAL_SIZES } from '../helpers/fake-tui.js';
import { KEY, tuiOpener } from '../helpers/opened-tui.js';

const { open } = tuiOpener();
const TALK = path.resolve('talk.pglog');
const LESSON = path.resolve('/recordings/lesson 3.pglog');

function withRecordings(): FakeServices {
  const services = new FakeServices();
  services.recordings = [
    { file: TALK, bytes: 12_400_000, modifiedAt: new Date(2026, 0, 31, 14, 3).getTime() },
    { file: LESSON, bytes: 512, modifiedAt: new Date(2026, 0, 30, 9, 30).getTime() },
  ];
  return services;
}

async function form(services = withRecordings(), size: { columns?: number; rows?: number } = {}) {
  const tui = await open({ services, ...size });
  await tui.terminal.waitFor(/4 +Play a rec/);
  tui.terminal.press('4');
  await tui.terminal.waitFor('› play');
  return tui;
}

describe('the form for a recording', () => {
  test('lists recordings with size and date; an arrow and Enter play one, which is remembered', async () => {
    const { terminal, services } = await form();
    const screen = await terminal.waitFor('talk.pglog');
    expect(screen).toMatch(/talk\.pglog +12\.4 MB +2026-01-31 14:03/);
    expect(screen).toMatch(/lesson 3\.pglog +512 B +2026-01-30 09:30/);
    terminal.press(KEY.down, KEY.down);
    await terminal.waitFor(/Recording +\S*lesson 3\.pglog/);
    terminal.press(KEY.enter);
    await expect.poll(() => services.plays[0]?.options).toMatchObject({ file: LESSON, view: 'sdl', speed: 1 });
    expect(services.stored.recordings).toEqual([]);
    services.plays[0]!.emit({ type: 'snapshot', snapshot: playSnapshot() });
    await expect.poll(() => services.stored.recordings).toEqual([LESSON]);
  });

  test('plays a path that was typed, with the options that were chosen, and comes back to the menu', async () => {
    const { terminal, services } = await form();
    terminal.press(...'~/a b.pglog');
    await terminal.waitFor('~/a b.pglog');
    terminal.press(KEY.tab, KEY.right, KEY.tab, KEY.right, KEY.tab, KEY.right);
    await terminal.waitFor('this terminal');
    await terminal.waitFor('‹ 2x ›');
    terminal.press(KEY.enter);
    const file = path.join(os.homedir(), 'a b.pglog');
    await expect
      .poll(() => services.plays[0]?.options)
      .toMatchObject({ file, view: 'terminal', speed: 2, skipStill: true });
    expect(services.stored.play).toEqual({ view: 'terminal', speed: '2', still: 'on' });
    services.plays[0]!.emit({ type: 'snapshot', snapshot: playSnapshot({ frames: 30 }) });
    await terminal.waitFor('playing');
    terminal.press('q');
    expect(await terminal.waitFor('What would you like to do?')).toContain('Played 30 frames.');
    expect(await terminal.waitFor('▸ 4')).toContain('Play a recording');
  });

  test('an arrow from a typed path does not replace it', async () => {
    const { terminal } = await form();
    await terminal.waitFor('lesson 3');
    terminal.press(...'/x', KEY.down);
    await terminal.waitFor('▸ Show it in');
    expect(await terminal.waitFor(/Recording +\/x/)).not.toContain('▸ talk');
  });

  test('says that nothing was given, and after an error has the path again to be corrected', async () => {
    const { terminal, services } = await form(new FakeServices());
    await terminal.waitFor('No recordings yet.');
    terminal.press(KEY.enter);
    await terminal.waitFor('The path of the recording must not be empty.');
    expect(services.plays).toEqual([]);
    terminal.press(...'/no/such.pglog', KEY.enter);
    await expect.poll(() => services.plays.length).toBe(1);
    const error = { code: 'E_REPLAY_FILE', message: 'There is no such file.', remedy: '' } as const;
    services.plays[0]!.emit({ type: 'ended', error, frames: 0 });
    await terminal.waitFor('E_REPLAY_FILE');
    terminal.press(KEY.enter);
    await terminal.waitFor(/Recording +\/no\/such\.pglog/);
    expect(services.stored.recordings).toEqual([]);
    terminal.press(KEY.escape);
    await terminal.waitFor('What would you like to do?');
  });

  test('has help', async () => {
    const { terminal } = await form();
    terminal.press('?');
    expect(await terminal.waitFor('previous field or recording')).not.toContain('Show it in');
    terminal.press(KEY.escape);
    await terminal.waitFor('Show it in');
  });

  test.each([...TERMINAL_SIZES, [24, 6]] as const)('fits %i x %i', async (columns, rows) => {
    const { terminal } = await form(withRecordings(), { columns, rows });
    const lines = (await terminal.waitFor('Recording')).split('\n');
    expect(lines.length).toBeLessThanOrEqual(rows);
    expect(lines[0]).toContain('play');
    expect(lines.findLast(line => line.trim() !== '')).toContain('Esc back');
  });
});

describe('the path of a recording', () => {
  const home = path.resolve('/home/a');
  test.each([
    ['/x/y.pglog', path.resolve('/x/y.pglog')],
    ['  y.pglog ', path.resolve('y.pglog')],
    ['~/y.pglog', path.join(home, 'y.pglog')],
    ["'/x/with blank.pglog'", path.resolve('/x/with blank.pglog')],
    ['"y.pglog"', path.resolve('y.pglog')],
    ['~y.pglog', path.resolve('~y.pglog')],
    ['  ', ''],
  ])('%j', (typed, file) => expect(recordingPath(typed, home)).toBe(file));

  test.each(['y.pglog', 'b/~y', '~/y.pglog', "b/'y'"])('is read as it is shown: %s', name => {
    for (const folder of [path.join(home, 'now'), home, path.resolve('/')]) {
      const file = path.resolve(folder, name);
      const shown = shownPath(file, home, folder);
      const back =
        path.isAbsolute(shown) || /^~[/\\]/.test(shown) ? recordingPath(shown, home) : path.resolve(folder, shown);
      expect(back).toBe(file);
    }
  });
});

test('remembered values that make no sense give way to the defaults', () => {
  const play = { view: 'hologram', speed: '3', still: 'perhaps' };
  const values = initialPlayValues({ ...NO_PREFERENCES, play }, '');
  expect(values).toEqual({ file: '', view: 'sdl', speed: '1', still: 'off' });
});

test('a recording that is played again moves to the front of the list', () => {
  const before = { ...NO_PREFERENCES, recordings: ['/a', '/b', '/c'] };
  expect(withRecording(before, '/c').recordings).toEqual(['/c', '/a', '/b']);
});
