import { type EncodedRectangle, EncodeScratch } from '../../../codecs/encode/encode-job.js';
import { type EncodeProfile, losslessProfile } from '../../../codecs/encode/encode-profile.js';
import { writeU16 } from '../../../core/bytes.js';
import type { Rectangle, Size } from '../../../core/rectangle.js';
import { nodeCompressors } from '../../../node/compressors.js';
import { Framebuffer } from '../../../pixels/framebuffer.js';
import type { PixelMemory } from '../../../pixels/pixel-memory.js';
import { Region } from '../../../pixels/region.js';
import { cutEvenly } from './cells.js';

/** The part of a viewer's framebuffer beyond a screen that has shrunk, for viewers that cannot resize. */
export function beyond(viewer: Size, screen: Size): Rectangle[] {
  return Region.of([{ x: 0, y: 0, ...sizeOf(viewer) }])
    .subtract({ x: 0, y: 0, ...sizeOf(screen) })
    .rectangles();
}

/** The encoded rectangles, followed by the area beyond the screen in black. */
export async function withBlack(
  results: readonly (EncodedRectangle | Promise<EncodedRectangle>)[],
  beyondScreen: readonly Rectangle[],
  memory: PixelMemory,
  profile: EncodeProfile,
): Promise<EncodedRectangle[]> {
  const black = encodeBlack(memory, profile, beyondScreen);
  const [rectangles, blackRectangles] = await Promise.all([Promise.all(results), black]);
  return [...rectangles, ...blackRectangles];
}

/** Encodes black rectangles. They are rare and compress well: encoded at once and not cached. */
async function encodeBlack(
  memory: PixelMemory,
  profile: EncodeProfile,
  rectangles: readonly Rectangle[],
): Promise<EncodedRectangle[]> {
  const { encoder, pixels, level } = losslessProfile(profile);
  const encoded: EncodedRectangle[] = [];
  const scratch = new EncodeScratch(memory, nodeCompressors);
  for (const rectangle of rectangles.flatMap(each => cutEvenly(each))) {
    const framebuffer = new Framebuffer(memory, rectangle);
    const job = { framebuffer, rectangle: framebuffer.bounds, pixels, level, jpeg: null, pooled: false };
    const black = await encoder(job, scratch);
    framebuffer.free();
    writeU16(black.bytes, 0, rectangle.x);
    writeU16(black.bytes, 2, rectangle.y);
    encoded.push({ ...black, rectangle, parts: black.parts.map(part => ({ ...part, rectangle })) });
  }
  scratch.free();
  return encoded;
}

function sizeOf({ width, height }: Size): Size {
  return { width, height };
}
