import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';
import { ENCODING, H264 } from '../../../source/protocols/rfb/constants.js';
import type { ProtocolSession } from '../../../source/session/watch/protocol-session.js';
import { WatchRecorder } from '../../../source/session/watch/watch-recorder.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { FakeClock } from '../../helpers/fake-clock.js';

const started = stopAfterEach();
const FILM = { x: 0, y: 0, width: 64, height: 64 };

test('pictures of films that wait for the recorder are bounded by their bytes: beyond that one is asked for to begin with', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'peerglass-'));
  const memory = createPixelMemory();
  const recorder = new WatchRecorder({
    ...{ clock: new FakeClock(), memory, name: 'film', date: () => 0 },
    ...{ recordingChanged: () => {}, notice: () => {} },
  });
  started({
    stop: async () => {
      await recorder.switchTo(null);
      await rm(folder, { recursive: true });
    },
  });
  const renewed: unknown[] = [];
  const session: Pick<ProtocolSession, 'record' | 'renew' | 'withPicture'> = {
    ...{ record: () => {}, withPicture: () => {} },
    renew: film => renewed.push(film),
  };
  recorder.follow(session as ProtocolSession);
  await recorder.begin(join(folder, 'film.pglog'));
  const framebuffer = new Framebuffer(memory, FILM);
  // It is busy with this one meanwhile.
  recorder.updated(framebuffer, null);
  const picture = (bytes: number, flags: number) => {
    const data = Buffer.alloc(bytes);
    data.writeUInt32BE(flags, 4);
    recorder.painted({ ...FILM, encoding: ENCODING.h264 }, data);
    recorder.updated(framebuffer, null);
  };
  picture(100, H264.resetContext);
  for (let step = 0; step < 7; step++) picture(1024 * 1024, 0);
  expect(renewed).toEqual([]);
  for (let step = 0; step < 3; step++) picture(1024 * 1024, 0);
  expect(renewed).toEqual([FILM]);
});
