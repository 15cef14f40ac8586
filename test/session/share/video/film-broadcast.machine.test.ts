import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Rectangle } from '../../../../source/core/rectangle.js';
import { systemClock } from '../../../../source/node/clock.js';
import { nodeCrc32 } from '../../../../source/node/crc32.js';
import { createPixelMemory } from '../../../../source/node/load-kernels.js';
import { LogReader } from '../../../../source/protocols/recording/log-reader.js';
import { ENCODING } from '../../../../source/protocols/rfb/constants.js';
import { Player } from '../../../../source/session/play/player.js';
import { BROADCAST_DEFAULTS } from '../../../../source/session/share-options.js';
import { createVideoDecoders } from '../../../../source/session/watch/video/decoder-process.js';
import { CINEMA, Cinema, FILM_MENU, FILM_REGION } from '../../../helpers/cinema.js';
import { stopAfterEach } from '../../../helpers/cleanup.js';
import { MemoryLog, playedPicture } from '../../../helpers/recorded-log.js';
import { RecordingViewer } from '../../../helpers/recording-viewer.js';
import { picture as rgbPicture } from '../../../helpers/rgb-pictures.js';
import { compared, WatchingBroadcast } from '../../../helpers/watching-broadcast.js';
import type { Picture } from '../../../helpers/xvfb.js';

const later = stopAfterEach();
const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-'));
afterAll(() => rmSync(folder, { recursive: true }));
const WHOLE = { x: 0, y: 0, ...CINEMA };

async function watching({ share }: Cinema): Promise<WatchingBroadcast> {
  const viewer = later(new WatchingBroadcast(share.snapshot.broadcast!.link));
  await viewer.until(() => viewer.updates.length > 0);
  return viewer;
}

function films({ updates }: WatchingBroadcast): number {
  return updates.reduce((sum, { encodings }) => sum + (encodings?.h264 ?? 0), 0);
}

/** An area of a picture, as packed RGB. */
function part({ rgb }: Picture, { x, y, width, height }: Rectangle): Uint8Array {
  const rows = Array.from({ length: height }, (_, row) => {
    const from = ((y + row) * CINEMA.width + x) * 3;
    return rgb.subarray(from, from + width * 3);
  });
  return Buffer.concat(rows);
}

function wrongBytes(one: Uint8Array, other: Uint8Array): number {
  let wrong = 0;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) wrong++;
  return wrong;
}

/** Plays a recording to its end, and says how many of its rectangles are films, and what it shows then. */
async function played(file: string) {
  const reader = await LogReader.open(new MemoryLog(readFileSync(file)), nodeCrc32);
  let video = 0;
  for (let segment = 0; segment < reader.segments.length; segment++) {
    for await (const message of reader.messages(segment)) {
      if (message.type !== 'update') continue;
      video += message.rectangles.filter(({ encoding }) => encoding === ENCODING.h264).length;
    }
  }
  const faults: unknown[] = [];
  const decoders = createVideoDecoders();
  const log = playedPicture(systemClock, createPixelMemory(), false, decoders);
  const host = { clock: systemClock, shown: () => {}, changed: () => {} };
  const player = new Player(reader, log, {
    ...host,
    damaged: why => faults.push(why),
    failed: error => faults.push(error),
  });
  const at = async (positionMs: number) => {
    await player.seek(positionMs);
    return rgbPicture(log.framebuffer!);
  };
  return { video, faults, player, at, duration: player.durationMs, close: () => decoders?.close() };
}

describe('a film with a menu over it', () => {
  it('is the same video in a broadcast and in recordings, whenever one begins, and exact in the end', async () => {
    const files = ['share', 'viewer'].map(name => path.join(folder, `${name}.pglog`));
    const cinema = later(
      await Cinema.open({
        video: 'always',
        recordFile: files[0]!,
        broadcast: { ...BROADCAST_DEFAULTS, port: 0, segmentSeconds: 1 },
      }),
    );
    const recording = later(new RecordingViewer(cinema.share.port, files[1]!));
    const first = await watching(cinema);
    cinema.play();
    await first.until(() => films(first) > 10 && first.facts.video !== undefined);
    expect(first.facts.video).toMatch(/^H\.264 by /);
    cinema.over = () => cinema.menu();
    const late = await watching(cinema);
    // Until both have begun it anew with a segment.
    const { segment } = late.watch.broadcast;
    await late.until(() => late.watch.broadcast.segment! > segment! + 1 && films(late) > 10);
    const since = late.update;
    await late.until(() => late.update > since + 10);
    const { both, different } = compared(first, late);
    expect(both).toBeGreaterThan(10);
    expect(different.filter(n => n > since)).toEqual([]);
    for (const viewer of [first, late]) {
      expect(wrongBytes(part(viewer.picture(), FILM_MENU), cinema.rgb(FILM_MENU))).toBe(0);
    }
    cinema.over = null;
    cinema.stop();
    const last = cinema.rgb(WHOLE);
    const recorded = () => cinema.share.sharer.viewers.recorder.snapshot!.bytes;
    for (const viewer of [first, late]) {
      await expect.poll(() => wrongBytes(part(viewer.picture(), WHOLE), last)).toBe(0);
      expect(viewer.codes).toEqual([]);
    }
    // Refined, what it has with losses.
    for (let before = -1; before !== recorded(); await new Promise(resolve => setTimeout(resolve, 700)))
      before = recorded();
    await recording.stop();
    await cinema.close();
    for (const file of files) {
      const { video, faults, player, at, duration, close } = await played(file);
      expect(video).toBeGreaterThan(20);
      expect(wrongBytes(part(await at(duration), WHOLE), last)).toBe(0);
      // What is sought is what playing on shows.
      const sought = part(await at(duration * 0.6), FILM_REGION);
      await player.step(-3);
      await player.step(3);
      expect(wrongBytes(sought, part(await at(duration * 0.6), FILM_REGION))).toBe(0);
      expect(faults).toEqual([]);
      await player.close();
      close();
    }
  });
});
