import { PeerglassError } from '../core/errors.js';

/**
 * The native code that a process may load. `on`: all of it. `safe`: libraries and addons, but no memory mapping:
 * nothing is mapped over pixels, no picture shares its memory with a window or an X server, and no other thread reads
 * or writes pixels. `off`: none; WebAssembly and TypeScript do all the work.
 */
export type NativeMode = 'off' | 'safe' | 'on';

/** The environment variable that sets it. Workers and child processes inherit it. */
export const NATIVE_VARIABLE = 'PEERGLASS_NATIVE';

const MODES: readonly NativeMode[] = ['off', 'safe', 'on'];

/** The environment is the process's: read once. */
let mode: NativeMode | undefined;

/** @throws PeerglassError E_USAGE for any other word */
export function parseNativeMode(text: string | undefined): NativeMode {
  if (text === undefined || text === '') return 'on';
  const found = MODES.find(each => each === text);
  if (found) return found;
  throw new PeerglassError(
    'E_USAGE',
    `The environment variable ${NATIVE_VARIABLE} must be off, safe or on, not "${text}".`,
    `Unset it (on), or see "Environment variables" in docs/reference.md.`,
  );
}

/**
 * The mode of this process, read once.
 * @throws PeerglassError E_USAGE
 */
export function nativeMode(): NativeMode {
  mode ??= parseNativeMode(process.env[NATIVE_VARIABLE]);
  return mode;
}
