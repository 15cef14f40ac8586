import { type CaptureEnvironment, targetsHere } from '../capture/choose.js';
import { asPeerglassError } from '../core/errors.js';
import type { ShareTargets } from './app-services.js';

/**
 * The things that this machine can share. Never rejects: obstacles are part of the result.
 *
 * @param display the X display, or null for $DISPLAY
 */
export async function listTargets(display: string | null, surroundings?: CaptureEnvironment): Promise<ShareTargets> {
  try {
    const { kind, why, monitors, windows, missing } = await targetsHere(display, surroundings);
    return { source: missing ? { kind: null, error: missing.report() } : { kind, why }, monitors, windows };
  } catch (error) {
    return { source: { kind: null, error: asPeerglassError(error).report() }, monitors: [], windows: [] };
  }
}
