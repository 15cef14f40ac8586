import { NativeIsOff } from './load-native.js';
import { loadOpenH264 } from './openh264.js';
import type { VideoEncoderLibrary } from './video-encoder.js';
import { loadX264 } from './x264.js';

/** Names the only encoder to use, or `none`: for tests, and where the best one has to be avoided. */
export const ENCODER_VARIABLE = 'PEERGLASS_H264';

/** The best first: OpenH264 takes a sixth more bits for the same film, in about the same time (docs/video.md). */
const LOADERS = { x264: loadX264, openh264: loadOpenH264 } as const;

/** The encoders that are installed, the best first; none where native code is off. They are never installed by us. */
export function findVideoEncoders(named = process.env[ENCODER_VARIABLE]): VideoEncoderLibrary[] {
  return Object.entries(LOADERS).flatMap(([name, load]) => {
    if (named && named !== name) return [];
    try {
      return load() ?? [];
    } catch (error) {
      if (error instanceof NativeIsOff) return [];
      throw error;
    }
  });
}

/** How a user gets one. */
export const ENCODER_REMEDY = [
  'Install one, e.g.:',
  '  Debian, Ubuntu: sudo apt install libx264-164   (or libopenh264-7)',
  '  Fedora:         sudo dnf install openh264',
  '  Arch:           sudo pacman -S x264',
  '  macOS:          brew install x264',
].join('\n');
