import type { Compressors } from '../codecs/encode/compressors.js';
import { JpegDecoder } from '../codecs/jpeg/jpeg-decoder.js';
import { jpegLibrary } from '../native/jpeg-library.js';
import { NodeDeflater } from './deflater.js';

/** What encoders compress with on Node. JPEG is loaded when it is first asked for. */
export const nodeCompressors: Compressors = {
  deflater: new NodeDeflater(),
  get jpeg() {
    return jpegLibrary();
  },
};

/** Null where JPEG cannot be read on this machine: no quality level must be asked for then. */
export function loadJpegDecoder(): JpegDecoder | null {
  const library = jpegLibrary();
  return library && new JpegDecoder(library);
}
