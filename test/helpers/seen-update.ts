import type { Framebuffer } from '../../source/pixels/framebuffer.js';
import type { PictureUpdate } from '../../source/session/watch/protocol-session.js';

/** An update and the resulting picture, for comparisons between machines: without anything that depends on timing. */
export interface SeenUpdate {
  readonly bytes: number;
  readonly rawBytes: number;
  readonly encodings: Readonly<Record<string, number>>;
  /** Hash of all pixels (FNV-1a). */
  readonly hash: number;
}

/** Null for intermediate pictures, which depend on timing. */
export function seenUpdate(update: PictureUpdate, framebuffer: Framebuffer): SeenUpdate | null {
  const { bytes, rawBytes, encodings } = update;
  return encodings ? { bytes, rawBytes, encodings, hash: hashOf(framebuffer) } : null;
}

/** The fourth byte of a pixel has no meaning. */
function hashOf(framebuffer: Framebuffer): number {
  let hash = 0x811c9dc5;
  framebuffer.bytes().forEach((byte, index) => {
    if (index % 4 !== 3) hash = Math.imul(hash ^ byte, 0x01000193);
  });
  return hash >>> 0;
}
