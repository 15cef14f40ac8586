import { PeerglassError } from '../../core/errors.js';
import type { ScreenTargets } from '../share-target.js';
import { X11Connection } from './connection.js';
import { findMonitors, listMonitors } from './monitors.js';
import { listWindows } from './windows.js';

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

/** Outputs of XWayland before it took on the names of the compositor's and had an extension to be known by. */
const OUTPUT = /^XWAYLAND\d+$/;

/**
 * Whether a server is an XWayland whose windows are the compositor's: nothing is ever drawn on its root, and only single
 * windows can be read. One that runs in a window of its own (rootful) is an X server as others are; there no compositor
 * has taken the windows (_NET_WM_CM_S0).
 */
export async function hasBlackRoot(connection: X11Connection): Promise<boolean> {
  const { client } = connection;
  const [extension, atom] = await Promise.all([
    connection.ask<{ present: number }>(reply => client.QueryExtension('XWAYLAND', reply)),
    connection.ask<number>(reply => client.InternAtom(true, '_NET_WM_CM_S0', reply)),
  ]);
  if (atom === 0) return false;
  const known = extension.present !== 0 || (await findMonitors(connection)).some(({ name }) => OUTPUT.test(name));
  return known && (await connection.ask<number>(reply => client.GetSelectionOwner(atom, reply))) !== 0;
}

/** @param name of the display, e.g. ":0" */
export function blackRoot(name: string): PeerglassError {
  const message = `${name} is XWayland, the X server of a Wayland session: its screen is black, only single windows can be read.`;
  const remedy =
    'For the screen run peerglass share --source screenshots in a terminal of that session (not by sudo or ssh). For one X window give --source x11 --window ID (peerglass list shows them).';
  return new PeerglassError('E_WAYLAND', message, remedy);
}

/** Whether this process runs inside of a Wayland session, as the environment has it. */
export function isWayland(environment: NodeJS.ProcessEnv): boolean {
  return Boolean(environment.WAYLAND_DISPLAY) || environment.XDG_SESSION_TYPE === 'wayland';
}
