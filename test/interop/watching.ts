import { once } from 'node:events';
import { connect } from 'node:net';
import { ReplaceableStream } from '../../source/core/transport.js';
import { KnownPeers } from '../../source/session/known-peers.js';
import type { ProtocolSession } from '../../source/session/watch/protocol-session.js';
import type { RfbOptions } from '../../source/session/watch/rfb/client-connection.js';
import { rfbSessionFactory } from '../../source/session/watch/rfb-session.js';
import { idleTrace } from '../helpers/idle-trace.js';
import type { WatchingHost } from '../helpers/watching-host.js';
import type { Picture } from '../helpers/xvfb.js';

/** Watches a server on this machine with the viewer's own session. */
export async function watchPort(
  port: number,
  host: WatchingHost,
  options: RfbOptions = {},
  peers = new KnownPeers(null),
): Promise<ProtocolSession> {
  const socket = connect(port, '127.0.0.1');
  const stream = new ReplaceableStream(socket);
  await once(socket, 'connect');
  const session = rfbSessionFactory(options, peers)(
    { stream, early: new Uint8Array(0), peer: `127.0.0.1:${port}`, trace: idleTrace(), resume: null },
    host,
  );
  session.start();
  return session;
}

/** How many pixels differ; the whole picture's when the sizes do. */
export function differences(a: Picture, b: Picture): number {
  if (a.width !== b.width || a.height !== b.height) return a.width * a.height;
  let count = 0;
  for (let at = 0; at < a.rgb.length; at += 3) {
    if (a.rgb[at] !== b.rgb[at] || a.rgb[at + 1] !== b.rgb[at + 1] || a.rgb[at + 2] !== b.rgb[at + 2]) count++;
  }
  return count;
}
