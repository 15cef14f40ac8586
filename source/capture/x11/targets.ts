import type { ScreenTargets } from '../share-target.js';
import { X11Connection } from './connection.js';
import { listMonitors } from './monitors.js';
import { listWindows } from './windows.js';
import { blackRoot, hasBlackRoot } from './xwayland.js';

/**
 * What an X server can share.
 *
 * @param display its name, or null for $DISPLAY
 */
export async function x11Targets(display: string | null, environment?: NodeJS.ProcessEnv): Promise<ScreenTargets> {
  const connection = await X11Connection.open(display, environment);
  try {
    const windows = await listWindows(connection);
    if (await hasBlackRoot(connection)) return { monitors: [], windows, missing: blackRoot(connection.name) };
    return { monitors: await listMonitors(connection), windows };
  } finally {
    await connection.close();
  }
}
