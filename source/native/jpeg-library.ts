import type { JpegLibrary } from '../codecs/jpeg/jpeg-library.js';
import { loadBindingJpeg } from './jpeg-binding.js';
import { loadNativeJpeg } from './jpeg-native.js';
import { nativeMode } from './native-mode.js';

/** Loaded once a process. */
let library: JpegLibrary | null | undefined;

/**
 * libjpeg-turbo, loaded on first use, or null where it has no build for this machine. Called directly where it is a
 * separate library, since it then works on the framebuffer itself; otherwise, and in the mode `safe`, through its
 * package. In the mode `off` there is none: JPEG is neither sent nor offered, and Cosine replaces it.
 */
export function jpegLibrary(): JpegLibrary | null {
  if (library === undefined) library = (nativeMode() === 'on' ? loadNativeJpeg() : null) ?? loadBindingJpeg();
  return library;
}
