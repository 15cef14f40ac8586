import { describe, expect, it } from 'vitest';
import { StripEncoder } from '../../../source/codecs/classic/strip-encoder.js';
import { EncodeScratch } from '../../../source/codecs/encode/encode-job.js';
import { chooseProfile } from '../../../source/codecs/encode/encode-profile.js';
import { WirePixels } from '../../../source/codecs/encode/wire-pixels.js';
import { numbersToList } from '../../../source/codecs/encodings/registry.js';
import { BGRX } from '../../../source/core/pixel-format.js';
import { area, type Rectangle } from '../../../source/core/rectangle.js';
import { deflateStrips, nodeCompressors } from '../../../source/node/compressors.js';
import { frameHeader } from '../../../source/protocols/classic/frames.js';
import { type BakeoffReport, type BakeoffRow, standsFor } from '../../../source/session/bakeoff.js';
import { cutEvenly } from '../../../source/session/share/rfb/cells.js';
import type { ShareOptions } from '../../../source/session/share-options.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { CanvasSource } from '../../helpers/canvas-source.js';
import { ClassicClient } from '../../helpers/classic-client.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { needsNative } from '../../helpers/needs-native.js';
import { RfbTestViewer, type TestViewerOptions } from '../../helpers/rfb-test-viewer.js';
import { noise, paintScene, settled, text } from '../../helpers/scenes.js';
import { ShareOfSource } from '../../helpers/share-of-source.js';

const [RAW, COPY_RECT, HEXTILE, ZLIB, TIGHT, ZRLE, QUALITY_8, LEVEL_2] = [0, 1, 5, 6, 7, 16, -24, -254];
const ALL = [TIGHT, COPY_RECT, ZRLE, ZLIB, HEXTILE, RAW, QUALITY_8, LEVEL_2];
/** For what does not depend on which are tried. */
const FEW = [HEXTILE, ZRLE, RAW];
const SIZE = { width: 640, height: 400 };

const later = stopAfterEach();

async function share(options: Partial<ShareOptions> = {}): Promise<CanvasShare> {
  return later(await CanvasShare.start(SIZE, options));
}

async function watch(started: CanvasShare, options: Partial<TestViewerOptions> = {}): Promise<RfbTestViewer> {
  return later(await RfbTestViewer.open({ port: started.port, encodings: ALL, ...options }));
}

type Told = Pick<CanvasShare, 'events'>;

function reports({ events }: Told): BakeoffReport[] {
  return events.flatMap(event => (event.type === 'bakeoff' ? [event.report] : []));
}

async function finished(started: Told & Pick<CanvasShare, 'sharer'>, link?: number | null): Promise<BakeoffReport> {
  const before = reports(started).length;
  await started.sharer.command({ type: 'bakeoff', viewer: null, ...(link === undefined ? {} : { link }) });
  await expect
    .poll(() => reports(started).slice(before).at(-1)?.state)
    .toSatisfy((state: string) => state !== 'running');
  return reports(started).at(-1)!;
}

/** What the encoder itself makes of cells of the present picture. */
async function bytesOf(started: CanvasShare, { choice }: BakeoffRow, cells: readonly Rectangle[]): Promise<number> {
  const { framebuffer } = started.sharer.viewers.picture(true);
  const scratch = new EncodeScratch(framebuffer.memory, nodeCompressors);
  scratch.reserve(Math.max(...cells.map(area)));
  const pixels = new WirePixels(BGRX);
  const profile = chooseProfile(
    numbersToList(choice.encoding),
    pixels,
    choice.level ?? 0,
    choice.jpeg,
    nodeCompressors,
  );
  const { level, jpeg, encoder } = profile;
  let bytes = 0;
  for (const rectangle of cells) {
    bytes += (await encoder({ framebuffer, rectangle, pixels, level, jpeg, pooled: false }, scratch)).bytes.length;
  }
  scratch.free();
  return bytes;
}

/** Of folded rows too. */
function levelsIn(rows: readonly BakeoffRow[]): number[] {
  const levels = rows.flatMap(row => {
    const { least, most } = row.levels!;
    return Array.from({ length: most - least + 1 }, (_, index) => least + index);
  });
  return levels.sort();
}

describe('a bake-off for an rfb viewer', () => {
  it('tries the whole picture in every supported encoding while nothing has changed', async () => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started);
    await viewer.until(() => viewer.updates > 0);
    const { state, rows, total, tried, frames, viewer: whose } = await finished(started);
    expect(state).toBe('done');
    expect(tried).toBe(total);
    expect(rows.length).toBeLessThanOrEqual(total);
    expect(whose).toMatchObject({ address: '127.0.0.1', wire: 'rfb' });
    expect(frames).toMatchObject({ count: 1, whole: true, pixels: area(SIZE), part: 1 });
    for (const encoding of ['tight', 'zrle', 'zlib'] as const) {
      const exact = rows.filter(({ choice }) => choice.encoding === encoding && choice.jpeg === null);
      expect(levelsIn(exact)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    expect(rows.filter(({ levels }) => levels === null).map(({ choice }) => choice.encoding)).toEqual(
      expect.arrayContaining(['hextile', 'raw']),
    );
    const jpeg = rows.filter(({ choice }) => choice.jpeg !== null);
    // Where JPEG cannot be written it is no candidate.
    expect(Math.min(...jpeg.map(({ qualities }) => qualities!.least))).toBe(needsNative(20, Number.POSITIVE_INFINITY));
    expect(Math.max(...jpeg.map(({ qualities }) => qualities!.most))).toBe(needsNative(92, Number.NEGATIVE_INFINITY));
    expect(rows.filter(({ present }) => present).map(({ choice }) => choice)).toEqual([
      { encoding: 'tight', level: 2, jpeg: needsNative({ quality: 92, subsampling: '4:4:4' }, null) },
    ]);
    expect(rows.filter(({ best }) => best)).toHaveLength(1);
    for (const row of rows) {
      const bytes = (await bytesOf(started, row, cutEvenly({ x: 0, y: 0, ...SIZE }))) + 4;
      expect([row.choice, row.bytes]).toEqual([row.choice, bytes]);
      expect(row.ratio).toBeCloseTo((area(SIZE) * 3) / bytes);
      expect(row.ms).toBeGreaterThan(0);
    }
  });

  it('tries only the encodings that the viewer listed', async () => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started, { encodings: [ZRLE] });
    await viewer.until(() => viewer.updates > 0);
    const { rows } = await finished(started);
    expect(new Set(rows.map(({ choice }) => choice.encoding))).toEqual(new Set(['zrle', 'raw']));
    expect(rows.some(({ choice }) => choice.jpeg !== null)).toBe(false);
  });

  it('tries only the last frames, as they were sent', async () => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started);
    await settled(started, viewer);
    const places: Rectangle[] = [
      { x: 400, y: 20, width: 100, height: 40 },
      { x: 30, y: 320, width: 60, height: 30 },
    ];
    for (const place of places) {
      started.canvas.paint(place, noise);
      await settled(started, viewer);
    }
    const { frames, rows } = await finished(started);
    expect(frames?.whole).toBe(false);
    expect(frames?.count).toBeGreaterThanOrEqual(2);
    expect(frames!.from).toBeLessThanOrEqual(frames!.to);
    expect(frames!.to).toBeLessThanOrEqual(Date.now());
    const { entries } = started.sharer.viewers.picture(true).journal;
    const cells = entries.slice(-frames!.count).map(entry => entry.rectangles.flatMap(cutEvenly));
    const row = rows.find(each => standsFor(each, { encoding: 'zrle', level: 6, jpeg: null }))!;
    const bytes = await bytesOf(started, row, cells.flat());
    const moves = entries.slice(-frames!.count).flatMap(entry => entry.moves).length;
    expect(row.bytes).toBeCloseTo(bytes / frames!.count + 4 + (moves * 16) / frames!.count, 3);
  });

  it('changes nothing that is sent, and the share continues meanwhile', async () => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started, { encodings: [TIGHT, ZRLE, HEXTILE, RAW, LEVEL_2] });
    await settled(started, viewer);
    await started.sharer.command({ type: 'bakeoff', viewer: null });
    let updatesBeside = 0;
    for (let step = 1; reports(started).at(-1)?.state === 'running'; step++) {
      const before = viewer.updates;
      started.canvas.paint({ x: 20, y: 20, width: 300, height: 200 }, (x, y) => text(x + step * 1000, y));
      await viewer.until(() => viewer.updates > before);
      updatesBeside++;
    }
    expect(updatesBeside).toBeGreaterThan(5);
    await settled(started, viewer);
    expect(Object.keys(viewer.kinds).some(kind => ['zrle', 'hextile', 'raw', 'jpeg'].includes(kind))).toBe(false);
    expect(reports(started).at(-1)?.state).toBe('done');
  });

  it('says so when nobody watches, and when the viewer leaves', async () => {
    const started = await share();
    paintScene(started);
    expect(await finished(started)).toMatchObject({
      state: 'failed',
      rows: [],
      problem: expect.stringMatching(/^No viewers/),
    });
    const viewer = await watch(started);
    await viewer.until(() => viewer.updates > 0);
    await started.sharer.command({ type: 'bakeoff', viewer: 99 });
    expect(reports(started).at(-1)?.problem).toMatch(/^This viewer is not watching/);
    await started.sharer.command({ type: 'bakeoff', viewer: null });
    viewer.close();
    await expect.poll(() => reports(started).at(-1)?.state).toBe('failed');
    expect(reports(started).at(-1)?.problem).toBe('127.0.0.1 has left.');
    const told = reports(started).length;
    await new Promise(resolve => setTimeout(resolve, 100));
    expect(reports(started)).toHaveLength(told);
  });

  it('reports nothing after its end', async () => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started);
    await viewer.until(() => viewer.updates > 0);
    await started.sharer.command({ type: 'bakeoff', viewer: null });
    await started.sharer.command({ type: 'end-bakeoff' });
    const told = reports(started).length;
    await new Promise(resolve => setTimeout(resolve, 600));
    expect(reports(started)).toHaveLength(told);
  });

  it('predicts for a given link, and by encoding alone for an unknown one', async () => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started, { encodings: [HEXTILE, RAW] });
    await viewer.until(() => viewer.updates > 0);
    const slow = await finished(started, 100_000);
    expect(slow.link).toEqual({ bytesPerSecond: 100_000, least: false, by: 'told' });
    const raw = slow.rows.find(({ choice }) => choice.encoding === 'raw')!;
    expect(raw.limit).toBe('link');
    expect(raw.fps).toBeLessThan(100_000 / raw.bytes);
    const unknown = await finished(started, null);
    expect(unknown.rows.every(({ limit }) => limit !== 'link')).toBe(true);
  });
});

describe('an encoding chosen for an rfb viewer', () => {
  it('is used from then on, until a level is chosen for all', async () => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started, { encodings: FEW });
    const other = await watch(started, { encodings: FEW });
    await settled(started, viewer);
    await settled(started, other);
    const [first] = await ids(started);
    const choice = { encoding: 'zrle', level: 4, jpeg: null } as const;
    await started.sharer.command({ type: 'encode-as', viewer: first!, choice });
    expect(started.notices.at(-1)).toBe('127.0.0.1 now gets ZRLE, compression level 4');
    const kinds = async () => {
      const before = [viewer, other].map(({ rectangles }) => rectangles.length);
      started.canvas.paint({ x: 20, y: 20, width: 200, height: 100 }, (x, y) => noise(x + before[0]!, y));
      await settled(started, viewer);
      await settled(started, other);
      return [viewer, other].map(({ rectangles }, at) => new Set(rectangles.slice(before[at]).map(({ kind }) => kind)));
    };
    const [its, others] = await kinds();
    expect(its).toEqual(new Set(['zrle']));
    expect(others?.has('zrle')).toBe(false);
    await expect.poll(() => started.snapshot.viewers[0]?.sentAs).toEqual({ ...choice, chosen: true });
    expect(started.snapshot.viewers[1]?.sentAs?.chosen).toBe(false);
    const { rows } = await finished(started);
    expect(rows.find(({ present }) => present)?.choice).toEqual(choice);
    await started.sharer.command({ type: 'level', level: 6 });
    expect((await kinds())[0]?.has('zrle')).toBe(false);
    await expect.poll(() => started.snapshot.viewers[0]?.sentAs?.chosen).toBe(false);
  });

  it('applies only while the viewer supports it', async () => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started);
    await settled(started, viewer);
    const [id] = await ids(started);
    const choice = { encoding: 'zrle', level: 1, jpeg: null } as const;
    await started.sharer.command({ type: 'encode-as', viewer: id!, choice });
    const { updates } = viewer;
    viewer.setEncodings([HEXTILE, RAW]);
    viewer.request(false);
    // The answer to a request that was made after the list.
    await viewer.until(() => viewer.updates > updates);
    const before = viewer.rectangles.length;
    started.canvas.paint({ x: 20, y: 20, width: 200, height: 100 }, noise);
    await settled(started, viewer);
    expect(new Set(viewer.rectangles.slice(before).map(({ kind }) => kind))).toEqual(new Set(['hextile']));
  });

  it('is refused when the viewer has left', async () => {
    const started = await share();
    const choice = { encoding: 'raw', level: null, jpeg: null } as const;
    await started.sharer.command({ type: 'encode-as', viewer: 7, choice });
    expect(started.notices.at(-1)).toMatch(/^That viewer has left/);
  });
});

describe('an encoding chosen for all viewers', () => {
  it('takes precedence over the preferences of viewers that support it', async () => {
    const started = await share({ encoding: 'zrle' });
    paintScene(started);
    const can = await watch(started);
    const cannot = await watch(started, { encodings: [HEXTILE] });
    await settled(started, can);
    await settled(started, cannot);
    expect(Object.keys(can.kinds).filter(kind => kind !== 'copyrect')).toEqual(['zrle']);
    expect(Object.keys(cannot.kinds)).toEqual(['hextile']);
  });
});

describe('a bake-off for a classic viewer', () => {
  it('tries every level on whole frames; the one chosen is the level of the share', async () => {
    const canvas = new CanvasSource(SIZE);
    canvas.paint({ x: 0, y: 0, ...SIZE }, (x, y) => (x < 320 ? text(x, y) : noise(x, y)));
    const started = later(await ShareOfSource.start(canvas, 'classic', { level: 6 }));
    const client = later(new ClassicClient(started.port));
    await client.moreFrames(1);
    const { rows, frames } = await finished(started);
    expect(frames).toMatchObject({ whole: true, count: 1 });
    expect(levelsIn(rows)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const { framebuffer } = started.sharer.viewers.picture(false);
    for (const row of rows) {
      const encoder = new StripEncoder(framebuffer.memory, SIZE, deflateStrips);
      const { pieces } = await encoder.encode(framebuffer, { rectangles: [], moves: [] }, row.choice.level!);
      encoder.free();
      const body = pieces.reduce((sum, piece) => sum + piece.length, 0);
      expect(row.bytes).toBe(body + frameHeader(body).length);
    }
    expect(rows.find(({ present }) => present)?.bytes).toBe(client.last.bytes);
    expect(rows.find(({ present }) => present)?.choice.level).toBe(6);
    const [id] = await ids(started);
    await started.send({ type: 'encode-as', viewer: id!, choice: { encoding: 'zlib', level: 1, jpeg: null } });
    expect(started.sharer.viewers.settings.level).toBe(1);
  });
});

async function ids(started: Told): Promise<number[]> {
  const viewersOf = () =>
    started.events.flatMap(event => (event.type === 'snapshot' ? [event.snapshot] : [])).at(-1)?.viewers ?? [];
  await expect.poll(() => viewersOf().some(({ state }) => state === 'watching')).toBe(true);
  return viewersOf().map(({ id }) => id);
}
