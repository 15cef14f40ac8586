import type { Clock } from '../../core/clock.js';
import { withoutMirrors } from '../pinned-part.js';
import type { ScreenTargets } from '../share-target.js';
import { capturesWindows, notCapturable, type Protocol, protocolOf } from './compositor.js';
import { WaylandConnection } from './connection.js';
import { monitorsOf, type Output, Outputs, scaleOf, uprightSize } from './outputs.js';
import { Toplevels } from './toplevels.js';
import { turnOf } from './turn.js';

/**
 * The monitors of a Wayland session, which every compositor lists, and the windows that can be captured.
 *
 * @throws PeerglassError as WaylandConnection.open does
 */
export async function waylandTargets(environment: NodeJS.ProcessEnv, clock: Clock): Promise<ScreenTargets> {
  const connection = await WaylandConnection.open(environment, clock);
  try {
    const outputs = new Outputs(connection);
    const toplevels = new Toplevels(connection);
    await connection.sync();
    // Objects made by the first answers are described after the second.
    await connection.sync();
    const monitors = withoutMirrors(monitorsOf(outputs.all, uprightSize));
    return {
      monitors: monitors.map(({ number, name, primary, geometry, output }) => {
        const note = noteOf(output);
        return { number, name, primary, geometry, ...(note === '' ? {} : { note }) };
      }),
      windows: capturesWindows(connection) ? toplevels.all.map(({ id, title }) => ({ id, title, geometry: null })) : [],
    };
  } finally {
    connection.close();
  }
}

/** "scale 1.5, rotated 90°, off". */
function noteOf(output: Output): string {
  const { transform, on } = output.state;
  const scale = scaleOf(output);
  const notes = [scale === 1 ? '' : `scale ${scale}`, turnOf(transform).name, on ? '' : 'off'];
  return notes.filter(note => note !== '').join(', ');
}

/**
 * The protocol for capturing the session's compositor directly.
 *
 * @throws PeerglassError E_WAYLAND if there is none, and as WaylandConnection.open does
 */
export async function directProtocol(environment: NodeJS.ProcessEnv, clock: Clock): Promise<Protocol> {
  const connection = await WaylandConnection.open(environment, clock);
  const protocol = protocolOf(connection);
  connection.close();
  if (!protocol) throw notCapturable();
  return protocol;
}
