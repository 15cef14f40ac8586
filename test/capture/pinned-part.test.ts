import { describe, expect, test } from 'vitest';
import { numbered, type PinnableMonitor, PinnedPart, type ScreenTarget } from '../../source/capture/pinned-part.js';
import type { Rectangle } from '../../source/core/rectangle.js';

const SCREEN: Rectangle = { x: 0, y: 0, width: 4000, height: 3000 };
const BY_OUTPUT = { idsChange: false };
const BY_NAME = { idsChange: true };

interface Plugged {
  readonly name: string;
  readonly at: readonly [x: number, y: number, width: number, height: number];
  readonly id?: string;
  readonly primary?: boolean;
  readonly outputs?: PinnableMonitor['outputs'];
}

function monitors(...plugged: readonly Plugged[]): PinnableMonitor[] {
  return numbered(
    plugged.map(({ name, at: [x, y, width, height], id = '', primary = false, outputs = [{ name, id }] }) => ({
      name,
      primary,
      outputs,
      geometry: { x, y, width, height },
    })),
  );
}

const LAPTOP: Plugged = { name: 'eDP-1', id: 'laptop', at: [0, 0, 1920, 1080], primary: true };
const DELL: Plugged = { name: 'HDMI-1', id: 'dell', at: [1920, 0, 1280, 1024] };
const BEAMER: Plugged = { name: 'DP-2', id: 'beamer', at: [0, 1080, 800, 600] };

function pin(target: ScreenTarget, now: readonly PinnableMonitor[], rules = BY_OUTPUT): PinnedPart {
  return PinnedPart.choose(target, now, SCREEN, rules);
}

const gone = (message: string) => expect.objectContaining({ code: 'E_SOURCE_GONE', message });
const HDMI_OFF = gone('Monitor HDMI-1 is off or unplugged.');

describe('a monitor', () => {
  const second = () => pin({ kind: 'monitor', number: 2 }, monitors(LAPTOP, DELL));

  test.each([
    ['when another one is plugged in before it', [LAPTOP, BEAMER, DELL]],
    [
      'when it becomes the primary one',
      [
        { ...LAPTOP, primary: false },
        { ...DELL, primary: true },
      ],
    ],
    ['when the other one is unplugged', [DELL]],
    ['when it is mirrored', [LAPTOP, DELL, { ...BEAMER, primary: true, at: DELL.at }]],
  ] as const)('stays the one that had the number: %s', (_, now) => {
    expect(second().locate(monitors(...now), SCREEN)).toMatchObject({
      area: { x: 1920, y: 0, width: 1280, height: 1024 },
      description: 'monitor HDMI-1',
    });
  });

  test('is followed to another place and another resolution', () => {
    const now = monitors({ ...LAPTOP, at: [1024, 0, 1920, 1080] }, { ...DELL, at: [0, 0, 1024, 768] });
    expect(second().locate(now, SCREEN).area).toEqual({ x: 0, y: 0, width: 1024, height: 768 });
  });

  test('that is unplugged is gone, and never another one, also not one at its place', () => {
    const part = second();
    expect(() => part.locate(monitors(LAPTOP), SCREEN)).toThrow(HDMI_OFF);
    expect(() => part.locate(monitors(LAPTOP, { ...BEAMER, at: DELL.at }), SCREEN)).toThrow(HDMI_OFF);
    expect(part.locate(monitors(LAPTOP, DELL), SCREEN).area.x).toBe(1920);
  });

  test('is another one when another is plugged in at the same output', () => {
    expect(() => second().locate(monitors(LAPTOP, { ...DELL, id: 'a friend' }), SCREEN)).toThrow(
      gone('Another monitor is now plugged in at HDMI-1.'),
    );
  });

  test('is chosen by its name, whatever its capitals', () => {
    const now = monitors(LAPTOP, DELL);
    for (const output of ['HDMI-1', 'hdmi-1']) {
      expect(pin({ kind: 'output', output }, now).locate(now, SCREEN).description).toBe('monitor HDMI-1');
    }
    expect(() => pin({ kind: 'output', output: 'VGA-1' }, now)).toThrow(
      expect.objectContaining({
        code: 'E_NO_SUCH_MONITOR',
        message: 'There is no monitor called "VGA-1".',
        remedy: 'There are: 1 (eDP-1, 1920x1080), 2 (HDMI-1, 1280x1024).',
      }),
    );
    expect(() => pin({ kind: 'monitor', number: 3 }, now)).toThrow('There is no monitor 3.');
  });

  test('that shows the same as another has its number, and is found by its own name', () => {
    const now = monitors(LAPTOP, { ...BEAMER, at: LAPTOP.at }, DELL);
    expect(now.map(({ name, number }) => [name, number])).toEqual([
      ['eDP-1', 1],
      ['DP-2', 1],
      ['HDMI-1', 2],
    ]);
    const part = pin({ kind: 'output', output: 'DP-2' }, now);
    expect(() => part.locate(monitors(LAPTOP, DELL), SCREEN)).toThrow('Monitor DP-2 is off or unplugged.');
  });

  test('is found by its output where several show one picture', () => {
    const both = [
      { name: 'eDP-1', id: 'laptop' },
      { name: 'HDMI-1', id: 'dell' },
    ];
    const cloned = monitors({ name: 'eDP-1', at: [0, 0, 1024, 768], outputs: both });
    expect(second().locate(cloned, SCREEN).area).toEqual({ x: 0, y: 0, width: 1024, height: 768 });
  });

  test('where ids change is found by a name that only it ever had', () => {
    const part = pin({ kind: 'monitor', number: 2 }, monitors(LAPTOP, DELL), BY_NAME);
    expect(part.locate(monitors(LAPTOP, BEAMER, { ...DELL, id: 'new' }), SCREEN).area.x).toBe(1920);
    const twin: Plugged = { name: 'HDMI-1', id: 'twin', at: [3200, 0, 800, 600] };
    const oneOfTwo = pin({ kind: 'monitor', number: 2 }, monitors(LAPTOP, DELL, twin), BY_NAME);
    expect(() => oneOfTwo.locate(monitors(LAPTOP, { ...twin, id: 'new' }), SCREEN)).toThrow('Another monitor');
  });
});

describe('a region', () => {
  const region = (x: number, y: number, width: number, height: number) =>
    ({ kind: 'region', region: { x, y, width, height } }) as const;

  test('goes where its monitor goes', () => {
    const part = pin(region(2000, 100, 300, 200), monitors(LAPTOP, DELL));
    const now = monitors({ ...DELL, at: [0, 0, 1280, 1024] }, { ...LAPTOP, at: [1280, 0, 1920, 1080] });
    expect(part.locate(now, SCREEN)).toMatchObject({ area: { x: 80, y: 100, width: 300, height: 200 } });
  });

  test('is gone with its monitor, also when another one is where that was', () => {
    const part = pin(region(2000, 100, 300, 200), monitors(LAPTOP, DELL));
    expect(() => part.locate(monitors(LAPTOP, { ...BEAMER, at: DELL.at }), SCREEN)).toThrow(
      gone('Monitor HDMI-1, which the region is on, is off or unplugged.'),
    );
  });

  test('is gone when its monitor has become too small for it', () => {
    const part = pin(region(2000, 100, 1000, 800), monitors(LAPTOP, DELL));
    expect(() => part.locate(monitors(LAPTOP, { ...DELL, at: [1920, 0, 1024, 768] }), SCREEN)).toThrow(
      gone('The region 1000x800+2000+100 is no longer on the screen.'),
    );
  });

  test('on two monitors lasts while they stand side by side as they did', () => {
    const part = pin(region(1800, 0, 400, 300), monitors(LAPTOP, DELL));
    const down = monitors({ ...LAPTOP, at: [0, 500, 1920, 1080] }, { ...DELL, at: [1920, 500, 1280, 1024] });
    expect(part.locate(down, SCREEN).area).toEqual({ x: 1800, y: 500, width: 400, height: 300 });
    const apart = monitors(LAPTOP, { ...DELL, at: [1920, 300, 1280, 1024] });
    expect(() => part.locate(apart, SCREEN)).toThrow('is no longer on the screen');
  });

  test('does not mind that a mirror of its monitor is unplugged', () => {
    const part = pin(region(100, 100, 400, 300), monitors(LAPTOP, { ...BEAMER, at: LAPTOP.at }));
    expect(part.locate(monitors(LAPTOP), SCREEN).area).toEqual({ x: 100, y: 100, width: 400, height: 300 });
  });

  test('lies inside the screen at first', () => {
    expect(() => pin(region(3900, 0, 200, 100), monitors(LAPTOP))).toThrow(
      expect.objectContaining({ code: 'E_REGION', message: 'The region 200x100+3900+0 does not fit on the screen.' }),
    );
  });
});

test('all monitors are those that there are, by name', () => {
  const part = pin({ kind: 'all' }, monitors(LAPTOP, DELL));
  expect(part.locate(monitors(LAPTOP, DELL, BEAMER), SCREEN)).toEqual({
    area: { x: 0, y: 0, width: 3200, height: 1680 },
    description: 'all 3 monitors',
    monitors: ['eDP-1', 'DP-2', 'HDMI-1'],
  });
  expect(part.locate(monitors(DELL), SCREEN)).toMatchObject({ description: 'the whole screen', monitors: ['HDMI-1'] });
  expect(() => part.locate([], SCREEN)).toThrow('All monitors are off.');
});
