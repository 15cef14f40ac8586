import type { RandrExtension } from 'x11';
import { plainText } from '../../core/plain-text.js';
import { type Rectangle, type Size, sameRectangle } from '../../core/rectangle.js';
import type { MonitorTarget } from '../share-target.js';
import type { X11Connection } from './connection.js';

/** The size of the whole screen as it is now; what the connection's set-up says of it is as old as the connection. */
export async function screenBounds(connection: X11Connection): Promise<Rectangle> {
  const { width, height } = await connection.ask<Size>(reply => connection.client.GetGeometry(connection.root, reply));
  return { x: 0, y: 0, width, height };
}

/**
 * The monitors that are on, the primary one first and then from left to right and from the top; mirrored ones count
 * once. A server that tells of none has one as large as its screen.
 */
export async function listMonitors(connection: X11Connection): Promise<MonitorTarget[]> {
  const randr = await connection.extension<RandrExtension>('randr');
  const found = randr ? await connectedMonitors(connection, randr) : [];
  if (found.length === 0) {
    return [{ number: 1, name: 'screen', primary: true, geometry: await screenBounds(connection) }];
  }
  found.sort(
    (a, b) => Number(b.primary) - Number(a.primary) || a.geometry.x - b.geometry.x || a.geometry.y - b.geometry.y,
  );
  const apart = found.filter((each, index) => {
    return found.findIndex(other => sameRectangle(other.geometry, each.geometry)) === index;
  });
  return apart.map((monitor, index) => ({ number: index + 1, ...monitor }));
}

/** By CRTCs and outputs, which every server with RANDR 1.3 has (the package x11 lacks GetMonitors). */
async function connectedMonitors(
  connection: X11Connection,
  randr: RandrExtension,
): Promise<Omit<MonitorTarget, 'number'>[]> {
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
      const shown = output.includes(primary) ? primary : output[0]!;
      const { name } = await connection.ask<{ name: string }>(reply => randr.GetOutputInfo(shown, time, reply));
      return { name: plainText(name, 40), primary: shown === primary, geometry: { x, y, width, height } };
    }),
  );
}

interface Crtc extends Rectangle {
  readonly mode: number;
  readonly output: readonly number[];
}
