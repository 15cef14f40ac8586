import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../source/cli/arguments.js';
import type { PlayFileCommand } from '../../source/cli/command.js';
import { headlessPlay } from '../../source/cli/headless-play.js';
import type { Thumbnail } from '../../source/session/messages.js';
import { FakeServices, playSnapshot } from '../helpers/fake-sessions.js';

const parse = (line: string) => parseArguments(line.split(' '));

describe('peerglass play', () => {
  test('takes a file, and how to play it', () => {
    expect(parse('play a.pglog')).toMatchObject({
      kind: 'play',
      options: {
        ...{ file: 'a.pglog', view: 'sdl', scale: 'fit', fullscreen: false, at: null, speed: 1 },
        ...{ skipStill: false, threads: 'auto', snapshotFile: null, endsAtEnd: false },
      },
      run: { headless: false },
    });
    expect(
      parse('play a.pglog --at 1:02:03.5 --speed 0.5 --skip-still --threads 3 --view terminal --headless'),
    ).toMatchObject({
      options: { at: 3723.5, speed: 0.5, skipStill: true, threads: 3, view: 'terminal', endsAtEnd: true },
      run: { headless: true },
    });
    // A picture needs no dashboard and no window.
    expect(parse('play a.pglog --snapshot a.png --at 90')).toMatchObject({
      options: { snapshotFile: 'a.png', at: 90, view: 'none' },
      run: { headless: true },
    });
  });

  test('makes a page', () => {
    expect(parse('play a.pglog --html a.html')).toEqual({ kind: 'play-page', file: 'a.pglog', page: 'a.html' });
  });

  test.each([
    ['play a --html b --at 3', 'leave --at out'],
    ['play', 'needs a recording'],
    ['play a b', 'Unexpected argument'],
    ['play a --at 1:2:3:4', 'typed as 90, 1:30'],
    ['play a --speed 20', 'from 0.25 to 16'],
    ['play a --speed 0.1', 'from 0.25 to 16'],
    ['play a --snapshot a.png --view sdl', 'leave --view out'],
    ['play a --json', '--json needs --headless'],
    ['play a --code x', 'no flag --code'],
    ['demo --record a', 'no flag --record'],
  ])('%s is refused', (line, why) => {
    expect(() => parse(line)).toThrow(why);
  });

  test('records of share and watch go to a file', () => {
    expect(parse('share --record a.pglog')).toMatchObject({ options: { recordFile: 'a.pglog' } });
    expect(parse('watch host --record b.pglog')).toMatchObject({ options: { recordFile: 'b.pglog' } });
  });
});

function begin(line: string) {
  const services = new FakeServices();
  const told: string[] = [];
  const printed: { positionMs: number }[] = [];
  const drawn: (string | Thumbnail)[] = [];
  let interrupt: (exitCode: number) => void = () => {};
  const done = headlessPlay(parse(line) as PlayFileCommand, {
    services,
    tell: text => told.push(text),
    print: text => printed.push(JSON.parse(text)),
    onInterrupt: listener => {
      interrupt = listener;
    },
    pictures: line.includes('terminal')
      ? {
          open: resized => resized({ columns: 80, rows: 24 }),
          say: text => drawn.push(text),
          draw: picture => drawn.push(picture),
          close: () => drawn.push('close'),
        }
      : null,
  });
  return { play: services.plays[0]!, told, printed, drawn, done, interrupt: (code: number) => interrupt(code) };
}

describe('a headless player', () => {
  test('prints a snapshot a second, and the last one', async () => {
    const { play, printed, done } = begin('play a.pglog --headless --json --view none');
    for (const ms of [0, 250, 500, 1000, 1250, 2000, 2100]) {
      play.emit({ type: 'snapshot', snapshot: playSnapshot({ t: 5000 + ms, positionMs: ms }) });
    }
    play.emit({ type: 'ended', error: null, frames: 3 });
    expect(await done).toBe(0);
    expect(printed.map(({ positionMs }) => positionMs)).toEqual([0, 1000, 2000, 2100]);
  });

  test('tells what went wrong, and fails', async () => {
    const { play, told, done } = begin('play a.pglog --headless');
    play.emit({ type: 'notice', tone: 'warning', text: 'a part is damaged', code: 'E_REPLAY_FILE' });
    const error = { code: 'E_SDL_MISSING', message: 'No SDL.', remedy: '' } as const;
    play.emit({ type: 'ended', error, frames: 0 });
    expect(await done).toBe(1);
    expect(told).toEqual(['E_REPLAY_FILE: a part is damaged', expect.stringContaining('E_SDL_MISSING')]);
  });

  test('draws in the terminal, and ends with an interrupt', async () => {
    const { play, told, drawn, done, interrupt } = begin('play a.pglog --headless --view terminal');
    expect(play.sent).toEqual([{ type: 'terminal-cells', columns: 80, rows: 24 }]);
    const thumbnail = { columns: 2, rows: 2, rgb: new Uint8Array(12) };
    play.emit({ type: 'picture', thumbnail });
    play.emit({ type: 'notice', tone: 'info', text: 'cut off' });
    expect(told).toEqual([]);
    interrupt(130);
    expect(await done).toBe(130);
    expect(play.stopped).toBe(true);
    expect(drawn).toEqual([thumbnail, 'close']);
    expect(told).toEqual(['cut off']);
  });
});
