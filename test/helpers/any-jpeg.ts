import { JpegDecoder } from '../../source/codecs/jpeg/jpeg-decoder.js';
import type { JpegLibrary } from '../../source/codecs/jpeg/jpeg-library.js';
import { jpegLibrary } from '../../source/native/jpeg-library.js';
import { decodePlainJpeg } from './plain-jpeg.js';

/** Reads JPEG without native code but asynchronously, like the libraries that decode on another thread. */
class PlainJpeg implements JpegLibrary {
  readonly name = 'plain';
  readonly compress: JpegLibrary['compress'] = () => {
    throw new Error('nothing is compressed here');
  };

  decompress(...[data, rectangle, framebuffer, pooled]: Parameters<JpegLibrary['decompress']>) {
    const copy = data.slice();
    const paint = () => {
      const { width, data: pixels } = decodePlainJpeg(copy);
      for (let row = 0; row < rectangle.height; row++) {
        const start = framebuffer.at(rectangle.x, rectangle.y + row);
        framebuffer.memory.bytes(start, width * 4).set(pixels.subarray(row * width * 4, (row + 1) * width * 4));
      }
    };
    if (!pooled) return paint() as undefined;
    const release = framebuffer.hold();
    return new Promise<void>(resolve => setImmediate(resolve)).then(paint).finally(release);
  }
}

/** The program's own library if it may be loaded, else one that only decodes: for tests that hold with both. */
export function anyJpegLibrary(): JpegLibrary {
  return jpegLibrary() ?? new PlainJpeg();
}

export function anyJpegDecoder(): JpegDecoder {
  return new JpegDecoder(anyJpegLibrary());
}
