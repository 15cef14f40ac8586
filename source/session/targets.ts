import { chooseScreen, type Surroundings } from '../capture/choose.js';
import { screenTargets } from '../capture/screenshots/shot-process.js';
import { X11Connection } from '../capture/x11/connection.js';
import { listMonitors } from '../capture/x11/monitors.js';
import { listWindows } from '../capture/x11/windows.js';
import { blackRoot, hasBlackRoot } from '../capture/x11/xwayland.js';
import { asPeerglassError } from '../core/errors.js';
import type { ShareTargets } from './share-targets.js';

/**
 * What this machine can share. Never rejects: what stands in the way is told in the result.
 *
 * @param display the X display, or null for $DISPLAY
 */
export async function listTargets(display: string | null, surroundings?: Surroundings): Promise<ShareTargets> {
  try {
    const { kind, why } = chooseScreen('auto', display, surroundings);
    if (kind === 'x11') return await listX11(display, why, surroundings?.environment);
    return { source: { kind, why }, ...(await screenTargets({ environment: surroundings?.environment })) };
  } catch (error) {
    return { source: { kind: null, error: asPeerglassError(error).report() }, monitors: [], windows: [] };
  }
}

async function listX11(display: string | null, why: string, environment?: NodeJS.ProcessEnv): Promise<ShareTargets> {
  const connection = await X11Connection.open(display, environment);
  try {
    const windows = await listWindows(connection);
    if (await hasBlackRoot(connection)) {
      return { source: { kind: null, error: blackRoot(connection.name).report() }, monitors: [], windows };
    }
    return { source: { kind: 'x11', why }, monitors: await listMonitors(connection), windows };
  } finally {
    await connection.close();
  }
}
