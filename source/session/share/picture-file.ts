import { PNG } from 'pngjs';
import { asPeerglassError, PeerglassError } from '../../core/errors.js';
import { whyUnwritten, writeWhole } from '../../node/whole-file.js';
import { bgrxToRgb } from '../../pixels/convert.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { ScreenView } from '../../pixels/screen.js';

/** The picture as packed RGB in memory of its own, so that it may change while it is written. */
export function copyRgb(picture: Framebuffer): Buffer {
  const length = picture.width * picture.height * 3;
  const pointer = picture.memory.allocate(length);
  try {
    bgrxToRgb(picture, picture.bounds, pointer);
    return Buffer.from(picture.memory.bytes(pointer, length));
  } finally {
    picture.memory.free(pointer);
  }
}

/** @throws PeerglassError E_SNAPSHOT */
async function writePicture(picture: Framebuffer, file: string): Promise<void> {
  const { width, height } = picture;
  // Without a filter a row is copied as it is: less to hold the thread up with, for a file that is a little larger.
  const png = new PNG({ width, height, colorType: 2, inputColorType: 2, inputHasAlpha: false, filterType: 0 });
  png.data = copyRgb(picture);
  try {
    await writeWhole(file, await packed(png));
  } catch (cause) {
    const message = `The picture cannot be written to ${file} (${whyUnwritten(cause)}).`;
    throw new PeerglassError('E_SNAPSHOT', message, 'Choose another file.', { cause });
  }
}

/** Writes what a screen shows, and says what became of that. */
export async function savePicture(
  { version, framebuffer }: ScreenView,
  file: string,
  notice: (tone: 'good' | 'warning', text: string, code?: string) => void,
): Promise<void> {
  try {
    if (version === 0) return notice('warning', 'There is no picture to save yet.');
    await writePicture(framebuffer, file);
    notice('good', `picture saved as ${file}`);
  } catch (error) {
    const { message, code } = asPeerglassError(error);
    notice('warning', message, code);
  }
}

/** PNG is a stream of the old kind: it has events, but cannot be iterated. */
function packed(png: PNG): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    png.on('data', (piece: Buffer) => pieces.push(piece));
    png.on('end', () => resolve(Buffer.concat(pieces)));
    png.on('error', reject);
    png.pack();
  });
}
