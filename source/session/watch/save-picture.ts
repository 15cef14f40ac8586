import { PNG } from 'pngjs';
import { asPeerglassError, PeerglassError } from '../../core/errors.js';
import { whyUnwritten, writeWholeSync } from '../../node/whole-file.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';

/**
 * Writes a picture as PNG before it returns: it must be done when the X server, and with it this process, is about to
 * end. See writeWholeSync for what becomes of the file.
 * @throws PeerglassError E_SNAPSHOT
 */
function savePicture(picture: Framebuffer, file: string): void {
  const { width, height } = picture;
  const bgrx = picture.bytes();
  const rgb = Buffer.alloc(width * height * 3);
  for (let from = 0, to = 0; from < bgrx.length; from += 4, to += 3) {
    rgb[to] = bgrx[from + 2]!;
    rgb[to + 1] = bgrx[from + 1]!;
    rgb[to + 2] = bgrx[from]!;
  }
  const png = new PNG({ width, height });
  png.data = rgb;
  const options = { colorType: 2, inputColorType: 2, inputHasAlpha: false, filterType: 0, deflateStrategy: 0 } as const;
  try {
    writeWholeSync(file, PNG.sync.write(png, options));
  } catch (cause) {
    const message = `The picture cannot be written to ${file} (${whyUnwritten(cause)}).`;
    throw new PeerglassError('E_SNAPSHOT', message, 'Choose another file.', { cause });
  }
}

/** Saves the last picture where a file was named for it; answers why there is none in it. */
export function saveLastPicture(picture: Framebuffer | null, file: string | null): PeerglassError | null {
  if (file === null) return null;
  if (!picture) return new PeerglassError('E_SNAPSHOT', `No picture came, so ${file} was not written.`);
  try {
    savePicture(picture, file);
    return null;
  } catch (thrown) {
    return asPeerglassError(thrown);
  }
}

/** Saves what is shown now, and says what became of that. */
export function savePictureNow(
  picture: Framebuffer | null,
  file: string,
  tell: (tone: 'good' | 'warning', text: string, code?: string) => void,
): void {
  try {
    if (!picture) throw new PeerglassError('E_SNAPSHOT', 'There is no picture to save yet.');
    savePicture(picture, file);
    tell('good', `Saved ${file}`);
  } catch (thrown) {
    const { message, code } = asPeerglassError(thrown);
    tell('warning', message, code);
  }
}
