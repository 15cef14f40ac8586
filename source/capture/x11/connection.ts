import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ClientOptions, Reply, XClient, XDisplay, XError, XEvent, XScreen } from 'x11';
import { isOutOfFiles, PeerglassError, tooManyFiles } from '../../core/errors.js';
import { plainText } from '../../core/plain-text.js';
import { type DisplayName, readDisplayName } from './display-name.js';
import { TmpfsProvider } from './tmpfs-provider.js';
import { connectLocal, connectRemote, NO_ANSWER } from './x-socket.js';
import { authorityFile, type Cookie, findCookie } from './xauthority.js';

const HANDSHAKE_MS = 4_000;

/** The server answered a request with an error (X11 protocol, "Errors"). */
export class XRequestError extends Error {
  readonly number: number;

  constructor(error: XError) {
    super(`X error ${error.error} (${error.message}) for request ${error.majorOpcode}.${error.minorOpcode}`);
    this.name = 'XRequestError';
    this.number = error.error;
  }
}

/**
 * A connection to an X server with promises for replies. When the connection is lost, the package `x11` never calls
 * back; here every pending request is rejected with E_DISPLAY_DIED.
 */
export class X11Connection {
  /** The display's name as given, e.g. ":0". */
  readonly name: string;
  readonly client: XClient;
  readonly display: XDisplay;
  readonly screen: XScreen;
  readonly shm: TmpfsProvider;
  /** Whether the server runs on this machine, so that memory can be shared with it. */
  readonly local: boolean;
  readonly #waiting = new Set<(error: Error) => void>();
  readonly #listeners = new Set<(event: XEvent) => void>();
  readonly #deathListeners = new Set<(error: PeerglassError) => void>();
  #death: PeerglassError | null = null;
  #closing = false;

  private constructor(name: string, display: XDisplay, screen: XScreen, shm: TmpfsProvider, local: boolean) {
    this.name = name;
    this.client = display.client;
    this.display = display;
    this.screen = screen;
    this.shm = shm;
    this.local = local;
    const { client } = this;
    ownAtoms(client);
    client.on('event', (event: XEvent) => {
      for (const listener of [...this.#listeners]) listener(event);
    });
    // X errors without a callback concern resources that are gone already. Only errors of the connection matter here.
    client.on('error', (error: Error) => {
      if (!isXError(error)) this.#die(isClosed(error) ? CLOSED : error.message);
    });
    client.on('end', () => this.#die(CLOSED));
    client.stream?.on('close', () => this.#die('the connection was closed'));
  }

  /**
   * @param display as DISPLAY takes it, or null for $DISPLAY
   * @throws PeerglassError E_NO_DISPLAY, E_DISPLAY_CONNECT
   */
  static async open(display: string | null, environment: NodeJS.ProcessEnv = process.env): Promise<X11Connection> {
    const name = display ?? environment.DISPLAY ?? '';
    if (name === '') throw noDisplay();
    const { host, number, screen } = namedDisplay(name);
    const file = authorityFile(environment);
    const shm = new TmpfsProvider();
    let cookie: Cookie | null = null;
    try {
      const socket = host === null ? await connectLocal(number) : await connectRemote(host, number);
      if (file !== null) cookie = await findCookie(file, socket.remoteAddress ?? null, String(number));
      const auth = cookie ?? { name: '', data: '' };
      const connected = await shakeHands({ display: `:${number}`, shm, auth }, socket);
      const chosen = connected.screen[screen];
      if (chosen) return new X11Connection(name, connected, chosen, shm, host === null);
      socket.destroy();
      throw noSuchScreen(name, screen, connected.screen.length);
    } catch (error) {
      throw connectError(name, error instanceof Error ? error : new Error(String(error)), cookie !== null, file);
    }
  }

  get root(): number {
    return this.screen.root;
  }

  /** Requests made so far, and their bytes. */
  get traffic(): { readonly requests: number; readonly bytes: number } {
    const { packets, bytes } = this.client.pack_stream.stats;
    return { requests: packets, bytes };
  }

  /** Why the connection was lost; null while it is open. */
  get death(): PeerglassError | null {
    return this.#death;
  }

  /**
   * Makes a request with a reply.
   *
   * @throws XRequestError when the server answers with an error
   * @throws PeerglassError E_DISPLAY_DIED
   */
  ask<Result>(request: (reply: Reply<Result>) => void): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#death) return reject(this.#death);
      this.#waiting.add(reject);
      request((error, result) => {
        this.#waiting.delete(reject);
        if (!error) resolve(result);
        else reject(isXError(error) ? new XRequestError(error) : error);
        return true;
      });
    });
  }

  /** An extension by its name in the package `x11`, or null if the server lacks it. */
  async extension<Extension>(name: string): Promise<Extension | null> {
    try {
      return (await this.ask<unknown>(reply => this.client.require(name, reply))) as Extension;
    } catch (error) {
      if (this.#death) throw error;
      return null;
    }
  }

  /** Sends all requests made by `requests` in one write. */
  together<Result>(requests: () => Result): Result {
    const stream: Duplex | undefined = this.client.stream;
    stream?.cork();
    try {
      return requests();
    } finally {
      stream?.uncork();
    }
  }

  /** Calls back for each event; returns a function that unsubscribes. */
  onEvent(listener: (event: XEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls back when the connection is lost, not when it is closed here; returns a function that unsubscribes. */
  onDeath(listener: (error: PeerglassError) => void): () => void {
    this.#deathListeners.add(listener);
    return () => this.#deathListeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#die('the connection was closed here');
    const { stream } = this.client;
    if (!stream || stream.destroyed) return;
    await new Promise<void>(resolve => {
      stream.once('close', () => resolve());
      this.client.terminate();
      stream.destroy();
    });
  }

  #die(cause: string): void {
    if (this.#death) return;
    const remedy = 'Start an X server there again (log in), then share again.';
    this.#death = new PeerglassError(
      'E_DISPLAY_DIED',
      `The X server of display ${this.name} is gone: ${cause}.`,
      remedy,
    );
    for (const reject of this.#waiting) reject(this.#death);
    this.#waiting.clear();
    this.shm.close();
    if (!this.#closing) for (const listener of [...this.#deathListeners]) listener(this.#death);
  }
}

const CLOSED = 'it closed the connection';

/** Whether an error means that the other end hung up. Native calls report the number of the error, not its name. */
function isClosed({ message }: Error): boolean {
  return /\b(EPIPE|ECONNRESET|uv -(32|104))\b/.test(message);
}

function isXError(error: Error): error is XError {
  return 'error' in error && typeof error.error === 'number';
}

/** @throws PeerglassError E_DISPLAY_CONNECT */
function namedDisplay(name: string): DisplayName {
  const display = readDisplayName(name);
  if (display) return display;
  const remedy = 'A display is named like ":0" or "host:0". Check DISPLAY, or give one with --display.';
  throw new PeerglassError('E_DISPLAY_CONNECT', `"${plainText(name, 60)}" does not name an X display.`, remedy);
}

async function shakeHands(options: ClientOptions, socket: Socket): Promise<XDisplay> {
  const { default: x11 } = await import('x11');
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new Error(NO_ANSWER)), HANDSHAKE_MS);
    // In one write: a server that refuses hangs up after the first of several, and the next would fail before its
    // reason has been read.
    socket.cork();
    setImmediate(() => socket.uncork());
    const client = x11.createClient({ ...options, stream: socket }, (error, display) => {
      if (error) return fail(error);
      clearTimeout(timer);
      client.removeListener('error', fail);
      resolve(display);
    });
    client.on('error', fail);
  });
}

function noDisplay(): PeerglassError {
  const remedy =
    'Run peerglass inside a graphical session, or name its display with --display :0. The test pattern needs none: --source pattern.';
  return new PeerglassError('E_NO_DISPLAY', 'There is no display to share: DISPLAY is not set.', remedy);
}

function noSuchScreen(name: string, screen: number, count: number): PeerglassError {
  const remedy = count === 1 ? 'It only has screen 0.' : `It has the screens 0 to ${count - 1}.`;
  return new PeerglassError('E_DISPLAY_CONNECT', `The X display ${name} has no screen ${screen}.`, remedy);
}

/** Messages of a socket whose peer hung up. */
const HUNG_UP = /EPIPE|ECONNRESET|closed before setup/;

function connectError(name: string, cause: Error, hadCookie: boolean, file: string | null): PeerglassError {
  if (cause instanceof PeerglassError) return cause;
  const why = file === null ? 'neither HOME nor XAUTHORITY is set' : cookieProblem(file, hadCookie);
  const remedy = `Run peerglass as the user who is logged in there, or set XAUTHORITY to that user's file (${why}).`;
  if (/^X server connection failed:|EACCES|EPERM/.test(cause.message)) {
    return new PeerglassError('E_DISPLAY_CONNECT', `The X display ${name} refuses this user.`, remedy, { cause });
  }
  if (isOutOfFiles(cause)) return tooManyFiles(cause);
  if (HUNG_UP.test(cause.message)) {
    const message = `The X display ${name} closed the connection at once.`;
    return new PeerglassError('E_DISPLAY_CONNECT', message, `It is shutting down or refuses this user. ${remedy}`, {
      cause,
    });
  }
  const other = 'Check that DISPLAY names a running X server, or give another one with --display.';
  return new PeerglassError('E_DISPLAY_CONNECT', `The X display ${name} cannot be opened: ${cause.message}.`, other, {
    cause,
  });
}

function cookieProblem(file: string, hadCookie: boolean): string {
  return hadCookie ? `its entry in ${file} was not accepted` : `${file} has no entry for it`;
}

/** The highest predefined atom (X11 protocol, appendix B). */
const LAST_PREDEFINED = 68;

/**
 * Gives a client its own table of atoms. The package `x11` shares one between all connections: on a second server, or
 * on the same one after a restart, names would stand for the first server's atoms.
 */
export function ownAtoms(client: XClient): void {
  const predefined = Object.entries(client.atoms).filter(([, atom]) => atom > 0 && atom <= LAST_PREDEFINED);
  client.atoms = Object.fromEntries(predefined);
  client.atom_names = Object.fromEntries(predefined.map(([name, atom]) => [atom, name]));
}
