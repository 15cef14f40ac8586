import { renameSync, writeFileSync } from 'node:fs';
import { PNG } from 'pngjs';
import { asPeerglassError, PeerglassError } from '../../core/errors.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';

/**
 * Writes a picture as PNG before it returns: it must be done when the X server, and with it this process, is about to
 * end. The file appears whole or not at all.
 * @throws PeerglassError E_SNAPSHOT
 */
export function savePicture(picture: Framebuffer, file: string): void {
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
  const unfinished = `${file}.part`;
  try {
    writeFileSync(
      unfinished,
      PNG.sync.write(png, { colorType: 2, inputColorType: 2, inputHasAlpha: false, filterType: 0, deflateStrategy: 0 }),
    );
    renameSync(unfinished, file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PeerglassError(
      'E_SNAPSHOT',
      `The picture cannot be written to ${file} (${reason}).`,
      'Choose another file.',
      {
        cause,
      },
    );
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
