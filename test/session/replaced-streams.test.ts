import { connect as connectSocket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Upgrade } from '../../source/core/transport.js';
import { systemClock } from '../../source/node/clock.js';
import { selfSigned } from '../../source/node/self-signed.js';
import type {
  ClientSecurityType,
  SecurityMove,
  ServerSecurityType,
} from '../../source/protocols/rfb/security/security-type.js';
import { detectProtocol } from '../../source/session/watch/detect-protocol.js';
import { rfbSessionFactory } from '../../source/session/watch/rfb-session.js';
import { connect } from '../../source/transport/connect.js';
import { LIVENESS } from '../../source/transport/liveness.js';
import { tlsClient, tlsServer } from '../../source/transport/tls.js';
import { CanvasShare } from '../helpers/canvas-share.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { idleTrace } from '../helpers/idle-trace.js';
import { noise, paintScene, photograph } from '../helpers/scenes.js';
import { SealedRecords } from '../helpers/sealed-records.js';
import { WatchingHost } from '../helpers/watching-host.js';

const SIZE = { width: 520, height: 320 };
/** Of those for which no number is registered. */
const NUMBER = 200;
const [GO, LAST_PLAIN, FIRST_FRAMED, DONE] = [1, 2, 3, 4];
const identity = selfSigned('a share');
const started = stopAfterEach();

const send = (byte: number): SecurityMove => ({ type: 'send', bytes: Uint8Array.of(byte) });

/**
 * The server says its last plain byte and its first framed one at once, as one that laid TLS over the connection may.
 */
function server(upgrade: Upgrade): ServerSecurityType {
  return {
    number: NUMBER,
    start() {
      const moves: SecurityMove[] = [send(LAST_PLAIN), { type: 'replace', upgrade }, send(FIRST_FRAMED)];
      let asked = false;
      return {
        encryption: 'a test',
        begin: () => new Uint8Array(0),
        receive(reader) {
          if (!asked && reader.attempt(() => reader.u8()) === undefined) return undefined;
          asked = true;
          const move = moves.shift();
          if (move) return move;
          const said = reader.attempt(() => reader.u8());
          return said === undefined ? undefined : said === DONE ? { ok: true } : { ok: false, reason: `said ${said}` };
        },
      };
    },
  };
}

function client(upgrade: Upgrade): ClientSecurityType {
  return {
    number: NUMBER,
    preference: () => 5,
    start() {
      let step = 0;
      return {
        encryption: 'a test',
        advance(reader) {
          if (step === 0) {
            step = 1;
            return send(GO!);
          }
          if (step === 3) return { type: 'done' };
          const said = reader.attempt(() => reader.u8());
          if (said === undefined) return undefined;
          expect(said).toBe([LAST_PLAIN, FIRST_FRAMED][step - 1]);
          return step++ === 1 ? { type: 'replace', upgrade } : send(DONE!);
        },
      };
    },
  };
}

const SEALED: Upgrade = (below, unread) => new SealedRecords(below, unread);

it('a session over a stream that cannot be replaced ends with the reason', async () => {
  const share = started(await CanvasShare.start(SIZE, {}, systemClock, LIVENESS, [server(SEALED)]));
  const stream = connectSocket(share.port, '127.0.0.1').pause();
  const host = new WatchingHost();
  const wire = rfbSessionFactory({ security: [client(SEALED)] });
  wire({ stream, early: new Uint8Array(0), peer: 'a share', trace: idleTrace(), resume: null }, host).start();
  await expect(host.until(() => false)).rejects.toMatchObject({ code: 'E_RFB_SECURITY' });
  expect(stream.destroyed).toBe(true);
});

describe.each<[string, Upgrade, Upgrade]>([
  ['sealed records', SEALED, SEALED],
  ['TLS', tlsServer(identity), tlsClient({ ca: identity.cert, checkServerIdentity: () => undefined })],
])('a session whose security type puts %s over the connection', (_name, atServer, atClient) => {
  it('shows the exact picture, and both ends know its encryption', async () => {
    const share = started(await CanvasShare.start(SIZE, {}, systemClock, LIVENESS, [server(atServer)]));
    paintScene(share);
    const connection = await connect({ host: '127.0.0.1', port: share.port });
    const { stream } = connection;
    const { signal } = new AbortController();
    const peer = '127.0.0.1';
    const { early } = await detectProtocol(stream, {
      wire: 'rfb',
      peer,
      clock: systemClock,
      signal,
      onQuiet: () => {},
    });
    const host = new WatchingHost();
    const wire = rfbSessionFactory({ security: [client(atClient)] });
    const session = wire({ stream, early, peer, trace: idleTrace(), resume: null }, host);
    started({ stop: async () => session.close() });
    session.start();
    const { canvas } = share;
    const same = () =>
      canvas.colours.every((colour, at) => host.colour(at % SIZE.width, Math.floor(at / SIZE.width)) === colour);
    await host.until(() => host.framebuffer !== null && same());
    for (const [step, content] of [photograph, noise, 0x2e3440].entries()) {
      canvas.paint({ x: 40 * step, y: 30, width: 400, height: 250 }, content);
      await host.until(same);
    }
    expect(host.facts.encryption).toBe('a test');
    // Most of what a frame is was larger than what one record, or one piece of the socket, holds.
    expect(connection.receivedBytes).toBeGreaterThan(300_000);
    const viewer = { encryption: 'a test', silentMs: null, unsentBytes: 0, state: 'watching' };
    await expect.poll(() => share.snapshot.viewers[0]).toMatchObject(viewer);
    await share.stop();
    await host.until(() => host.error !== null).catch(() => {});
    expect(host.error?.code).toBe('E_SHARE_ENDED');
  });
});
