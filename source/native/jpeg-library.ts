import type { JpegLibrary } from '../codecs/jpeg/jpeg-library.js';
import { loadBindingJpeg } from './jpeg-binding.js';
import { loadNativeJpeg } from './jpeg-native.js';
import { nativeMode } from './native-mode.js';

/** Loaded once a process. */
let library: JpegLibrary | null | undefined;

/**
 * libjpeg-turbo, loaded when first needed, or null where it has no build for this machine. Called directly where it is a
 * library of its own, since then it reads and writes the framebuffer where it lies; else through its package, as in the
 * mode `safe`. In the mode `off` there is none: JPEG is neither sent nor asked for, and Cosine alone takes its place.
 */
export function jpegLibrary(): JpegLibrary | null {
  if (library === undefined) library = (nativeMode() === 'on' ? loadNativeJpeg() : null) ?? loadBindingJpeg();
  return library;
}
