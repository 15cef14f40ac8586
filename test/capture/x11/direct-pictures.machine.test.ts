import { closeSync, openSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { ShmExtension, ShmProviderSegment, ShmSegment } from 'x11';
import type { X11Connection } from '../../../source/capture/x11/connection.js';
import { DirectPictures } from '../../../source/capture/x11/direct-pictures.js';
import { TmpfsProvider } from '../../../source/capture/x11/tmpfs-provider.js';
import { jpegLibrary } from '../../../source/native/jpeg-library.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';

const SIZE = { width: 2048, height: 2048 };

/** What direct pictures use of a connection, with shared memory that is real. */
function serverOf(shm: TmpfsProvider): DirectPictures {
  const extension = {
    createSegment(size: number, reply: (error: null, segment: ShmSegment) => void) {
      const made: ShmProviderSegment = shm.create(size);
      reply(null, { ...made, shmseg: 1, detach: () => shm.destroy(made) } as unknown as ShmSegment);
    },
  } as unknown as ShmExtension;
  const connection = {
    death: null,
    shm,
    ask: <Answer>(request: (reply: (error: unknown, answer: Answer) => void) => void) =>
      new Promise<Answer>(resolve => request((_, answer) => resolve(answer))),
  } as unknown as X11Connection;
  return new DirectPictures(connection, extension);
}

/** The picture as JPEG, which takes long enough that much can happen meanwhile. */
const compress = (picture: Framebuffer, pooled: boolean) =>
  jpegLibrary()!.compress(picture, picture.bounds, { quality: 90, subsampling: '4:4:4' }, pooled, jpeg =>
    Buffer.from(jpeg),
  );

test('a source that is closed leaves the pictures whole that other threads are reading', async () => {
  const shm = new TmpfsProvider();
  const picture = new Framebuffer(createPixelMemory(), SIZE);
  const pixels = picture.bytes();
  for (let at = 0; at < pixels.length; at++) pixels[at] = 1 + ((at * 31 + (at >> 9)) % 251);
  const whole = await compress(picture, false);
  for (let round = 0; round < 2; round++) {
    const direct = serverOf(shm);
    expect(await direct.provide(picture)).not.toBeNull();
    const reading = [compress(picture, true), compress(picture, true)];
    await new Promise(setImmediate);
    direct.free();
    for (const jpeg of await Promise.all(reading)) expect(jpeg.equals(whole)).toBe(true);
  }
  shm.close();
});

/**
 * Writes numbers over a file again and again, as a server does that does not know yet that nobody wants its picture.
 */
const WRITER = `
  const { writeSync } = require('node:fs');
  const { workerData: { descriptor, size, state } } = require('node:worker_threads');
  const seen = new Int32Array(state);
  const bytes = Buffer.alloc(size);
  for (let round = 1; Atomics.load(seen, 1) === 0; round++) {
    writeSync(descriptor, bytes.fill(round & 0xff), 0, size, 0);
    Atomics.store(seen, 0, round);
    Atomics.notify(seen, 0);
  }
`;

test('a source that is closed while the server still writes leaves a picture that does not change any more', async () => {
  const shm = new TmpfsProvider();
  const picture = new Framebuffer(createPixelMemory(), { width: 512, height: 512 });
  const direct = serverOf(shm);
  const segment = (await direct.provide(picture))!;
  // It is gone with the source here, and not at the server.
  const descriptor = openSync(`/proc/self/fd/${(segment as unknown as ShmProviderSegment).fd}`, 'r+');
  const state = new SharedArrayBuffer(8);
  const rounds = new Int32Array(state);
  const workerData = { descriptor, size: picture.bytes().length, state };
  const server = new Worker(WRITER, { eval: true, workerData });
  const ended = new Promise(resolve => server.once('exit', resolve));
  const written = async (more: number) => {
    const from = Atomics.load(rounds, 0);
    await expect.poll(() => Atomics.load(rounds, 0)).toBeGreaterThan(from + more);
  };
  await written(2);
  const live = picture.bytes()[0];
  await expect.poll(() => picture.bytes()[0]).not.toBe(live);
  direct.free();
  const left = Buffer.from(picture.bytes());
  await written(2);
  expect(left.equals(picture.bytes())).toBe(true);
  picture.bytes().fill(7);
  await written(2);
  expect(picture.bytes().every(byte => byte === 7)).toBe(true);
  Atomics.store(rounds, 1, 1);
  await ended;
  closeSync(descriptor);
  shm.close();
});
