import { connect as connectSocket } from 'node:net';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { CPace, publicShare } from '../../../source/core/cpace.js';
import { AES_256_GCM } from '../../../source/core/record-cipher.js';
import { REASON } from '../../../source/protocols/rfb/refusals.js';
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

const SIZE = { width: 320, height: 200 };
const CODE = 'kafem-prawy';
const VNC = 'for VNC';
const { exchangesAllMs, exchangesAllShare, handshakeOfTlsMs, wrongAtOnce } = VIEWER_LIMITS;
/** What an exchange takes on the share's clock: a slow computer needs fewer of them to be kept busy. */
const EXCHANGE_MS = 50;
/** What all exchanges may take until there is no time for more, with what is gained while they do. */
const ALL_MS = exchangesAllMs / (1 - exchangesAllShare);
/** Strangers who come at once. */
const AT_ONCE = 25;
const WRONG = Buffer.alloc(16, 7);

const started = stopAfterEach();
ownStateFolder('all');
afterEach(() => void vi.restoreAllMocks());

/** A clock on which a key exchange takes time. */
class BusyClock extends FakeClock {
  spentMs = 0;

  override now(): number {
    return super.now() + this.spentMs;
  }
}

/** What a stranger sends who wants a share to compute, all at once: the security type, and what begins its exchange. */
interface Flood {
  readonly says: Buffer;
  /** @param after the share's bytes behind its list of types @returns whether it has begun what it was asked for */
  begun(after: Buffer): boolean;
  /** Strangers who are served before there is no time left; each has an address of its own. */
  readonly enough: number;
  /** Whether they wait for a verdict then; else the next one is refused at once. */
  readonly waits: boolean;
}

const viewerKeys = new NodeRsaAes(null);
beforeAll(() => viewerKeys.prepare());

/** The choice of RSA-AES, and a key of 2048 bits. */
function rsaKey(): Buffer {
  const { modulus, exponent } = viewerKeys.keys!;
  const padding = Buffer.alloc(modulus.length - exponent.length);
  return Buffer.concat([Buffer.of(129, 0, 0, 8, 0), modulus, padding, exponent]);
}

const inputs = { password: WRONG, channel: WRONG, session: WRONG };
const FLOODS: readonly (readonly [string, () => Flood])[] = [
  [
    'CPace',
    () => ({
      says: Buffer.from([80, 1, 1, 1, AES_256_GCM.number, ...Buffer.alloc(64, 9), ...publicShare(inputs, 5n)]),
      begun: after => after.length >= 34 + 66,
      enough: Math.ceil(ALL_MS / EXCHANGE_MS),
      waits: false,
    }),
  ],
  [
    'RSA-AES',
    () => ({
      says: rsaKey(),
      begun: after => after.length >= 4 + 512 + 2 + 256,
      enough: Math.ceil(ALL_MS / EXCHANGE_MS),
      waits: false,
    }),
  ],
  [
    'TLS',
    () => ({
      says: Buffer.from([19, 0, 2, 0, 0, 1, 5]),
      // Its version, its list, and that it takes the choice.
      begun: after => after.length > 3 && after.length >= 4 + 4 * after[3]! + 1,
      enough: Math.ceil(exchangesAllMs / handshakeOfTlsMs),
      waits: false,
    }),
  ],
  [
    'wrong VNC passwords',
    () => ({
      says: Buffer.from([2, ...WRONG]),
      begun: after => after.length >= 16,
      enough: wrongAtOnce,
      waits: true,
    }),
  ],
];

/** Whoever comes to the share, of its own address. @returns the share's answer behind its list of types */
async function stranger(port: number, number: number, { says, begun, waits }: Flood): Promise<Buffer> {
  const localAddress = `127.7.${number >> 7}.${1 + (number & 127)}`;
  const socket = connectSocket({ port, host: '127.0.0.1', localAddress });
  socket.on('error', () => {});
  started({ stop: async () => void socket.destroy() });
  let heard = Buffer.alloc(0);
  const after = () => heard.subarray(13 + (heard[12] ?? 0));
  socket.write(Buffer.concat([Buffer.from('RFB 003.008\n'), says]));
  const answered = new Promise<void>(resolve => {
    socket.on('data', chunk => {
      heard = Buffer.concat([heard, chunk]);
      if (heard.length > 12 && (begun(after()) || heard.includes(REASON.crowded))) resolve();
    });
  });
  await Promise.race([answered, new Promise(resolve => socket.on('close', resolve))]);
  if (!waits) socket.destroy();
  return Buffer.from(after());
}

type Way = 'own' | 'TLS' | 'password';

/** A viewer of this machine, 127.0.0.1, by one of the ways. */
async function watch(port: number, way: Way): Promise<{ host: WatchingHost; close(): void }> {
  const secret = way === 'own' ? { code: CODE } : { code: VNC, secret: 'password' as const };
  const encrypt = way === 'password' ? 'off' : 'offered';
  const host = new WatchingHost({ encrypt, trust: ['anonymous'], ...secret });
  const { stream } = await connect({ host: '127.0.0.1', port });
  const parts = { stream, early: new Uint8Array(0), peer: 'share:5900', trace: idleTrace(), resume: null };
  const cpace = way === 'own' ? new NodeCPace(null) : null;
  const session = rfbSessionFactory({}, new KnownPeers(null), viewerKeys, cpace)(parts, host);
  started({ stop: async () => session.close() });
  session.start();
  return { host, close: () => session.close() };
}

describe.each(FLOODS)('a share that strangers flood with %s', (_what, flood) => {
  it('lets in who was let in before, by every way, and serves its viewers', async () => {
    const clock = new BusyClock();
    const exchange = () => {
      clock.spentMs += EXCHANGE_MS;
    };
    const { responderKeys } = CPace.prototype;
    vi.spyOn(CPace.prototype, 'responderKeys').mockImplementation(function (this: CPace, ...given) {
      exchange();
      return responderKeys.apply(this, given);
    });
    const { encrypt } = NodeRsaAes.prototype;
    vi.spyOn(NodeRsaAes.prototype, 'encrypt').mockImplementation(function (this: NodeRsaAes, ...given) {
      if (this !== viewerKeys) exchange();
      return encrypt.apply(this, given);
    });
    const options = { access: 'code', code: CODE, vncPassword: VNC, encrypt: 'offered' } as const;
    const running = started(await CanvasShare.start(SIZE, options, clock));
    paintScene(running);
    let ticking = setInterval(() => clock.advance(1), 1);
    started({ stop: async () => clearInterval(ticking) });
    await expect.poll(() => running.notices.join()).toContain('RSA-AES');
    const victim = await RfbTestViewer.open({ port: running.port, from: '127.3.0.1', encodings: [7], code: VNC });
    started({ stop: async () => victim.close() });
    await settled(running, victim);
    const before = await watch(running.port, 'own');
    await before.host.until(() => before.host.updates.length > 0);
    before.close();
    const { updates } = victim;
    const beganMs = clock.spentMs;

    const attack = flood();
    let came = 0;
    const strangers = async () => {
      const batch = Array.from({ length: AT_ONCE }, (_, index) => stranger(running.port, came + index, attack));
      came += AT_ONCE;
      return (await Promise.all(batch)).at(-1)!.toString('latin1');
    };
    // No time is gained meanwhile.
    clearInterval(ticking);
    let last = '';
    while (came < attack.enough + AT_ONCE) last = await strangers();
    if (!attack.waits) expect(last).toContain(REASON.crowded);
    expect(clock.spentMs - beganMs).toBeLessThanOrEqual(ALL_MS + EXCHANGE_MS);
    ticking = setInterval(() => clock.advance(1), 1);

    for (const way of ['own', 'TLS', 'password'] as const) {
      const more = strangers();
      const { host, close } = await watch(running.port, way);
      await host.until(() => host.updates.length > 0);
      close();
      await more;
    }
    running.canvas.paint({ x: 100, y: 100, width: 50, height: 50 }, noise);
    await settled(running, victim);
    expect(victim.updates).toBeGreaterThan(updates);
  });
});
