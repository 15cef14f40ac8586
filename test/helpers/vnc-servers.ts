import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import type { Size } from '../../source/core/rectangle.js';
import { vncAuthResponse } from '../../source/protocols/rfb/security/vnc-auth.js';
import { ownDisplay, startXServer, startXvfb } from './xvfb.js';

/** Other VNC servers, from Debian's packages. The first and third show another X server's screen. */
export const VNC_SERVERS = ['X0tigervnc', 'Xtigervnc', 'x11vnc', 'Xtightvnc'] as const;
export type VncServerKind = (typeof VNC_SERVERS)[number];

export interface VncServer {
  /** The X display that it shows. */
  readonly display: string;
  /** On 127.0.0.1. */
  readonly port: number;
  /** Ends it, and its X server if that is a separate process. */
  stop(): Promise<void>;
}

export interface VncServerOptions {
  readonly width: number;
  readonly height: number;
  /** Without a password everybody is let in. */
  readonly password?: string;
  /** Xtigervnc only: security types to offer, by TigerVNC's names, e.g. "X509Vnc,TLSVnc". */
  readonly securityTypes?: string;
  /** Its certificate and key, as PEM. */
  readonly identity?: { readonly cert: string; readonly key: string };
  /** Picked by the system, unless a server has to come back on the same port. */
  readonly port?: number;
}

/** Starts a server and waits until it accepts viewers. */
export async function startVncServer(kind: VncServerKind, options: VncServerOptions): Promise<VncServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-vnc-'));
  const stops: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  const stop = async () => {
    while (stops.length > 0) await stops.pop()?.();
  };
  try {
    const port = options.port ?? (await freePort());
    const passwordFile = path.join(folder, 'password');
    writeFileSync(passwordFile, obscured(options.password ?? ''));
    const size = `${options.width}x${options.height}`;
    const display = await start(kind, { port, size, folder, passwordFile, options, stops });
    await answers(port);
    return { display, port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Start {
  readonly port: number;
  readonly size: string;
  readonly folder: string;
  readonly passwordFile: string;
  readonly options: VncServerOptions;
  readonly stops: (() => Promise<void>)[];
}

/** @returns the display that it shows */
async function start(
  kind: VncServerKind,
  { port, size, folder, passwordFile, options, stops }: Start,
): Promise<string> {
  const password = options.password !== undefined;
  switch (kind) {
    case 'Xtigervnc': {
      const types = options.securityTypes ?? (password ? 'VncAuth' : 'None');
      const security = [
        '-SecurityTypes',
        types,
        '-PasswordFile',
        passwordFile,
        ...plainUsers(),
        ...x509(folder, options),
      ];
      const place = ['-rfbport', `${port}`, '-interface', '127.0.0.1', '-geometry', size, '-depth', '24'];
      const server = await startXServer('Xtigervnc', [...place, ...security, '-nolisten', 'tcp']);
      stops.push(server.stop);
      return server.display;
    }
    case 'X0tigervnc': {
      const x = await startXvfb(options);
      stops.push(x.stop);
      const security = password
        ? ['-SecurityTypes', 'VncAuth', '-PasswordFile', passwordFile]
        : ['-SecurityTypes', 'None'];
      stops.push(run('X0tigervnc', ['-display', x.display, '-rfbport', `${port}`, '-localhost', ...security]));
      return x.display;
    }
    case 'x11vnc': {
      const x = await startXvfb(options);
      stops.push(x.stop);
      const security = password ? ['-rfbauth', passwordFile] : ['-nopw'];
      const place = ['-display', x.display, '-rfbport', `${port}`, '-localhost', '-no6'];
      stops.push(run('x11vnc', [...place, ...security, '-forever', '-shared', '-quiet', '-norc', '-noxrecord']));
      return x.display;
    }
    case 'Xtightvnc': {
      // It cannot pick a display by itself.
      const display = ownDisplay();
      const security = password ? ['-rfbauth', passwordFile] : [];
      const place = ['-rfbport', `${port}`, '-localhost', '-geometry', size, '-depth', '24', '-nolisten', 'tcp'];
      const fonts = ['-fp', writeFonts(folder)];
      stops.push(run('Xtightvnc', [display, ...place, ...security, ...fonts]));
      return display;
    }
  }
}

/**
 * Options for logins with a system user's name and password. A test has no password: the PAM service `runuser` lets
 * root in without one, and nobody else.
 */
function plainUsers(): string[] {
  return ['-PlainUsers', userInfo().username, '-pam_service', 'runuser'];
}

function x509(folder: string, { identity }: VncServerOptions): string[] {
  if (!identity) return [];
  const [cert, key] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
  writeFileSync(cert, identity.cert);
  writeFileSync(key, identity.key, { mode: 0o600 });
  return ['-X509Cert', cert, '-X509Key', key];
}

/** x11vnc showing a framebuffer in a file, which it announces as 24 bits per pixel. */
export async function startRawFramebuffer(file: string, { width, height }: Size): Promise<Omit<VncServer, 'display'>> {
  const port = await freePort();
  const place = ['-rawfb', `map:${file}@${width}x${height}x24`, '-rfbport', `${port}`, '-localhost', '-no6'];
  const stop = run('x11vnc', [...place, '-nopw', '-forever', '-shared', '-quiet', '-norc']);
  await answers(port);
  return { port, stop };
}

/** Who may watch, and the certificate that is shown to them. */
export interface WayvncLogin {
  readonly user: string;
  readonly password: string;
  readonly identity: { readonly cert: string; readonly key: string };
}

/** wayvnc showing a monitor of a Wayland compositor, with TLS and a login. */
export async function startWayvnc(
  compositor: NodeJS.ProcessEnv,
  output: string,
  { user, password, identity }: WayvncLogin,
): Promise<Omit<VncServer, 'display'>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-wayvnc-'));
  const [cert, key, config] = ['cert.pem', 'key.pem', 'config'].map(name => path.join(folder, name));
  writeFileSync(cert!, identity.cert);
  writeFileSync(key!, identity.key, { mode: 0o600 });
  const login = [`username=${user}`, `password=${password}`, `private_key_file=${key}`, `certificate_file=${cert}`];
  writeFileSync(config!, ['enable_auth=true', ...login, ''].join('\n'), { mode: 0o600 });
  const port = await freePort();
  const argv = ['--config', config!, '--output', output, '--disable-input', '127.0.0.1', `${port}`];
  const end = run('wayvnc', argv, compositor);
  const stop = async () => {
    await end();
    rmSync(folder, { recursive: true, force: true });
  };
  await answers(port).catch(async error => {
    await stop();
    throw error;
  });
  return { port, stop };
}

/** @returns ends it */
function run(program: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): () => Promise<void> {
  const env = { ...process.env, DISPLAY: '', XDG_SESSION_TYPE: '', ...environment };
  const child = spawn(program, args, { stdio: 'ignore', env });
  const exited = new Promise<void>(resolve => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  return async () => {
    child.kill('SIGTERM');
    const impatience = setTimeout(kill, 2_000);
    await exited;
    clearTimeout(impatience);
    process.off('exit', kill);
  };
}

/** Xtightvnc does not start without these two fonts, although nothing shows them. */
function writeFonts(folder: string): string {
  const names = ['fixed', 'cursor'];
  for (const name of names) {
    const properties = 'STARTPROPERTIES 2\nFONT_ASCENT 1\nFONT_DESCENT 0\nENDPROPERTIES';
    const glyph = 'SWIDTH 1000 0\nDWIDTH 1 0\nBBX 1 1 0 0\nBITMAP\n80\nENDCHAR';
    const glyphs = `STARTCHAR a\nENCODING 0\n${glyph}\nSTARTCHAR b\nENCODING 1\n${glyph}`;
    const header = `STARTFONT 2.1\nFONT ${name}\nSIZE 1 75 75\nFONTBOUNDINGBOX 1 1 0 0`;
    writeFileSync(path.join(folder, `${name}.bdf`), `${header}\n${properties}\nCHARS 2\n${glyphs}\nENDFONT\n`);
  }
  writeFileSync(path.join(folder, 'fonts.dir'), `2\n${names.map(name => `${name}.bdf ${name}\n`).join('')}`);
  return folder;
}

/** A password as VNC programs keep it in files: encrypted with a well-known key. */
export function obscured(password: string): Uint8Array {
  const key = String.fromCharCode(23, 82, 107, 6, 35, 78, 88, 7);
  const padded = Buffer.alloc(16);
  padded.write(password.slice(0, 8), 'latin1');
  return vncAuthResponse(key, padded).subarray(0, 8);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Resolves when something listens on the port. */
async function answers(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const answered = await new Promise<boolean>(resolve => {
      socket.once('data', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (answered) return;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error(`nothing listens on port ${port}`);
}
