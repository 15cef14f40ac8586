import { nativeMode } from '../../source/native/native-mode.js';

/** Whether this run may load native code: with PEERGLASS_NATIVE=off it may not. */
export const MAY_LOAD_NATIVE = nativeMode() !== 'off';

/**
 * For what a test says of native code: it is never left out. Where none may be loaded, it says what there is instead.
 * @param loaded the test, or what it expects, where native code may be loaded
 * @param off the same for PEERGLASS_NATIVE=off: the refusal, or what takes its place
 */
export function needsNative<Said>(loaded: Said, off: Said): Said {
  return MAY_LOAD_NATIVE ? loaded : off;
}
