import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { NodeCPace } from '../../../source/session/cpace-platform.js';
import { KnownPeers } from '../../../source/session/known-peers.js';
import { NodeRsaAes } from '../../../source/session/rsa-aes-platform.js';
import { VIEWER_LIMITS } from '../../../source/session/share/viewer-limits.js';
import { rfbSessionFactory } from '../../../source/session/watch/rfb-session.js';
import { connect } from '../../../source/transport/connect.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { idleTrace } from '../../helpers/idle-trace.js';
import { RfbTestViewer } from '../../helpers/rfb-test-viewer.js';
import { noise, paintScene, settled } from '../../helpers/scenes.js';
import { ownStateFolder } from '../../helpers/state-folder.js';
import { WatchingHost } from '../../helpers/watching-host.js';

const SIZE = { width: 640, height: 400 };
const CODE = 'kafem-prawy';
const { framesBytes, sliceMs, pieceMs } = VIEWER_LIMITS;
/** A fence that asks for an answer. */
const FENCE = Buffer.from('f80000008000000001aa', 'hex');
const ANSWER = Buffer.from('f80000000000000001aa', 'hex');
const FENCES = 300;

const folder = ownStateFolder('test');
const started = stopAfterEach();

/** A viewer that sends its messages in one piece after the other, each of a byte. */
interface Flood {
  begin(): void;
  /** How many of its messages were answered. */
  readonly answered: number;
}

async function overWebSocket({ webPort }: CanvasShare): Promise<Flood> {
  const viewer = await RfbTestViewer.open({ port: webPort, web: {}, code: 'for VNC' });
  started({ stop: async () => viewer.close() });
  await viewer.until(() => viewer.updates > 0);
  // Whole binary messages, masked with zeros.
  const frames = Array.from(FENCE, byte => Buffer.of(0x82, 0x81, 0, 0, 0, 0, byte));
  return {
    begin: () => void viewer.socket.write(Buffer.concat(new Array<Buffer[]>(FENCES).fill(frames).flat())),
    get answered() {
      return viewer.fences.length;
    },
  };
}

async function overCPace({ port }: CanvasShare): Promise<Flood> {
  const host = new WatchingHost({ encrypt: 'offered', code: CODE });
  const { stream } = await connect({ host: '127.0.0.1', port });
  const parts = { stream, early: new Uint8Array(0), peer: 'share:5900', trace: idleTrace(), resume: null };
  const peers = new KnownPeers(path.join(folder.path, 'viewer'));
  const session = rfbSessionFactory({}, peers, new NodeRsaAes(null), new NodeCPace(null))(parts, host);
  started({ stop: async () => session.close() });
  session.start();
  await host.until(() => host.updates.length > 0);
  let answered = 0;
  let rest = Buffer.alloc(0);
  stream.on('data', chunk => {
    const heard = Buffer.concat([rest, chunk]);
    let from = 0;
    for (let at = heard.indexOf(ANSWER); at >= 0; at = heard.indexOf(ANSWER, from)) {
      answered++;
      from = at + ANSWER.length;
    }
    rest = heard.subarray(Math.max(from, heard.length - ANSWER.length + 1));
  });
  return {
    begin: () => {
      for (let sent = 0; sent < FENCES; sent++) for (const byte of FENCE) stream.write(Uint8Array.of(byte));
    },
    get answered() {
      return answered;
    },
  };
}

const QUIET_MS = 100;

describe.each([
  // Seven bytes each on the wire; a slice of 1 kB may begin as long as anything is left.
  ['WebSocket messages', overWebSocket, (framesBytes + 1024) / 7],
  ['records of CPace', overCPace, sliceMs / pieceMs + 1],
] as const)('a flood of %s of one byte each', (_what, connectTo, atOnce) => {
  it('is read in turns: another viewer has its frames meanwhile', async () => {
    const clock = new FakeClock();
    const options = { access: 'code', code: CODE, vncPassword: 'for VNC', encrypt: 'offered', webPort: 0 } as const;
    const running = started(await CanvasShare.start(SIZE, options, clock));
    paintScene(running);
    let ticking = setInterval(() => clock.advance(1), 1);
    try {
      const victim = await RfbTestViewer.open({ port: running.port, encodings: [7], code: 'for VNC' });
      started({ stop: async () => victim.close() });
      await settled(running, victim);
      const flood = await connectTo(running);
      // From here on nobody gets a turn.
      clearInterval(ticking);
      flood.begin();
      let answered = 0;
      await expect.poll(() => flood.answered).toBeGreaterThan(0);
      while (flood.answered > answered) {
        answered = flood.answered;
        await new Promise(resolve => setTimeout(resolve, QUIET_MS));
      }
      expect(answered).toBeLessThanOrEqual((atOnce / FENCE.length) * 1.1);
      ticking = setInterval(() => clock.advance(1), 1);
      const { updates } = victim;
      for (let picture = 1; picture <= 2; picture++) {
        running.canvas.paint({ x: 100, y: 100, width: 50, height: 50 }, (x, y) => noise(x, y * picture));
        await settled(running, victim);
      }
      expect(victim.updates).toBeGreaterThanOrEqual(updates + 2);
      // Nothing of it is lost.
      clearInterval(ticking);
      ticking = setInterval(() => clock.advance(500), 1);
      await expect.poll(() => flood.answered).toBe(FENCES);
    } finally {
      clearInterval(ticking);
    }
  });
});
