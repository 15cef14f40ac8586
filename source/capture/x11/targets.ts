import { PeerglassError } from '../../core/errors.js';
import type { ScreenTargets } from '../share-target.js';
import { X11Connection } from './connection.js';
import { findMonitors, listMonitors } from './monitors.js';
import { listWindows } from './windows.js';

/**
 * The monitors and windows of an X server.
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

/** Output names of older XWaylands, which have neither the compositor's names nor the XWAYLAND extension. */
const OUTPUT = /^XWAYLAND\d+$/;

/**
 * Whether a server is a rootless XWayland: the compositor draws its windows, its root stays black and only single
 * windows can be read. A rootful XWayland, which runs in a window of its own, behaves like any X server; nobody owns
 * _NET_WM_CM_S0 there.
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
  const message = `${name} is XWayland, the X server of a Wayland session: its screen is black, and only single windows can be read.`;
  const remedy =
    'To share the screen, run peerglass share in a terminal of that session (not by sudo or ssh). To share one X window, give --source x11 --window ID (peerglass list shows the IDs).';
  return new PeerglassError('E_WAYLAND', message, remedy);
}

/** Whether this process runs in a Wayland session, judging by its environment. */
export function isWayland(environment: NodeJS.ProcessEnv): boolean {
  return Boolean(environment.WAYLAND_DISPLAY) || environment.XDG_SESSION_TYPE === 'wayland';
}
