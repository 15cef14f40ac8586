import { describe, expect, test } from 'vitest';
import type { BakeoffReport, BakeoffRow, EncodingChoice } from '../../source/session/bakeoff.js';
import { type FakeShare, shareSnapshot, viewer } from '../helpers/fake-sessions.js';
import { KEY, PAGE_SIZES, tuiOpener } from '../helpers/opened-tui.js';

const { enter: ENTER, escape: ESCAPE, up: UP, down: DOWN, pageDown: PAGE_DOWN } = KEY;
const opener = tuiOpener();
const sharing = (columns = 80, rows = 24) => opener.sharing('rfb', { columns, rows });

function row(choice: EncodingChoice, change: Partial<BakeoffRow> = {}): BakeoffRow {
  const levels = choice.level === null ? null : { least: choice.level, most: choice.level };
  const figures = { ms: 1.5, bytes: 12_345, ratio: 31.4, fps: 60, limit: 'cap', least: false } as const;
  const qualities = choice.jpeg && { least: choice.jpeg.quality, most: choice.jpeg.quality };
  return { choice, levels, qualities, ...figures, present: false, best: false, ...change };
}

const ZRLE_4 = { encoding: 'zrle', level: 4, jpeg: null } as const;
const JPEG = { encoding: 'tight', level: 2, jpeg: { quality: 75, subsampling: '4:2:2' } } as const;
const RAW = { encoding: 'raw', level: null, jpeg: null } as const;

const ROWS = [
  row(ZRLE_4, { levels: { least: 4, most: 5 }, best: true }),
  row(JPEG, { levels: { least: 2, most: 3 }, present: true, fps: 58.2 }),
  ...Array.from({ length: 20 }, (_, index) =>
    row({ encoding: index < 10 ? 'zlib' : 'tight', level: index % 10, jpeg: null }, { ratio: index }),
  ),
  row(RAW, { fps: 3.1, least: true, limit: 'link' }),
];

function report(change: Partial<BakeoffReport> = {}): BakeoffReport {
  return {
    state: 'done',
    problem: null,
    viewer: { id: 2, address: '192.168.1.87', wire: 'rfb' },
    frames: { count: 10, whole: false, pixels: 28_505, from: 1_700_000_000_000, to: 1_700_000_002_000, part: 1 },
    link: { bytesPerSecond: 1_250_000, least: true, by: 'seen' },
    fpsCap: 60,
    total: ROWS.length,
    tried: (change.rows ?? ROWS).length,
    rows: ROWS,
    ...change,
  };
}

const asked = (share: FakeShare) => share.sent.filter(({ type }) => type === 'bakeoff' || type === 'end-bakeoff');
const applied = (share: FakeShare) => share.sent.filter(({ type }) => type === 'encode-as');

describe('the bake-off', () => {
  test.each(PAGE_SIZES)(
    'is for the chosen viewer, shows every row and takes the chosen one at %i x %i',
    async (columns, rows) => {
      const { terminal, share } = await sharing(columns, rows);
      terminal.press(DOWN, 'b');
      await terminal.waitFor('Encodings');
      await expect.poll(() => asked(share)).toEqual([{ type: 'bakeoff', viewer: 2 }]);
      share.emit({ type: 'bakeoff', report: report({ state: 'running', rows: ROWS.slice(0, 2) }) });
      await terminal.waitFor(`${columns < 60 ? '●' : 'trying'} 3 of ${ROWS.length}`);
      share.emit({ type: 'bakeoff', report: report() });
      const text = await terminal.waitFor('● done');
      // The best one is the chosen one until somebody moves.
      expect(text).toMatch(/▸ ZRLE +4-5/);
      expect(text).toMatch(/Tight\+JPEG +2-3 +75/);
      if (columns >= 80) {
        expect(text).toMatch(/▸ ZRLE +4-5 +1\.50 12\.3 kB +(31\.4:1 +)?60\.0 +cap +best/);
        expect(text).toMatch(/58\.2 +cap +now lossy/);
        expect(text).toContain('as the picture is now: 28,505 px each');
        expect(text).toContain('fps for the link to 192.168.1.87: at least 10.0 Mbit/s, cap 60 fps');
      }
      terminal.press(...Array.from({ length: 25 }, () => DOWN));
      await terminal.waitFor(/▸ Raw/);
      if (columns >= 80) await terminal.waitFor(/▸ Raw +1\.50 12\.3 kB +(31\.4:1 +)?3\.1\+ link/);
      await terminal.waitFor(`${ROWS.length} of ${ROWS.length}`);
      terminal.press(UP, PAGE_DOWN, ENTER);
      await expect.poll(() => applied(share)).toEqual([{ type: 'encode-as', viewer: 2, choice: RAW }]);
      await terminal.waitFor('peerglass watch');
      await expect.poll(() => asked(share).at(-1)).toEqual({ type: 'end-bakeoff' });
    },
  );

  test('keeps the chosen row while others come, and goes back without a change', async () => {
    const { terminal, share } = await sharing();
    terminal.press('b');
    await expect.poll(() => asked(share)).toHaveLength(1);
    share.emit({ type: 'bakeoff', report: report({ state: 'running', rows: ROWS.slice(0, 3) }) });
    await terminal.waitFor(/▸ ZRLE/);
    terminal.press(DOWN);
    await terminal.waitFor(/▸ Tight\+JPEG/);
    share.emit({ type: 'bakeoff', report: report({ rows: [row(RAW), ...ROWS.slice(0, 5)] }) });
    await terminal.waitFor('3 of 6');
    await terminal.waitFor(/▸ Tight\+JPEG/);
    terminal.press('r');
    await expect
      .poll(() => asked(share))
      .toEqual([
        { type: 'bakeoff', viewer: 1 },
        { type: 'bakeoff', viewer: 1 },
      ]);
    await terminal.waitFor('Encoding …');
    terminal.press('?');
    await terminal.waitFor('use the chosen encoding for this viewer');
    terminal.press(ESCAPE);
    await terminal.waitFor('Encodings');
    terminal.press('q');
    await terminal.waitFor('peerglass watch');
    expect(applied(share)).toEqual([]);
  });

  test('says in one line why there is nothing, or nothing more', async () => {
    const { terminal, share } = await sharing();
    terminal.press('b');
    await expect.poll(() => asked(share)).toHaveLength(1);
    const nothing = { viewer: null, frames: null, link: null, rows: [], total: 0 };
    share.emit({ type: 'bakeoff', report: report({ ...nothing, state: 'failed', problem: 'Nobody watches.' }) });
    await terminal.waitFor('Nobody watches.');
    terminal.press(ENTER);
    share.emit({ type: 'bakeoff', report: report({ state: 'failed', problem: '192.168.1.87 has left.' }) });
    await terminal.waitFor('192.168.1.87 has left.');
    expect(await terminal.text()).toMatch(/▸ ZRLE/);
    expect(applied(share)).toEqual([]);
  });

  test('shows the encoded frames, and the unknown link', async () => {
    const { terminal, share } = await sharing();
    terminal.press('b');
    await expect.poll(() => asked(share)).toHaveLength(1);
    const frames = { count: 1, whole: true, pixels: 2_073_600, from: 0, to: 0, part: 0.5 };
    const link = { bytesPerSecond: null, least: false, by: 'seen' } as const;
    share.emit({ type: 'bakeoff', report: report({ frames, link }) });
    const text = await terminal.waitFor('Nothing has changed yet: the whole picture, 2,073,600 px, 50 % of it tried');
    expect(text).toContain('The link to 192.168.1.87 is unknown: fps by encoding alone, cap 60 fps');
  });
});

describe('the dashboard', () => {
  test.each(PAGE_SIZES.slice(0, 2))("shows a viewer's chosen encoding at %i x %i", async (columns, rows) => {
    const { terminal, share } = await sharing(columns, rows);
    const sentAs = { ...JPEG, chosen: true };
    const viewers = [viewer(1), viewer(2, { sentAs })];
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers }) });
    await terminal.waitFor('compression 6  quality auto');
    if (columns >= 160) await terminal.waitFor(/Tight\+JPEG \(set\) +2 +75/);
    terminal.press(DOWN);
    const screen = await terminal.waitFor('Tight+JPEG compression 2 quality 75 for 192.168.1.87');
    expect(screen).not.toContain('for 192.168.1.86');
  });
});
