import type { RandrExtension } from 'x11';
import { plainText } from '../../core/plain-text.js';
import type { Rectangle, Size } from '../../core/rectangle.js';
import { numbered, type Output, type PinnableMonitor, withoutMirrors } from '../pinned-part.js';
import type { MonitorTarget } from '../share-target.js';
import { type X11Connection, XRequestError } from './connection.js';
import { getMonitors, hasGetMonitors } from './get-monitors.js';

const ANY_TYPE = 0;
/** The length of an EDID's first block, in units of 4 bytes. It names maker, model and serial number. */
const EDID_WORDS = 32;
const LONGEST_NAME = 40;

/** The present size of the whole screen; the connection's set-up has the size from when it was opened. */
export async function screenBounds(connection: X11Connection): Promise<Rectangle> {
  const { width, height } = await connection.ask<Size>(reply => connection.client.GetGeometry(connection.root, reply));
  return { x: 0, y: 0, width, height };
}

/** The active monitors: the primary one first, then left to right and top to bottom; mirrors are listed once. */
export async function listMonitors(connection: X11Connection): Promise<MonitorTarget[]> {
  const monitors = withoutMirrors(await findMonitors(connection));
  return monitors.map(({ number, name, primary, geometry }) => ({ number, name, primary, geometry }));
}

/** All active monitors with their identities. A server without monitors counts as one monitor of its screen's size. */
export async function findMonitors(connection: X11Connection): Promise<PinnableMonitor[]> {
  const randr = await connection.extension<RandrExtension>('randr');
  const found = randr ? await monitorsOf(connection, randr) : [];
  if (found.length > 0) return numbered(found);
  const screen = { name: 'screen', primary: true, geometry: await screenBounds(connection) };
  return numbered([{ ...screen, outputs: [{ name: 'screen', id: '' }] }]);
}

type Found = Omit<PinnableMonitor, 'number'>;

function monitorsOf(connection: X11Connection, randr: RandrExtension): Promise<Found[]> {
  return hasGetMonitors(randr) ? namedMonitors(connection, randr) : litMonitors(connection, randr);
}

/** From RandR 1.5, which has the user's monitors (xrandr --setmonitor) and shows tiled displays as one. */
async function namedMonitors(connection: X11Connection, randr: RandrExtension): Promise<Found[]> {
  const monitors = await getMonitors(connection, randr);
  return Promise.all(
    monitors.map(async ({ name: atom, primary, automatic, geometry, outputs }) => {
      const text = await connection.ask<string>(reply => connection.client.GetAtomName(atom, reply));
      const name = plainText(text, LONGEST_NAME);
      // A monitor defined by the user is identified by its name, one created by the server by its outputs.
      const known = automatic ? await identify(connection, randr, outputs) : [];
      return { name, primary, geometry, outputs: known.length > 0 ? known : [{ name, id: '' }] };
    }),
  );
}

/** From CRTCs and outputs, for servers older than RandR 1.5. */
async function litMonitors(connection: X11Connection, randr: RandrExtension): Promise<Found[]> {
  const { root } = connection;
  const [resources, primary] = await connection.together(() =>
    Promise.all([
      connection.ask<{ config_timestamp: number; crtcs: readonly number[] }>(reply =>
        randr.GetScreenResourcesCurrent(root, reply),
      ),
      connection.ask<number>(reply => randr.GetOutputPrimary(root, reply)),
    ]),
  );
  const time = resources.config_timestamp;
  const crtcs = await connection.together(() =>
    Promise.all(resources.crtcs.map(crtc => connection.ask<Crtc>(reply => randr.GetCrtcInfo(crtc, time, reply)))),
  );
  const lit = crtcs.filter(crtc => crtc.mode !== 0 && crtc.width > 0 && crtc.height > 0 && crtc.output.length > 0);
  return Promise.all(
    lit.map(async ({ x, y, width, height, output }) => {
      const shown = [...output].sort((a, b) => Number(b === primary) - Number(a === primary));
      const outputs = await identify(connection, randr, shown);
      const name = outputs[0]?.name ?? '';
      return { name, primary: shown[0] === primary, geometry: { x, y, width, height }, outputs };
    }),
  );
}

/** The outputs with their identities, without those that have just vanished, such as a dock's. */
async function identify(
  connection: X11Connection,
  randr: RandrExtension,
  outputs: readonly number[],
): Promise<Output[]> {
  const found = await Promise.all(
    outputs.map(async output => {
      try {
        const [{ name }, id] = await Promise.all([
          connection.ask<{ name: string }>(reply => randr.GetOutputInfo(output, 0, reply)),
          edid(connection, randr, output),
        ]);
        return { name: plainText(name, LONGEST_NAME), id };
      } catch (error) {
        if (error instanceof XRequestError) return null;
        throw error;
      }
    }),
  );
  return found.filter(output => output !== null);
}

/** The EDID of the monitor at an output; empty for virtual outputs, which have none. */
async function edid(connection: X11Connection, randr: RandrExtension, output: number): Promise<string> {
  const atom = await connection.ask<number>(reply => connection.client.InternAtom(true, 'EDID', reply));
  if (atom === 0) return '';
  const { data } = await connection.ask<{ data: Buffer }>(reply =>
    randr.GetOutputProperty(output, atom, ANY_TYPE, 0, EDID_WORDS, false, false, reply),
  );
  return data.toString('base64');
}

interface Crtc extends Rectangle {
  readonly mode: number;
  readonly output: readonly number[];
}
