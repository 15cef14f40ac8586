import { createRequire } from 'node:module';
import type * as JpegTurbo from '@julusian/jpeg-turbo';
import type { ZlibSync } from './inflate-zlib-sync.js';
import { NATIVE_VARIABLE, nativeMode } from './native-mode.js';
import type { ScreenshotsLibrary } from './screenshots-library.js';

/** The packages that bring or call native code. */
export interface NativePackages {
  readonly koffi: typeof import('koffi');
  readonly 'zlib-sync': ZlibSync;
  readonly '@julusian/jpeg-turbo': typeof JpegTurbo;
  readonly 'node-screenshots': ScreenshotsLibrary;
}

const require = createRequire(import.meta.url);

/**
 * The only way to native code.
 * @throws Error where the package is not installed, does not load, or may not be loaded (NativeMode `off`)
 */
export function loadNative<Name extends keyof NativePackages>(name: Name): NativePackages[Name] {
  if (nativeMode() === 'off') throw new Error(`${name} is not loaded: ${NATIVE_VARIABLE} is off`);
  return require(name);
}
