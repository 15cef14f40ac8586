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
