import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { hasShortLengths, selfSigned } from '../../source/node/self-signed.js';
import { NodeCPace } from '../../source/session/cpace-platform.js';
import { KnownPeers } from '../../source/session/known-peers.js';
import { NodeRsaAes } from '../../source/session/rsa-aes-platform.js';
import { shareIdentity } from '../../source/session/share/share-identity.js';
import type { ShareOptions } from '../../source/session/share-options.js';
import type { ProtocolSession } from '../../source/session/watch/protocol-session.js';
import { rfbSessionFactory } from '../../source/session/watch/rfb-session.js';
import { connect as connectTo } from '../../source/transport/connect.js';
import { CanvasShare } from '../helpers/canvas-share.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { idleTrace } from '../helpers/idle-trace.js';
import { Wiretap } from '../helpers/proxies.js';
import { noise, paintScene } from '../helpers/scenes.js';
import { ownStateFolder } from '../helpers/state-folder.js';
import { WatchingHost } from '../helpers/watching-host.js';

const SIZE = { width: 320, height: 200 };
const CODE = 'kafem-prawy';
const VNC = 'k7m2p4qr';
const BY_CODE = { access: 'code', code: CODE, vncPassword: VNC } as const;
const started = stopAfterEach();

const folder = ownStateFolder('test');

async function share(options: Partial<ShareOptions>): Promise<CanvasShare> {
  const running = started(await CanvasShare.start(SIZE, { encrypt: 'offered', ...options }));
  paintScene(running);
  return running;
}

interface Watched {
  readonly host: WatchingHost;
  readonly session: ProtocolSession;
}

/**
 * @param cpace null: a viewer that does not speak it
 * @param peer what it is known by, wherever the port really leads
 */
async function watch(
  port: number,
  host: WatchingHost,
  peers = new KnownPeers(null),
  cpace: NodeCPace | null = new NodeCPace(null),
  peer = 'share:5900',
): Promise<Watched> {
  const { stream } = await connectTo({ host: '127.0.0.1', port });
  const parts = { stream, early: new Uint8Array(0), peer, trace: idleTrace(), resume: null };
  const session = rfbSessionFactory({}, peers, new NodeRsaAes(null), cpace)(parts, host);
  started({ stop: async () => session.close() });
  session.start();
  return { host, session };
}

type Asked = ConstructorParameters<typeof WatchingHost>[0];
/** For who does not speak CPace. */
const PASSWORD: Asked = { code: VNC, secret: 'password' };
const viewer = (options: Asked = {}) => new WatchingHost({ encrypt: 'offered', ...options });

function shows(host: WatchingHost, { canvas }: CanvasShare): boolean {
  return (
    host.framebuffer !== null &&
    canvas.colours.every((colour, at) => host.colour(at % SIZE.width, Math.floor(at / SIZE.width)) === colour)
  );
}

describe('an encrypted share', () => {
  it.each<[string, Partial<ShareOptions>, Asked, string | null, string | null]>([
    ['CPace and the code', BY_CODE, { code: CODE }, 'AES-256, code', 'AES-256, code'],
    ['CPace alone', {}, {}, 'AES-256, sharer not verified', 'AES-256, no code'],
    ['CPace, where it must', { ...BY_CODE, encrypt: 'required' }, { code: CODE }, 'AES-256, code', 'AES-256, code'],
    ['nothing, where it does not encrypt', { ...BY_CODE, encrypt: 'off' }, PASSWORD, null, null],
    ['nothing, where the viewer wants none', BY_CODE, { ...PASSWORD, encrypt: 'off' }, null, null],
  ])(
    'is protected by %s, says so at both ends, and shows exactly its pixels',
    async (_what, options, asked, atViewer, atShare) => {
      const running = await share(options);
      const { host } = await watch(running.port, viewer(asked));
      await host.until(() => shows(host, running));
      expect(host.facts.encryption).toBe(atViewer);
      await expect.poll(() => running.snapshot.viewers[0]?.encryption).toBe(atShare);
      running.canvas.paint({ x: 20, y: 30, width: 200, height: 120 }, noise);
      await host.until(() => shows(host, running));
    },
  );

  it.each<[string, Partial<ShareOptions>, Asked, string | null]>([
    ['TLS 1.3 and the password', BY_CODE, PASSWORD, 'TLS 1.3, VNC password'],
    ['TLS 1.3 alone, where everybody may watch', {}, {}, 'TLS 1.3'],
    ['TLS 1.3, where it must', { ...BY_CODE, encrypt: 'required' }, PASSWORD, 'TLS 1.3, VNC password'],
  ])(
    'is protected by %s from a viewer without CPace, says so at both ends, and shows exactly its pixels',
    async (_what, options, asked, expected) => {
      const running = await share(options);
      const { host } = await watch(running.port, viewer(asked), new KnownPeers(null), null);
      await host.until(() => shows(host, running));
      expect(host.facts.encryption).toBe(expected);
      await expect.poll(() => running.snapshot.viewers[0]?.encryption).toBe(expected);
      running.canvas.paint({ x: 20, y: 30, width: 200, height: 120 }, noise);
      await host.until(() => shows(host, running));
    },
  );

  it('that requires encryption refuses other viewers, with the reason at both ends', async () => {
    const running = await share({ ...BY_CODE, encrypt: 'required' });
    const { host } = await watch(running.port, viewer({ ...PASSWORD, encrypt: 'off' }));
    await expect(host.until(() => false)).rejects.toMatchObject({ code: 'E_RFB_SECURITY' });
    await expect.poll(() => running.notices.join()).toMatch(/requires encryption/);
  });

  it('that requires encryption gives a viewer of version 3.3 the reason', async () => {
    const running = await share({ ...BY_CODE, encrypt: 'required' });
    const socket = connect(running.port, '127.0.0.1');
    started({ stop: async () => void socket.destroy() });
    socket.write('RFB 003.003\n');
    const said: Buffer[] = [];
    socket.on('data', chunk => said.push(chunk));
    await once(socket, 'close');
    expect(Buffer.concat(said).toString('latin1')).toMatch(/^RFB 003.008\n\0\0\0\0.{4}This share requires encryption/s);
    await expect.poll(() => running.notices.join()).toMatch(/requires encryption/);
  });

  it('serves the others when a viewer hangs up or sends garbage during TLS', async () => {
    const running = await share({});
    for (const nonsense of [Buffer.alloc(0), Buffer.alloc(300, 0x41)]) {
      const socket = connect(running.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(Buffer.from([...Buffer.from('RFB 003.008\n'), 19, 0, 2, 0, 0, 1, 4]));
      await once(socket, 'data');
      await new Promise(resolve => setTimeout(resolve, 50));
      socket.end(nonsense);
      await once(socket.resume(), 'close');
    }
    await expect.poll(() => running.notices.join()).toMatch(/could not agree on encryption/);
    const { host } = await watch(running.port, viewer());
    await host.until(() => shows(host, running));
  });
});

describe('a man in the middle', () => {
  /** A row that no picture has by chance, as the wire would have it in raw pixels. */
  const ROW = Buffer.from(Array.from({ length: 40 }, (_, at) => [at * 5, 255 - at * 3, (at * 71) & 0xff, 0]).flat());

  it.each(['offered', 'off'] as const)('a mere listener, with encryption %s', async encrypt => {
    const running = await share({ ...BY_CODE, encrypt, encoding: 'raw', name: 'a name to be found' });
    running.canvas.paint({ x: 0, y: 0, width: 40, height: 20 }, x => {
      const [blue, green, red] = [ROW[x * 4]!, ROW[x * 4 + 1]!, ROW[x * 4 + 2]!];
      return (red << 16) | (green << 8) | blue;
    });
    const tap = started(await Wiretap.before(running.port));
    const { host } = await watch(tap.port, viewer(encrypt === 'off' ? PASSWORD : { code: CODE }));
    await host.until(() => shows(host, running));
    const heard = Buffer.concat(tap.heard);
    const found = [ROW, Buffer.from('a name to be found')].map(text => heard.includes(text));
    expect(found).toEqual(encrypt === 'off' ? [true, true] : [false, false]);
    expect(heard.includes(CODE)).toBe(false);
  });

  it('with another certificate is detected by a viewer that knows the share', async () => {
    const peers = new KnownPeers(path.join(folder.path, 'viewer'));
    const running = await share(BY_CODE);
    const { host, session } = await watch(running.port, viewer(PASSWORD), peers, null);
    await host.until(() => shows(host, running));
    expect(host.notices.join()).toMatch(/certificate of share:5900 is remembered: SHA-256 ([0-9A-F]{2}:){31}/);
    session.close();
    process.env.XDG_STATE_HOME = path.join(folder.path, 'another');
    const other = await share(BY_CODE);
    const caught = await watch(other.port, viewer(PASSWORD), peers, null);
    await expect(caught.host.until(() => false)).rejects.toMatchObject({
      code: 'E_PEER_CHANGED',
      remedy: expect.stringContaining('peerglass forget share:5900'),
    });
    // He learned nothing of the code, and the viewer believes what it believed.
    await expect.poll(() => other.snapshot.viewers).toEqual([]);
    expect(other.notices.join()).not.toMatch(/wrong code/);
    const again = await watch(running.port, viewer(PASSWORD), peers, null);
    await again.host.until(() => shows(again.host, running));
    expect(again.host.notices).toEqual([]);
    peers.forget({ host: 'share', port: null });
    const anew = await watch(other.port, viewer(PASSWORD), peers, null);
    await anew.host.until(() => shows(anew.host, other));
  });

  it.each<[string, (said: Buffer) => Buffer]>([
    ['the types', said => (said.at(-1) === 2 && said.includes(19) ? Buffer.from([1, 2]) : said)],
    ['the certificates', said => (said[0] === 0 && said[1] === 3 ? Buffer.from([0, 1, 0, 0, 1, 2]) : said)],
    ['TLS', said => (said[0] === 0 && said[1] === 3 ? Buffer.from([0, 1, 0, 0, 0, 2]) : said)],
  ])('who strips %s is caught by a viewer that knows the share', async (_what, strip) => {
    const peers = new KnownPeers(path.join(folder.path, 'viewer'));
    const running = await share(BY_CODE);
    const { host, session } = await watch(running.port, viewer(PASSWORD), peers, null);
    await host.until(() => shows(host, running));
    session.close();
    const tap = started(await Wiretap.before(running.port, strip));
    const caught = await watch(tap.port, viewer(PASSWORD), peers, null);
    await expect(caught.host.until(() => false)).rejects.toMatchObject({ code: 'E_PEER_WEAKER' });
  });
});

/** DER as the first versions wrote it: a length that takes more than one byte takes three. */
function withLongLengths(der: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < der.length; ) {
    const first = der[at + 1]!;
    const more = first < 0x80 ? 0 : first & 0x7f;
    const start = at + 2 + more;
    const end = start + (more === 0 ? first : der.readUIntBE(at + 2, more));
    const constructed = (der[at]! & 0x20) !== 0;
    const body = constructed ? withLongLengths(der.subarray(start, end)) : der.subarray(start, end);
    const length = body.length < 0x80 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
    pieces.push(Buffer.from([der[at]!, ...length]), body);
    at = end;
  }
  return Buffer.concat(pieces);
}

const pem = (der: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;

describe("a share's certificate", () => {
  const told: string[] = [];
  const notice = (tone: string, text: string) => void told.push(`${tone}: ${text}`);
  const own = { certFile: null, keyFile: null };
  beforeEach(() => {
    told.length = 0;
  });

  it('is made once and kept for this user alone', () => {
    const place = path.join(folder.path, 'state');
    const identity = shareIdentity(own, place, notice);
    expect(shareIdentity(own, place, notice)).toEqual(identity);
    expect(new X509Certificate(identity.cert).subject).toBe('CN=peerglass');
    expect(new X509Certificate(identity.cert).verify(new X509Certificate(identity.cert).publicKey)).toBe(true);
    expect(identity.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    if (process.platform !== 'win32') {
      expect(statSync(place).mode & 0o777).toBe(0o700);
      expect(statSync(path.join(place, 'certificate.pem')).mode & 0o777).toBe(0o600);
    }
    expect(shareIdentity(own, null, notice)).not.toEqual(identity);
    expect(told).toEqual([]);
  });

  it('that cannot be stored is used all the same, and that is reported', () => {
    writeFileSync(path.join(folder.path, 'file'), '');
    expect(() => shareIdentity(own, path.join(folder.path, 'file'), notice)).toThrow(/cannot be read/);
    const identity = shareIdentity(own, '/sys/nowhere', notice);
    expect(identity.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(told.join()).toMatch(/^warning: .*cannot be kept/);
  });

  it('may be given, with its key', () => {
    const { cert, key } = selfSigned('one of my own');
    const [certFile, keyFile] = [path.join(folder.path, 'cert'), path.join(folder.path, 'key')];
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key);
    expect(shareIdentity({ certFile, keyFile }, folder.path, notice)).toMatchObject({ cert, key });
  });

  it.each<[string, (cert: string, key: string) => [string | null, string | null], RegExp]>([
    ['that is not there', (_, key) => [null, key], /cert cannot be read: there is no such file/],
    ['whose key is not there', cert => [cert, null], /key cannot be read: there is no such file/],
    ['that is none', (_, key) => ['nonsense', key], /cert holds no certificate/],
    ['whose key is none', cert => [cert, cert], /key holds no private key/],
    ['with the key of another', cert => [cert, selfSigned('another').key], /does not belong to the certificate/],
  ])('%s is an error with what to do', async (_what, files, message) => {
    const { cert, key } = selfSigned('one');
    const [certFile, keyFile] = [path.join(folder.path, 'cert'), path.join(folder.path, 'key')];
    const [certText, keyText] = files(cert, key);
    if (certText !== null) writeFileSync(certFile, certText);
    if (keyText !== null) writeFileSync(keyFile, keyText);
    const expected = { code: 'E_CERTIFICATE', remedy: expect.stringContaining('--cert FILE --key FILE') };
    expect(() => shareIdentity({ certFile, keyFile }, folder.path, notice)).toThrow(expect.objectContaining(expected));
    expect(() => shareIdentity({ certFile, keyFile }, folder.path, notice)).toThrow(message);
    const running = await share({ certFile, keyFile }).catch(() => null);
    const ended = running?.events.find(event => event.type === 'ended');
    expect(ended).toMatchObject({ error: { code: 'E_CERTIFICATE' } });
  });

  it('of the first versions, which browsers refuse, is replaced by one with the same key, once', () => {
    const { cert, key } = selfSigned('peerglass');
    const old = withLongLengths(new X509Certificate(cert).raw);
    writeFileSync(path.join(folder.path, 'certificate.pem'), `${key}${pem(old)}`);
    const renewed = shareIdentity(own, folder.path, notice);
    expect(renewed.fingerprint).not.toBe(createHash('sha256').update(old).digest('hex'));
    const publicKey = (text: string) => new X509Certificate(text).publicKey.export({ type: 'spki', format: 'pem' });
    expect(publicKey(renewed.cert)).toBe(publicKey(cert));
    expect(new X509Certificate(renewed.cert).checkPrivateKey(createPrivateKey(renewed.key))).toBe(true);
    expect(hasShortLengths(new X509Certificate(renewed.cert).raw)).toBe(true);
    expect(told).toEqual([expect.stringMatching(/^info: The certificate in .* was made anew, with the same key/)]);
    expect(shareIdentity(own, folder.path, notice)).toEqual(renewed);
    expect(told.length).toBe(1);
  });

  it('that somebody put there is left as it is', () => {
    const { cert, key } = selfSigned('another');
    const file = path.join(folder.path, 'certificate.pem');
    writeFileSync(file, `${key}${pem(withLongLengths(new X509Certificate(cert).raw))}`);
    const text = readFileSync(file, 'utf8');
    shareIdentity(own, folder.path, notice);
    expect([readFileSync(file, 'utf8'), told]).toEqual([text, []]);
  });

  it('that is damaged is an error: it is never replaced silently', () => {
    shareIdentity(own, folder.path, notice);
    const file = path.join(folder.path, 'certificate.pem');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 300));
    expect(() => shareIdentity(own, folder.path, notice)).toThrow(
      expect.objectContaining({ code: 'E_CERTIFICATE', remedy: expect.stringContaining('Move it away') }),
    );
  });

  it('is understood by OpenSSL', () => {
    const { cert, fingerprint } = shareIdentity(own, folder.path, notice);
    const text = execFileSync('openssl', ['x509', '-noout', '-fingerprint', '-sha256'], {
      input: cert,
      encoding: 'utf8',
    });
    expect(text.replaceAll(':', '').toLowerCase()).toContain(fingerprint);
  });
});
