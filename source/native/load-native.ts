import { createRequire } from 'node:module';
import type * as JpegTurbo from '@julusian/jpeg-turbo';
import { NATIVE_VARIABLE, nativeMode } from './native-mode.js';

/** The used part of the package zlib-sync. */
export interface ZlibSync {
  readonly Inflate: new (options: { readonly chunkSize: number; readonly windowBits: number }) => NativeInflate;
  readonly ZLIB_VERSION: string;
}

export interface NativeInflate {
  push(bytes: Uint8Array, flush: number): void;
  /** A copy of the last push's output; null when it failed or had none. */
  readonly result: Uint8Array | null;
  readonly err: number;
  readonly msg: string | null;
}

/** The used part of node-screenshots; its own types are missing where the package could not be installed. */
export interface NativeImage {
  readonly width: number;
  readonly height: number;
  /** RGBA, packed. */
  toRawSync(): Buffer;
}

interface NativeArea {
  id(): number;
  x(): number;
  y(): number;
  width(): number;
  height(): number;
  captureImage(): Promise<NativeImage>;
}

export interface NativeMonitor extends NativeArea {
  name(): string;
  isPrimary(): boolean;
}

export interface NativeWindow extends NativeArea {
  pid(): number;
  title(): string;
  isMinimized(): boolean;
}

export interface ScreenshotsLibrary {
  readonly Monitor: { all(): NativeMonitor[] };
  readonly Window: { all(): NativeWindow[] };
}

/** The packages that bring or call native code. */
export interface NativePackages {
  readonly koffi: typeof import('koffi');
  readonly 'zlib-sync': ZlibSync;
  readonly '@julusian/jpeg-turbo': typeof JpegTurbo;
  readonly 'node-screenshots': ScreenshotsLibrary;
}

const require = createRequire(import.meta.url);

/** The mode is `off`: the package is not loaded, installed or not. */
export class NativeIsOff extends Error {
  constructor(name: keyof NativePackages) {
    super(`${name} is not loaded: ${NATIVE_VARIABLE} is off`);
    this.name = 'NativeIsOff';
  }
}

/**
 * The only place that loads native code.
 * @throws NativeIsOff
 * @throws Error where the package is not installed, or does not load
 */
export function loadNative<Name extends keyof NativePackages>(name: Name): NativePackages[Name] {
  if (nativeMode() === 'off') throw new NativeIsOff(name);
  return require(name);
}
