import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesText } from '../../source/core/bytes-text.js';
import { nextCap, stepLevel, stepQuality } from '../../source/session/steps.js';
import * as format from '../../source/ui/format.js';
import { bar, graph, roundUp, scaleFor, timeAxis } from '../../source/ui/graph.js';
import { halfBlocks, pictureSize } from '../../source/ui/half-blocks.js';
import { barOf, bindingsOf, KEYS, type KeyScreen } from '../../source/ui/keys.js';
import { dashboardLayout, type PanelName, SHARE_PANELS } from '../../source/ui/layout.js';
import { padTo, truncate, widthOf, wrap } from '../../source/ui/text.js';
import { beginEditing, edit } from '../../source/ui/text-editing.js';

const screens = Object.keys(KEYS) as KeyScreen[];
const positive = fc.oneof(fc.double({ min: 0, max: 1e12, noNaN: true }), fc.nat());

describe('figures', () => {
  test('keep their widths', () => {
    fc.assert(
      fc.property(positive, value => {
        expect(format.rate(value)).toHaveLength(5);
        expect(format.bytes(value)).toHaveLength(7);
        expect(format.ratio(value)).toHaveLength(7);
        expect(format.ms(Math.min(value, 9999))).toHaveLength(4);
        expect(format.milliseconds(Math.min(value, 9999))).toHaveLength(7);
        expect(format.countText(value).length).toBeLessThanOrEqual(10);
      }),
    );
  });

  test('are written as people write them', () => {
    expect(bytesText(28_400)).toBe('28.4 kB');
    expect(bytesText(999.6)).toBe('1.00 kB');
    expect(format.countText(1_234_567)).toBe('1,234,567');
    expect(format.elapsed(3_725_000)).toBe('1:02:05');
    expect(format.ratio(110.2).trim()).toBe('110:1');
    expect(format.milliseconds(null).trim()).toBe('-');
  });
});

describe('graphs', () => {
  test('are as wide and high as asked, and never above their scale', () => {
    fc.assert(
      fc.property(
        fc.array(positive, { maxLength: 400 }),
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 1, max: 12 }),
        fc.boolean(),
        (values, columns, rows, braille) => {
          const lines = graph(values, scaleFor(values), { columns, rows, braille });
          expect(lines).toHaveLength(rows);
          for (const line of lines) expect(line).toHaveLength(columns);
        },
      ),
    );
  });

  test('draw their values', () => {
    const scale = { least: 0, most: 4 };
    expect(graph([1, 2, 3, 4], scale, { columns: 2, rows: 1, braille: true })).toEqual(['⣠⣾']);
    expect(graph([0, 4], scale, { columns: 2, rows: 1, braille: false })).toEqual([' █']);
    expect(graph([0.001], scale, { columns: 1, rows: 1, braille: false })).toEqual(['▁']);
  });

  test('the scale is a round number at or above the values', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), value => {
        expect(roundUp(value)).toBeGreaterThanOrEqual(value * 0.999_99);
        expect(roundUp(value)).toBeLessThanOrEqual(value * 1.51);
      }),
    );
    expect(roundUp(0)).toBe(1);
  });

  test('a bar is filled by its share', () => {
    expect(bar(0.5, 4)).toBe('██  ');
    expect(bar(2, 4)).toBe('████');
    expect(bar(0, 4)).toBe('    ');
  });
});

describe('text', () => {
  const texts = fc.string({ unit: 'grapheme', maxLength: 60 });

  test('fits any width, wide characters included', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 40 }), (text, width) => {
        expect(widthOf(truncate(text, width))).toBeLessThanOrEqual(width);
        expect(widthOf(padTo(text, width))).toBe(width);
        // A grapheme may be three columns wide, and is never split.
        for (const line of wrap(text, Math.max(3, width)))
          expect(widthOf(line)).toBeLessThanOrEqual(Math.max(3, width));
      }),
    );
    expect(truncate('日本語', 4)).toBe('日…');
  });

  test('editing: marked text is replaced, the rest is edited in place', () => {
    const entry = { accepts: /\d/, longest: 5 };
    const type = (...keys: string[]) => keys.reduce((editing, key) => edit(editing, key, entry), beginEditing('60'));
    expect(type('3').text).toBe('3');
    expect(type('right', '5').text).toBe('605');
    expect(type('left', '1').text).toBe('160');
    expect(type('end', 'backspace', 'x').text).toBe('6');
    expect(type('backspace').text).toBe('');
    expect(type('end', '1', '2', '3', '4').text).toBe('60123');
  });
});

describe('the table of keys', () => {
  test('gives a key one meaning on a screen', () => {
    for (const screen of screens) {
      const keys = bindingsOf(screen).flatMap(binding => binding.keys);
      expect(new Set(keys).size, screen).toBe(keys.length);
    }
  });

  test('the bar fits any width, keeps the way out, and only shows keys that exist', () => {
    // The picture's window has no bar.
    for (const screen of screens.filter(screen => screen !== 'window')) {
      for (let columns = 12; columns < 200; columns++) {
        const items = barOf(screen, columns);
        const width = items.map(item => `${item.keys} ${item.label}`).join('  ').length;
        expect(width).toBeLessThanOrEqual(columns);
        const out = bindingsOf(screen).find(binding => binding.rank === 0);
        expect(items.map(item => item.label)).toContain(out?.bar);
      }
    }
  });
});

const WATCH_PANELS: readonly PanelName[] = ['fps', 'mbit', 'delay', 'rtt', 'figures', 'link', 'encodings', 'notices'];
const SCREENS: readonly (readonly PanelName[])[] = [
  SHARE_PANELS,
  WATCH_PANELS,
  WATCH_PANELS.filter(name => name !== 'delay' && name !== 'encodings'),
  WATCH_PANELS.filter(name => name !== 'rtt' && name !== 'link'),
  ['fps', 'mbit', 'figures', 'notices', 'picture'],
];

describe('the layout of a dashboard', () => {
  test('lies within the terminal, without overlaps, with the chosen panel shown', () => {
    const size = { columns: fc.integer({ min: 24, max: 300 }), rows: fc.integer({ min: 6, max: 100 }) };
    const preferences = fc.record({
      ...size,
      panels: fc.constantFrom(...SCREENS),
      focus: fc.integer({ min: -1, max: 7 }),
      enlarged: fc.boolean(),
      viewerRows: fc.integer({ min: 2, max: 66 }),
      topRows: fc.constantFrom(0, 3, 4, 5),
    });
    fc.assert(
      fc.property(preferences, wish => {
        const focus = wish.panels[wish.focus] ?? null;
        const layout = dashboardLayout({ ...wish, focus, figureRows: 4 });
        if (focus !== null && wish.rows >= 19) expect(layout.panels[focus], focus).toBeDefined();
        const taken = new Uint8Array(wish.rows * wish.columns);
        const bottom = wish.rows - 1 - layout.noticeRows;
        let overlaps = 0;
        for (const area of Object.values(layout.panels)) {
          expect(area.width).toBeGreaterThanOrEqual(3);
          expect(area.height).toBeGreaterThanOrEqual(3);
          expect(area.row).toBeGreaterThanOrEqual(1 + layout.top.height);
          expect(area.column + area.width).toBeLessThanOrEqual(wish.columns);
          expect(area.row + area.height).toBeLessThanOrEqual(bottom);
          for (let row = area.row; row < area.row + area.height; row++) {
            for (let column = area.column; column < area.column + area.width; column++) {
              overlaps += taken[row * wish.columns + column]!++;
            }
          }
        }
        expect(overlaps).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    [80, 24, 11],
    [100, 30, 17],
    [160, 50, 18],
  ])('thirty viewers have the room at %i x %i: %i of them are seen', (columns, rows, seen) => {
    const layout = dashboardLayout({
      columns,
      rows,
      panels: SHARE_PANELS,
      focus: null,
      enlarged: false,
      topRows: 4,
      figureRows: 4,
      viewerRows: 31,
    });
    expect(layout.panels.viewers!.height - 3).toBeGreaterThanOrEqual(seen);
  });

  test('a watcher has every panel at 160x50, and four charts at 80x24', () => {
    const preferences = {
      panels: WATCH_PANELS,
      focus: null,
      enlarged: false,
      topRows: 0,
      figureRows: 4,
      viewerRows: 0,
    };
    expect(Object.keys(dashboardLayout({ ...preferences, columns: 160, rows: 50 }).panels).sort()).toEqual(
      [...WATCH_PANELS].sort(),
    );
    const small = dashboardLayout({ ...preferences, columns: 80, rows: 24 }).panels;
    expect(Object.keys(small).sort()).toEqual(['delay', 'fps', 'figures', 'mbit', 'notices', 'rtt'].sort());
  });
});

describe('the time below a graph', () => {
  const times = (count: number, step: number) => Array.from({ length: count }, (_, index) => index * step);

  test('labels the ages of the values above', () => {
    expect(timeAxis(times(80, 500), { columns: 40, braille: true }, 'now')).toBe(
      ' 40 s ago ──────── 22 s ─────────── now ',
    );
    expect(timeAxis(times(40, 500), { columns: 40, braille: true }, 'now')).toBe(
      '──────────────────── 20 s ago ───── now ',
    );
    expect(timeAxis(times(30, 60_000), { columns: 30, braille: false }, '')).toContain(' 29 min ago ');
    expect(timeAxis([], { columns: 5, braille: true }, 'now')).toBe('─────');
  });

  test('is as wide as the graph', () => {
    for (let columns = 1; columns < 120; columns++) {
      for (const count of [0, 1, 7, 100, 320]) {
        expect(timeAxis(times(count, 250), { columns, braille: true }, 'now')).toHaveLength(columns);
      }
    }
  });
});

describe('pictures in half blocks', () => {
  test('two rows of pixels make a row of cells', () => {
    const rgb = new Uint8Array([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9]);
    const [line] = halfBlocks({ columns: 2, rows: 2, rgb }, 'true');
    expect(line).toBe('\u001b[38;2;255;0;0;48;2;0;0;255m▀\u001b[38;2;0;255;0;48;2;9;9;9m▀');
    expect(halfBlocks({ columns: 2, rows: 2, rgb }, '256')).toEqual([
      '\u001b[38;5;196;48;5;21m▀\u001b[38;5;46;48;5;232m▀',
    ]);
    expect(halfBlocks({ columns: 1, rows: 2, rgb: new Uint8Array(6).fill(255) }, 'characters')).toEqual(['@']);
    const banner = 'paused now';
    const lines = halfBlocks({ columns: 8, rows: 10, rgb: new Uint8Array(240).fill(255), banner }, 'characters');
    const words = (text: string) => `\u001b[0;1;7m${text}\u001b[0m`;
    expect(lines).toEqual(['@@@@@@@@', words(' paused '), words('  now   '), '@@@@@@@@', '@@@@@@@@']);
  });

  test('keep their aspect within the cells', () => {
    expect(pictureSize({ columns: 80, rows: 20 }, 16 / 9)).toEqual({ columns: 71, rows: 40 });
    expect(pictureSize({ columns: 20, rows: 20 }, 2)).toEqual({ columns: 20, rows: 10 });
  });
});

test('steps stay in their ranges', () => {
  expect([stepLevel(9, 1), stepLevel(0, -1), stepLevel(4, 1)]).toEqual([9, 0, 5]);
  expect([stepQuality('auto', 1), stepQuality(100, 1), stepQuality(10, -1), stepQuality('lossless', 1)]).toEqual([
    80,
    100,
    10,
    'lossless',
  ]);
  expect([nextCap(60), nextCap(240), nextCap(17)]).toEqual([120, 5, 24]);
});
