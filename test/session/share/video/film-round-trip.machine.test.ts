import { expect, it, vi } from 'vitest';
import type { Rectangle } from '../../../../source/core/rectangle.js';
import { memoryAt } from '../../../../source/native/c-memory.js';
import { loadVideoDecoder } from '../../../../source/native/h264-decoder.js';
import { ENCODER_VARIABLE } from '../../../../source/native/h264-encoder.js';
import type { NativeVideoDecoder } from '../../../../source/native/native-video-decoder.js';
import { ENCODING, PSEUDO_ENCODING } from '../../../../source/protocols/rfb/constants.js';
import { Cinema, FILM_REGION } from '../../../helpers/cinema.js';
import { stopAfterEach } from '../../../helpers/cleanup.js';
import type { ReferencePicture } from '../../../helpers/reference-decoder.js';
import { RfbTestViewer, type VideoReader } from '../../../helpers/rfb-test-viewer.js';
import { settled } from '../../../helpers/scenes.js';

const later = stopAfterEach();

/** Decodes with libavcodec, and paints the brightness. */
class AvcodecReader implements VideoReader {
  pictures = 0;
  decoder: NativeVideoDecoder | null = null;

  read(
    place: Rectangle,
    flags: number,
    data: Uint8Array,
    masks: readonly Rectangle[],
    picture: ReferencePicture,
  ): void {
    const { x, y, width, height } = place;
    if (flags === 1) {
      this.decoder?.close();
      this.decoder = loadVideoDecoder().open({
        width: Math.ceil(width / 16) * 16,
        height: Math.ceil(height / 16) * 16,
      });
    }
    const decoded = this.decoder!.decode(Buffer.from(data));
    expect([decoded.width, decoded.height]).toEqual([width, height]);
    expect(masks).toEqual([]);
    const { address, stride } = decoded.planes[0]!;
    const luma = memoryAt(address, stride * height);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const light = Math.round(((luma[row * stride + column]! - 16) * 255) / 219);
        picture.set(x + column, y + row, Math.min(Math.max(light, 0), 255) * 0x010101);
      }
    }
    this.pictures++;
  }
}

/** How like the shared film what the viewer shows is, by the brightness, in decibels. */
function likeness({ share }: Cinema, { picture }: RfbTestViewer): number {
  const { x, y, width, height } = FILM_REGION;
  let squares = 0;
  for (let row = y + 2; row < y + height - 2; row++) {
    for (let column = x + 2; column < x + width - 2; column++) {
      const colour = share.canvas.at(column, row);
      const light = ((colour >> 16) & 255) * 0.299 + ((colour >> 8) & 255) * 0.587 + (colour & 255) * 0.114;
      squares += (light - (picture.at(column, row) & 255)) ** 2;
    }
  }
  return 10 * Math.log10((255 * 255 * width * height) / squares);
}

it.each(['x264', 'openh264'])('a film by %s is read by libavcodec, and is exact once it has stopped', async encoder => {
  vi.stubEnv(ENCODER_VARIABLE, encoder);
  const cinema = later(await Cinema.open({}));
  const video = new AvcodecReader();
  later({ close: () => video.decoder?.close() });
  const encodings = [ENCODING.tight, ENCODING.h264, ENCODING.raw, PSEUDO_ENCODING.lastRect];
  const viewer = later(await RfbTestViewer.open({ port: cinema.share.port, encodings, video }));
  cinema.play();
  await viewer.until(() => video.pictures > 20);
  cinema.stop();
  // The last picture comes as video, too.
  await expect.poll(() => likeness(cinema, viewer)).toBeGreaterThan(28);
  await settled(cinema.share, viewer);
  vi.unstubAllEnvs();
});
