import { PNG } from 'pngjs';
import { asPeerglassError, PeerglassError } from '../core/errors.js';
import { fileText } from '../core/plain-text.js';
import type { Size } from '../core/rectangle.js';
import { whyUnwritten, writeWhole, writeWholeSync } from '../node/whole-file.js';
import { bgrxToRgb, type Framebuffer } from '../pixels/framebuffer.js';

/** Receives the result of saving a file. */
type Tell = (tone: 'good' | 'warning', text: string, code?: string) => void;

/** RGB, rows without a filter: less work for this thread, and a slightly larger file. */
const FORMAT = { colorType: 2, inputColorType: 2, inputHasAlpha: false, filterType: 0, deflateStrategy: 0 } as const;

/** A copy of the picture as packed RGB, because the picture may change while the file is written. */
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

/** Writes a picture as PNG and reports the result. The picture may change meanwhile. @param picture null: none yet */
export function savePicture(picture: Framebuffer | null, file: string, tell: Tell): Promise<void> {
  return save(file, tell, () => {
    if (!picture) throw new PeerglassError('E_SNAPSHOT', 'There is no picture to save yet.');
    return pngOf(picture);
  });
}

/** Shades of grey, one byte a pixel, rows from the top. */
export interface GreyPicture extends Size {
  readonly pixels: Buffer;
}

/** Writes a picture as PNG and reports the result. */
export function saveGrey({ width, height, pixels }: GreyPicture, file: string, tell: Tell): Promise<void> {
  return save(file, tell, () => {
    const png = new PNG({ width, height, colorType: 0, inputColorType: 0, inputHasAlpha: false });
    png.data = pixels;
    return png;
  });
}

async function save(file: string, tell: Tell, pngOfIt: () => PNG): Promise<void> {
  try {
    const png = pngOfIt();
    try {
      await writeWhole(file, await packed(png));
    } catch (cause) {
      throw unwrittenPicture(file, cause);
    }
    tell('good', `Saved ${fileText(file)}`);
  } catch (thrown) {
    const { message, code } = asPeerglassError(thrown);
    tell('warning', message, code);
  }
}

/** Saves the last picture if a file was named. @returns why that failed */
export function saveLastPicture(picture: Framebuffer | null, file: string | null): PeerglassError | null {
  if (file === null) return null;
  if (!picture) return new PeerglassError('E_SNAPSHOT', `No picture came, so ${fileText(file)} was not written.`);
  try {
    writeNow(picture, file);
    return null;
  } catch (thrown) {
    return asPeerglassError(thrown);
  }
}

/**
 * Synchronous, because the X server, and with it this process, may be about to end. See writeWholeSync for what happens
 * to the file.
 * @throws PeerglassError E_SNAPSHOT
 */
function writeNow(picture: Framebuffer, file: string): void {
  const png = pngOf(picture);
  try {
    writeWholeSync(file, PNG.sync.write(png, FORMAT));
  } catch (cause) {
    throw unwrittenPicture(file, cause);
  }
}

function pngOf(picture: Framebuffer): PNG {
  const png = new PNG({ width: picture.width, height: picture.height, ...FORMAT });
  png.data = copyRgb(picture);
  return png;
}

/** PNG is an old-style stream: it emits events, but cannot be iterated. */
function packed(png: PNG): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    png.on('data', (piece: Buffer) => pieces.push(piece));
    png.on('end', () => resolve(Buffer.concat(pieces)));
    png.on('error', reject);
    png.pack();
  });
}

export function unwrittenPicture(file: string, cause: unknown): PeerglassError {
  const message = `The picture cannot be written to ${fileText(file)} (${whyUnwritten(cause)}).`;
  return new PeerglassError('E_SNAPSHOT', message, 'Choose another file.', { cause });
}
