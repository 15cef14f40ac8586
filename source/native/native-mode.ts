import { PeerglassError } from '../core/errors.js';

/**
 * What of C a process may load. `on`: all of it. `safe`: libraries and addons, but no tricks with memory: nothing is
 * mapped over pixels, no picture shares its memory with a window or an X server, and no other thread reads or writes
 * pixels. `off`: nothing, so that WebAssembly and TypeScript do all the work.
 */
export type NativeMode = 'off' | 'safe' | 'on';

/** The environment variable that says so; workers and processes that are started inherit it. */
export const NATIVE_VARIABLE = 'PEERGLASS_NATIVE';

const MODES: readonly NativeMode[] = ['off', 'safe', 'on'];

/** The environment is the process's: read once. */
let mode: NativeMode | undefined;

/** @throws PeerglassError E_USAGE for a word that is none of them */
export function parseNativeMode(text: string | undefined): NativeMode {
  if (text === undefined || text === '') return 'on';
  const found = MODES.find(each => each === text);
  if (found) return found;
  throw new PeerglassError(
    'E_USAGE',
    `The environment variable ${NATIVE_VARIABLE} is off, safe or on, not "${text}".`,
    `Leave it out (on), or see "Without native code" in docs/reference.md.`,
  );
}

/**
 * What this process may load, read once.
 * @throws PeerglassError E_USAGE
 */
export function nativeMode(): NativeMode {
  mode ??= parseNativeMode(process.env[NATIVE_VARIABLE]);
  return mode;
}
