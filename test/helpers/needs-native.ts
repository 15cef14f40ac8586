import { nativeMode } from '../../source/native/native-mode.js';

/** Whether this run may load native code (not with PEERGLASS_NATIVE=off). */
export const MAY_LOAD_NATIVE = nativeMode() !== 'off';

/**
 * Chooses between the two expectations of a test about native code, so that it is never skipped: without native code it
 * expects the refusal or the substitute.
 * @param loaded the test, or its expectation, where native code may be loaded
 * @param off the same for PEERGLASS_NATIVE=off: the refusal, or what takes its place
 */
export function needsNative<Said>(loaded: Said, off: Said): Said {
  return MAY_LOAD_NATIVE ? loaded : off;
}
