import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../source/node/clock.js';
import { nodeCrc32 } from '../../../source/node/crc32.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { LogReader } from '../../../source/protocols/recording/log-reader.js';
import type { LogRectangle } from '../../../source/protocols/recording/messages.js';
import { ENCODING, PSEUDO_ENCODING } from '../../../source/protocols/rfb/constants.js';
import { ClassicListener } from '../../../source/session/share/classic-listener.js';
import { RfbListener } from '../../../source/session/share/rfb/rfb-listener.js';
import { Sharer } from '../../../source/session/share/sharer.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { CanvasSource } from '../../helpers/canvas-source.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { coloursOf, MemoryLog, playedPicture } from '../../helpers/recorded-log.js';
import { RecordingViewer } from '../../helpers/recording-viewer.js';
import { RfbTestViewer } from '../../helpers/rfb-test-viewer.js';
import { SHARED_PATTERN } from '../../helpers/running-share.js';
import { noise, text } from '../../pixels/pictures.js';

const SIZE = { width: 320, height: 200 };
const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-'));
afterAll(() => rmSync(folder, { recursive: true }));
const started = stopAfterEach();
let files = 0;
const newFile = () => path.join(folder, `${files++}.pglog`);

async function until(what: string, condition: () => boolean): Promise<void> {
  const began = performance.now();
  while (!condition()) {
    if (performance.now() - began > 30_000) throw new Error(`${what} did not come`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

async function viewerOf(port: number): Promise<RfbTestViewer> {
  const viewer = await RfbTestViewer.open({ port, encodings: [ENCODING.raw, PSEUDO_ENCODING.desktopName] });
  started({ stop: async () => viewer.close() });
  return viewer;
}

/** What a recording shows in the end, and how it came to that. */
async function played(file: string) {
  const reader = await LogReader.open(new MemoryLog(readFileSync(file)), nodeCrc32);
  const picture = playedPicture(systemClock, createPixelMemory(), false);
  const updates: LogRectangle[][] = [];
  const sizes: string[] = [];
  for (let segment = 0; segment < reader.segments.length; segment++) {
    let begins = false;
    for await (const message of reader.messages(segment)) {
      if (message.type === 'meta') {
        const size = `${message.meta.width}x${message.meta.height}`;
        begins = sizes.at(-1) !== size;
        if (begins) picture.begin(message.meta);
        sizes.push(size);
      } else if (message.type === 'update') updates.push([...message.rectangles]);
      if (message.type === 'update' || (message.type === 'cell' && begins)) await picture.paint(message.rectangles);
    }
  }
  return { reader, sizes, updates, pointer: picture.pointer?.placed ?? null, colours: coloursOf(picture.framebuffer) };
}

/** As the source has it. */
function coloursOfCanvas(canvas: CanvasSource): string {
  const memory = createPixelMemory();
  return coloursOf({
    ...{ memory, width: canvas.width, height: canvas.height },
    bytes: () => new Uint8Array(canvas.colours.slice().buffer),
  } as never);
}

/** Text that is typed, scrolled and covered by a picture of many colours. */
async function work(canvas: CanvasSource, pause: () => Promise<void>): Promise<void> {
  canvas.paint({ x: 0, y: 0, ...SIZE }, text(1));
  await pause();
  for (let letter = 0; letter < 5; letter++) {
    canvas.paint({ x: 10 + letter * 7, y: 20, width: 6, height: 10 }, 0x3050 * letter);
    await pause();
  }
  for (let turn = 0; turn < 4; turn++) {
    canvas.move({ x: 0, y: 30, width: 320, height: 170 }, 0, -10);
    await pause();
  }
  canvas.paint({ x: 50, y: 50, width: 100, height: 90 }, noise(4));
  await pause();
}

describe('a share that is recorded', () => {
  test('is recorded whether or not somebody watches: what changed, moves as moves, and the pointer', async () => {
    const file = newFile();
    const share = started(await CanvasShare.start(SIZE, { recordFile: file, quality: 'lossless' }));
    const recorded = () => share.sharer.viewers.recorder.snapshot?.bytes ?? 0;
    await work(share.canvas, async () => {
      const before = recorded();
      await until('the recording of a change', () => recorded() > before);
    });
    const rgba = new Uint8Array(16).fill(255);
    const before = recorded();
    share.canvas.point({ x: 40, y: 30, shape: { width: 2, height: 2, hotspotX: 0, hotspotY: 0, rgba, serial: 1 } });
    await until('the pointer', () => recorded() > before);
    await share.stop();
    const { reader, updates, pointer, colours } = await played(file);
    expect(reader.complete).toBe(true);
    expect(colours).toBe(coloursOfCanvas(share.canvas));
    expect(updates.flat().filter(({ encoding }) => encoding === ENCODING.copyRect).length).toBeGreaterThan(0);
    expect(pointer).toMatchObject({ x: 40, y: 30, image: { width: 2 } });
    expect(share.notices.at(-1)).toContain(file);
  });

  test('says so in the name that its viewers see, from the beginning and while they watch', async () => {
    const share = started(await CanvasShare.start(SIZE, { name: 'office' }));
    const viewer = await viewerOf(share.port);
    expect(viewer.name).toBe('office');
    await share.sharer.command({ type: 'record', file: newFile() });
    await viewer.until(() => viewer.names.at(-1) === 'office (recorded)');
    // It gets raw pixels, which nobody wants in a file.
    await until('the notice', () => share.notices.some(text => text.includes('encoded separately')));
    const late = await viewerOf(share.port);
    expect(late.name).toBe('office (recorded)');
    await share.sharer.command({ type: 'pause', paused: true });
    await viewer.until(() => viewer.names.at(-1) === 'office (recorded, paused)');
    await share.sharer.command({ type: 'pause', paused: false });
    await share.sharer.command({ type: 'record', file: null });
    await viewer.until(() => viewer.names.at(-1) === 'office');
  });

  test('does not begin where the file cannot be written, and goes on without where that is asked for later', async () => {
    const nowhere = path.join(folder, 'none', 'file');
    const failed = started(await CanvasShare.start(SIZE, { recordFile: nowhere }));
    expect(failed.events.at(-1)).toMatchObject({ type: 'ended', error: { code: 'E_RECORDING' } });
    const share = started(await CanvasShare.start(SIZE));
    await share.sharer.command({ type: 'record', file: nowhere });
    expect(share.events.findLast(event => event.type === 'notice')).toMatchObject({ code: 'E_RECORDING' });
    expect(share.sharer.ending).toBe(false);
  });

  test('follows another size', async () => {
    const file = newFile();
    const share = started(await CanvasShare.start(SIZE, { recordFile: file }));
    const { recorder } = share.sharer.viewers;
    await until('the first picture', () => (recorder.snapshot?.bytes ?? 0) > 100);
    share.canvas.resize({ width: 100, height: 250 });
    share.canvas.paint({ x: 0, y: 0, width: 100, height: 250 }, noise(1));
    await until('the second', () => (recorder.snapshot?.bytes ?? 0) > 60_000);
    await share.stop();
    const { sizes } = await played(file);
    expect([...new Set(sizes)]).toEqual(['320x200', '100x250']);
  });
});

describe('a viewer that records', () => {
  test.each([
    ['Tight, as it came', 'rfb', undefined],
    ['ZRLE, encoded again', 'rfb', [ENCODING.copyRect, ENCODING.zrle]],
    ['Hextile, encoded again', 'rfb', [ENCODING.hextile]],
    ['classic frames', 'classic', undefined],
  ] as const)('has the whole picture: %s', async (_, wire, encodings) => {
    const file = newFile();
    const canvas = new CanvasSource(SIZE);
    const sharer = new Sharer({
      options: { ...SHARED_PATTERN, classicSize: SIZE, quality: 'lossless' },
      clock: systemClock,
      memory: createPixelMemory(),
      openSource: async () => canvas,
      listeners: [host => (wire === 'rfb' ? new RfbListener(host, 0) : new ClassicListener(host, 0))],
      emit: () => {},
    });
    await sharer.open();
    started({ stop: () => sharer.close() });
    const watching = started(new RecordingViewer(sharer.ports[0]!, file, { wire, encodings, size: SIZE }));
    await until('the first frame', () => watching.frames > 0);
    const shown = () => coloursOf(watching.display.shown);
    await work(canvas, async () => {
      const wanted = coloursOfCanvas(canvas);
      await until('the change', () => shown() === wanted);
    });
    // Photographs are encoded again with losses, and refined once they are static.
    await expect.poll(async () => (await played(file)).colours).toBe(coloursOfCanvas(canvas));
    await watching.stop();
    const { reader, updates, colours } = await played(file);
    expect(reader.complete).toBe(true);
    expect(colours).toBe(coloursOfCanvas(canvas));
    const kinds = new Set(updates.flat().map(({ encoding }) => encoding));
    // Moves that came alone are recorded as they came, too.
    const moved = encodings?.[0] !== ENCODING.hextile && wire === 'rfb';
    expect([...kinds].sort()).toEqual(moved ? [ENCODING.copyRect, ENCODING.tight] : [ENCODING.tight]);
  });
});
