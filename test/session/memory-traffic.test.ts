import { describe, expect, it } from 'vitest';
import { EncodeScratch } from '../../source/codecs/encode/encode-job.js';
import { WirePixels } from '../../source/codecs/encode/wire-pixels.js';
import { encodeTightCosine } from '../../source/codecs/encodings/cosine.js';
import { ByteReader } from '../../source/core/byte-reader.js';
import { BGRX } from '../../source/core/pixel-format.js';
import { systemClock } from '../../source/node/clock.js';
import { nodeCompressors } from '../../source/node/compressors.js';
import { createInflater } from '../../source/node/inflater.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import { Region } from '../../source/pixels/region.js';
import { Screen } from '../../source/pixels/screen.js';
import { hasVectors } from '../../source/pixels/vectors.js';
import { ENCODING } from '../../source/protocols/rfb/constants.js';
import { CellCuts } from '../../source/session/share/rfb/cells.js';
import { planUpdate } from '../../source/session/share/rfb/update-plan.js';
import { RfbPicture } from '../../source/session/watch/rfb/rfb-picture.js';
import { MemoryTraffic } from '../helpers/memory-traffic.js';
import { MovingPhoto } from '../helpers/moving-photo.js';

const SIZE = { width: 3840, height: 2160 };
const PICTURE = SIZE.width * SIZE.height * 4;
const TILE = { width: 960, height: 540 };
const HEADER = 12;
/** As SocketStream receives. */
const CHUNK = 128 * 1024;

/** Fills a picture with copies of a photograph, each as bright as the next; uncounted. */
async function paint(to: Framebuffer, photo: MovingPhoto): Promise<void> {
  const tile = new Framebuffer(to.memory, TILE);
  await photo.read([tile.bounds], tile);
  const bytes = to.bytes();
  for (let y = 0; y < SIZE.height; y++) {
    const row = tile.bytes().subarray((y % TILE.height) * tile.stride, ((y % TILE.height) + 1) * tile.stride);
    for (let x = 0; x < to.stride; x += tile.stride) bytes.set(row, y * to.stride + x);
  }
  tile.free();
}

/** One search in so many commits, where searches find nothing. */
const SEARCHES = 16;

/** What was counted, in pictures and for one of them. */
function table(traffic: MemoryTraffic): string[] {
  const rows = traffic.rows(PICTURE).filter(([section]) => section !== '');
  return rows.map(([section, pass, read, written]) => {
    const pictures = section === 'compare' ? SEARCHES : 1;
    return `${section} ${pass}: ${(read / pictures).toFixed(2)} read, ${(written / pictures).toFixed(2)} written`;
  });
}

describe.runIf(hasVectors())('memory traffic of a film on the whole of a 4K screen, in pictures', () => {
  it('is that of reading, encoding and decoding, and of little beside', async () => {
    const share = new MemoryTraffic(createPixelMemory());
    const photo = new MovingPhoto(TILE);
    const screen = new Screen(share.memory, SIZE);
    await paint(screen.incoming, photo);
    screen.commit([screen.framebuffer.bounds], 1);
    const viewer = new MemoryTraffic(createPixelMemory());
    const { bounds } = screen.framebuffer;
    const cuts = new CellCuts();
    cuts.note(screen, [{ rectangle: bounds, encoding: 'cosine', length: 0, lossy: true }]);
    const film = async (commit: () => void | Promise<void>) => {
      photo.next();
      await paint(screen.incomingFor([bounds]), photo);
      await commit();
    };
    // Until it is known that nothing scrolls here.
    for (let picture = 0; picture < SEARCHES; picture++) await film(() => void screen.commit([bounds], 2));
    for (let picture = 0; picture < SEARCHES; picture++) {
      await film(() => share.count('compare', () => void screen.commit([bounds], 2)));
    }
    const request = { bounds, requested: Region.of([bounds]), copyRect: true, refreshes: true };
    const { cells } = planUpdate(screen, cuts, { version: screen.version - 1, dirty: new Region() }, request)!;
    const scratch = new EncodeScratch(share.memory, nodeCompressors);
    const sent: { rectangle: (typeof cells)[number]['rectangle']; bytes: Uint8Array }[] = [];
    await share.count('encode', async () => {
      for (const { rectangle } of cells) {
        scratch.reserve(rectangle.width * rectangle.height);
        const job = {
          framebuffer: screen.framebuffer,
          rectangle,
          pixels: new WirePixels(BGRX),
          level: 2,
          pooled: true,
        };
        const jpeg = { quality: 92, subsampling: '4:4:4' } as const;
        const { bytes } = await encodeTightCosine({ ...job, jpeg }, scratch);
        sent.push({ rectangle, bytes: bytes.slice(HEADER) });
      }
    });

    const framebuffer = new Framebuffer(viewer.memory, SIZE);
    const host = { memory: viewer.memory, inflater: createInflater(), clock: systemClock };
    const picture = new RfbPicture(
      { ...host, resize: () => framebuffer, resized: () => {}, renamed: () => {} },
      SIZE,
      BGRX,
      null,
    );
    const reader = new ByteReader();
    await viewer.count('decode', async () => {
      picture.begin();
      for (const { rectangle, bytes } of sent) {
        for (let at = 0; at < bytes.length; at += CHUNK) reader.push(bytes.subarray(at, at + CHUNK));
        expect(picture.rectangle({ ...rectangle, encoding: ENCODING.tight }, reader)).toBe('done');
      }
      await picture.settle();
      picture.finish();
    });
    expect(cells.length).toBe(16);
    // The table of docs/performance.md: a pass more is a decision to be made there.
    expect([...table(share), ...table(viewer)]).toEqual([
      'compare compareCells: 0.28 read, 0.00 written',
      'compare findAnchors: 0.02 read, 0.00 written',
      'encode buildPalette: 0.00 read, 0.00 written',
      'encode photographicBlocks: 0.28 read, 0.00 written',
      'encode encodeCosine: 1.00 read, 0.09 written',
      'encode copies: 0.09 read, 0.09 written',
      'decode copies: 0.18 read, 0.18 written',
      'decode decodeCosine: 0.09 read, 1.00 written',
    ]);
  });
});
