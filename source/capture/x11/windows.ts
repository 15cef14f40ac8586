import { plainText } from '../../core/plain-text.js';
import type { Rectangle } from '../../core/rectangle.js';
import type { WindowTarget } from '../share-target.js';
import { windowByTitle } from '../window-choice.js';
import { type X11Connection, XRequestError } from './connection.js';

const INPUT_OUTPUT = 1;
const VIEWABLE = 2;
const ICONIC = 3;
const ANY_TYPE = 0;
/** Bounds on other programs' claims: more windows than anybody has, and the depth to search for titles. */
const MAX_WINDOWS = 1_000;
const MAX_LEVELS = 4;
const TITLE_WORDS = 256;

/** The visible windows with a title, in the window manager's order if there is one. */
export async function listWindows(connection: X11Connection): Promise<WindowTarget[]> {
  const ids = (await managedWindows(connection)) ?? (await titledWindows(connection, connection.root, 1));
  const windows = await Promise.all(ids.slice(0, MAX_WINDOWS).map(id => describeWindow(connection, id)));
  return windows.filter(window => window !== null && window.title !== '') as WindowTarget[];
}

/**
 * Finds a window by its id ("0x1a00007" or decimal), its whole title, or a unique part of its title; case is ignored.
 *
 * @throws PeerglassError E_NO_SUCH_WINDOW
 */
export async function findWindow(connection: X11Connection, wanted: string): Promise<WindowTarget> {
  const id = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(wanted) ? Number(wanted) : 0;
  if (id > 0 && id <= 0xffffffff) {
    const window = await describeWindow(connection, id);
    if (window) return window;
  }
  return windowByTitle(wanted, await listWindows(connection));
}

/** The window manager's windows (_NET_CLIENT_LIST); null if there is no such list. */
async function managedWindows(connection: X11Connection): Promise<number[] | null> {
  const list = await property(connection, connection.root, '_NET_CLIENT_LIST', MAX_WINDOWS);
  if (!list || list.length < 4) return null;
  return Array.from({ length: list.length >> 2 }, (_, index) => list.readUInt32LE(index * 4));
}

/**
 * Whether a window's WM_STATE is iconic (ICCCM 4.1.3.1): a compositing window manager may leave minimised windows
 * mapped. Without a window manager there is no WM_STATE.
 */
export async function isIconic(connection: X11Connection, id: number): Promise<boolean> {
  const state = await property(connection, id, 'WM_STATE', 1);
  return state !== null && state.length >= 4 && state.readUInt32LE(0) === ICONIC;
}

/**
 * A window's parent; null for the root.
 *
 * @throws XRequestError when the window is gone
 */
export async function parentOf(connection: X11Connection, id: number): Promise<number | null> {
  const { parent } = await connection.ask<{ parent: number }>(reply => connection.client.QueryTree(id, reply));
  return parent === 0 || parent === connection.root ? null : parent;
}

/** Walks down the tree to windows with titles, for servers without a window manager's list. */
async function titledWindows(connection: X11Connection, parent: number, level: number): Promise<number[]> {
  const { children } = await connection.ask<{ children: readonly number[] }>(reply => {
    connection.client.QueryTree(parent, reply);
  });
  const found = await Promise.all(
    children.slice(-MAX_WINDOWS).map(async child => {
      try {
        if ((await windowTitle(connection, child)) !== '') return [child];
        return level < MAX_LEVELS ? await titledWindows(connection, child, level + 1) : [];
      } catch (error) {
        if (error instanceof XRequestError) return [];
        throw error;
      }
    }),
  );
  return found.flat();
}

/** Null for a window that is gone, not viewable or InputOnly. */
async function describeWindow(connection: X11Connection, id: number): Promise<WindowTarget | null> {
  const { client } = connection;
  try {
    const [attributes, geometry, place, title] = await Promise.all([
      connection.ask<{ klass: number; mapState: number }>(reply => client.GetWindowAttributes(id, reply)),
      connection.ask<{ width: number; height: number }>(reply => client.GetGeometry(id, reply)),
      windowPlace(connection, id),
      windowTitle(connection, id),
    ]);
    if (attributes.klass !== INPUT_OUTPUT || attributes.mapState !== VIEWABLE) return null;
    const rectangle: Rectangle = { ...place, width: geometry.width, height: geometry.height };
    return { id: `0x${id.toString(16)}`, title, geometry: rectangle };
  } catch (error) {
    if (error instanceof XRequestError) return null;
    throw error;
  }
}

/** The screen position of the window's top left pixel, inside its border. */
async function windowPlace(connection: X11Connection, id: number): Promise<{ x: number; y: number }> {
  const { destX, destY } = await connection.ask<{ destX: number; destY: number }>(reply => {
    connection.client.TranslateCoordinates(id, connection.root, 0, 0, reply);
  });
  return { x: destX, y: destY };
}

async function windowTitle(connection: X11Connection, id: number): Promise<string> {
  const modern = await property(connection, id, '_NET_WM_NAME', TITLE_WORDS);
  if (modern?.length) return plainText(modern.toString('utf8')).trim();
  const old = await property(connection, id, 'WM_NAME', TITLE_WORDS);
  return old ? plainText(old.toString('latin1')).trim() : '';
}

/** A property's value, at most `words` * 4 bytes; null if the window does not have it. */
async function property(connection: X11Connection, id: number, name: string, words: number): Promise<Buffer | null> {
  const { client } = connection;
  const atom = await connection.ask<number>(reply => client.InternAtom(true, name, reply));
  if (atom === 0) return null;
  const { type, data } = await connection.ask<{ type: number; data: Buffer }>(reply => {
    client.GetProperty(0, id, atom, ANY_TYPE, 0, words, reply);
  });
  return type === 0 ? null : data;
}
