import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.js';
import { PeerglassError } from '../../core/errors.js';
import { plainText } from '../../core/plain-text.js';
import { type DBusConnection, DBusError } from './dbus/connection.js';
import { type DBusValue, type Options, options, Variant } from './dbus/values.js';

const PORTAL = 'org.freedesktop.portal.Desktop';
const DESKTOP = '/org/freedesktop/portal/desktop';
const SCREEN_CAST = 'org.freedesktop.portal.ScreenCast';

/** Of SelectSources, as bits. */
const SOURCE_TYPES = { monitor: 1, window: 2 } as const;
const CURSOR_MODES = { embedded: 2, metadata: 4 } as const;
/** Until the user revokes it. */
const PERSIST = 2;
/** The interface versions that introduced these. */
const SINCE = { cursorModes: 2, tokens: 4 } as const;

/** The codes of Response. */
const ALLOWED = 0;
const DENIED = 1;

/** How long the user may take to answer. */
export const ASKING_MS = 120_000;
/** Timeout of requests that ask nobody. */
const PREPARING_MS = 10_000;
/** With a token the desktop answers within this time, unless it asks the user nevertheless. */
const TOKEN_MS = 1_500;

export interface ScreenCastRequest {
  readonly what: keyof typeof SOURCE_TYPES;
  /** Whether the user may choose several monitors. */
  readonly several: boolean;
  /** Spares the user the dialog; null: the desktop asks. */
  readonly token: string | null;
  readonly clock: Clock;
  /** Ends the wait for the user. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the desktop asks the user. */
  readonly onAsking: () => void;
}

/** A monitor or window that the user chose. */
export interface CastStream {
  /** The PipeWire node. */
  readonly node: number;
  /** The top left corner on the desktop, in the compositor's own units; null: not known. */
  readonly position: { readonly x: number; readonly y: number } | null;
  /** In the same units. */
  readonly size: { readonly width: number; readonly height: number } | null;
}

/** What the portal of a desktop can share, without asking its user. */
export interface PortalAbilities {
  readonly version: number;
  readonly monitors: boolean;
  readonly windows: boolean;
  /** Whether a choice can be kept, so that the next start need not ask. */
  readonly remembers: boolean;
}

/** @throws PeerglassError E_WAYLAND (no portal), E_PORTAL */
export async function portalAbilities(bus: DBusConnection): Promise<PortalAbilities> {
  const { version, sourceTypes } = await findPortal(bus);
  return {
    version,
    monitors: (sourceTypes & SOURCE_TYPES.monitor) !== 0,
    windows: (sourceTypes & SOURCE_TYPES.window) !== 0,
    remembers: version >= SINCE.tokens,
  };
}

/** A screen cast that the user has allowed. It lasts as long as the connection to the bus. */
export class ScreenCast {
  readonly streams: readonly CastStream[];
  /** For the next start; null: the user or the desktop allows none. */
  readonly token: string | null;
  readonly #bus: DBusConnection;
  readonly #session: Session;

  private constructor(bus: DBusConnection, session: Session, streams: readonly CastStream[], token: string | null) {
    this.#bus = bus;
    this.#session = session;
    this.streams = streams;
    this.token = token;
  }

  /**
   * Asks the desktop for a screen; the desktop may ask the user.
   *
   * @throws PeerglassError E_WAYLAND (no portal), E_PORTAL_DENIED, E_PORTAL_UNANSWERED, E_PORTAL
   */
  static async open(bus: DBusConnection, request: ScreenCastRequest): Promise<ScreenCast> {
    const portal = await findPortal(bus);
    try {
      return await ScreenCast.#ask(bus, portal, request);
    } catch (error) {
      // The token may be the reason: try once more without it.
      const again = error instanceof Failed && request.token !== null && !request.signal?.aborted;
      if (!again) throw error instanceof Failed ? failed(error) : error;
    }
    return ScreenCast.#ask(bus, portal, { ...request, token: null }).catch(error => {
      throw error instanceof Failed ? failed(error) : error;
    });
  }

  static async #ask(bus: DBusConnection, portal: Portal, request: ScreenCastRequest): Promise<ScreenCast> {
    const session = await Session.create(bus, portal, request);
    try {
      await session.request('SelectSources', selection(portal, request), { ms: PREPARING_MS });
      const results = await start(session, request);
      const streams = streamsIn(results);
      if (streams.length === 0) throw new Failed('Start', 'no stream');
      const token = unpacked(results, 'restore_token');
      return new ScreenCast(bus, session, streams, typeof token === 'string' && token !== '' ? token : null);
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** Calls back once when the desktop ends the cast, e.g. because the user pressed its stop button. */
  onClosed(listener: () => void): void {
    this.#session.onClosed(listener);
  }

  /**
   * A connection to PipeWire that sees this cast and nothing else.
   * @returns its descriptor, to be closed by the caller; null where none can be received: the user's own connection will do
   */
  async openRemote(): Promise<number | null> {
    const method = { ...this.#session.portal.object, member: 'OpenPipeWireRemote' };
    const body = [this.#session.path, options({})];
    const answer = this.#bus.callForDescriptors(method, { signature: 'oa{sv}', body, timeoutMs: PREPARING_MS });
    const [descriptor = null] = await answer.catch(() => []);
    return descriptor;
  }

  close(): void {
    this.#session.close();
  }
}

interface Portal {
  /** Its unique name. Signals of other senders are ignored. */
  readonly owner: string;
  readonly object: { readonly destination: string; readonly path: string; readonly interface: string };
  readonly version: number;
  readonly cursorModes: number;
  /** 0: no part of the desktop serves it. */
  readonly sourceTypes: number;
}

/** @throws PeerglassError E_WAYLAND */
async function findPortal(bus: DBusConnection): Promise<Portal> {
  try {
    const owner = await bus.ownerOf(PORTAL);
    const property = async (name: string): Promise<number> => {
      const properties = { destination: owner, path: DESKTOP, interface: 'org.freedesktop.DBus.Properties' };
      const body = [SCREEN_CAST, name];
      const [value] = await bus.call({ ...properties, member: 'Get' }, { signature: 'ss', body });
      return value instanceof Variant && typeof value.value === 'number' ? value.value : 0;
    };
    const object = { destination: owner, path: DESKTOP, interface: SCREEN_CAST };
    const version = await property('version');
    const cursorModes = version >= SINCE.cursorModes ? await property('AvailableCursorModes') : 0;
    return { owner, object, version, cursorModes, sourceTypes: await property('AvailableSourceTypes') };
  } catch (cause) {
    if (!(cause instanceof DBusError)) throw portalFailed(messageOf(cause), cause);
    throw noPortal(cause);
  }
}

function selection({ version, cursorModes }: Portal, { what, several, token }: ScreenCastRequest): Options {
  const { metadata, embedded } = CURSOR_MODES;
  const cursor = [metadata, embedded].find(mode => (cursorModes & mode) !== 0);
  return options({
    types: ['u', SOURCE_TYPES[what]],
    multiple: ['b', several],
    ...(cursor === undefined ? {} : { cursor_mode: ['u', cursor] }),
    ...(version >= SINCE.tokens ? { persist_mode: ['u', PERSIST] } : {}),
    ...(version >= SINCE.tokens && token !== null ? { restore_token: ['s', token] } : {}),
  });
}

async function start(session: Session, { token, clock, signal, onAsking }: ScreenCastRequest): Promise<Options> {
  const cancel = token === null ? null : clock.after(TOKEN_MS, onAsking);
  if (!cancel) onAsking();
  try {
    return await session.request('Start', options({}), { ms: ASKING_MS, signal });
  } finally {
    cancel?.();
  }
}

/** A portal's response that is neither consent nor refusal. */
class Failed extends Error {
  readonly step: string;

  constructor(step: string, reason: string, cause?: unknown) {
    super(reason, { cause });
    this.step = step;
  }
}

interface Wait {
  readonly ms: number;
  readonly signal?: AbortSignal | undefined;
}

/** A session of the portal: the requests that belong to it, and its end. */
class Session {
  readonly portal: Portal;
  readonly #bus: DBusConnection;
  readonly #clock: Clock;
  #path = '';
  #closed = false;
  #onClosed: () => void = () => {};
  #ends: (() => void)[] = [];

  private constructor(bus: DBusConnection, portal: Portal, clock: Clock) {
    this.#bus = bus;
    this.portal = portal;
    this.#clock = clock;
  }

  static async create(bus: DBusConnection, portal: Portal, { clock, signal }: ScreenCastRequest): Promise<Session> {
    const session = new Session(bus, portal, clock);
    const created = await session.request('CreateSession', options({ session_handle_token: ['s', newToken()] }), {
      ms: PREPARING_MS,
      signal,
    });
    session.#path = String(unpacked(created, 'session_handle'));
    const path = session.#path;
    const closed = { sender: portal.owner, path, interface: 'org.freedesktop.portal.Session', member: 'Closed' };
    session.#ends.push(await bus.onSignal(closed, () => session.#end()));
    session.#ends.push(await bus.onLeft(portal.owner, () => session.#end()));
    return session;
  }

  get path(): string {
    return this.#path;
  }

  onClosed(listener: () => void): void {
    this.#onClosed = listener;
    if (this.#closed) listener();
  }

  /**
   * Makes a request and waits for its answer, which comes as a signal, perhaps before the method returns.
   * @throws Failed; PeerglassError E_PORTAL_DENIED, E_PORTAL_UNANSWERED
   */
  async request(member: string, given: Options, { ms, signal }: Wait): Promise<Options> {
    const token = newToken();
    const sender = this.#bus.name.slice(1).replaceAll('.', '_');
    const path = `${DESKTOP}/request/${sender}/${token}`;
    const request = { sender: this.portal.owner, path, interface: 'org.freedesktop.portal.Request' };
    let [resolve, reject] = [(_: readonly DBusValue[]) => {}, (_: unknown) => {}];
    const answer = new Promise<readonly DBusValue[]>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    answer.catch(() => {});
    const end = await this.#bus.onSignal({ ...request, member: 'Response' }, body => resolve(body));
    const giveUp = (reason: unknown) => {
      // Closes the dialog.
      const close = { destination: this.portal.owner, path, interface: request.interface, member: 'Close' };
      this.#bus.call(close).catch(() => {});
      reject(reason);
    };
    const cancel = this.#clock.after(ms, () => giveUp(unanswered(member)));
    const onAbort = () => giveUp(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort);
    const before = this.#onClosed;
    this.#onClosed = () => reject(castClosed());
    try {
      const withToken: Options = new Map([...given, ['handle_token', new Variant('s', token)]]);
      const arguments_ = argumentsOf(member, this.#path, withToken);
      this.#bus.call({ ...this.portal.object, member }, { ...arguments_, timeoutMs: ms }).catch(cause => {
        reject(new Failed(member, messageOf(cause), cause));
      });
      const [code, results] = await answer;
      if (code === DENIED) throw denied();
      if (code !== ALLOWED || !(results instanceof Map)) throw new Failed(member, `it answered ${String(code)}`);
      return results as Options;
    } finally {
      this.#onClosed = before;
      cancel();
      signal?.removeEventListener('abort', onAbort);
      end();
    }
  }

  close(): void {
    this.#onClosed = () => {};
    for (const end of this.#ends.splice(0)) end();
    if (this.#closed) return;
    this.#closed = true;
    const session = { destination: this.portal.owner, path: this.#path, interface: 'org.freedesktop.portal.Session' };
    this.#bus.call({ ...session, member: 'Close' }).catch(() => {});
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClosed();
  }
}

function argumentsOf(member: string, session: string, given: Options) {
  if (member === 'CreateSession') return { signature: 'a{sv}', body: [given] };
  if (member === 'Start') return { signature: 'osa{sv}', body: [session, '', given] };
  return { signature: 'oa{sv}', body: [session, given] };
}

/** An unguessable part of an object path. */
function newToken(): string {
  return `peerglass_${randomBytes(8).toString('hex')}`;
}

function unpacked(results: Options, name: string): DBusValue | undefined {
  const found: unknown = results.get(name);
  return found instanceof Variant ? found.value : undefined;
}

function streamsIn(results: Options): CastStream[] {
  const streams = unpacked(results, 'streams');
  if (!Array.isArray(streams)) return [];
  return streams.flatMap((stream: DBusValue) => {
    const [node, properties] = Array.isArray(stream) ? stream : [];
    if (typeof node !== 'number' || !(properties instanceof Map)) return [];
    const [x, y] = pairIn(properties as Options, 'position') ?? [];
    const [width, height] = pairIn(properties as Options, 'size') ?? [];
    return [
      {
        node,
        position: x === undefined || y === undefined ? null : { x, y },
        size: width === undefined || height === undefined ? null : { width, height },
      },
    ];
  });
}

function pairIn(properties: Options, name: string): readonly number[] | null {
  const pair = unpacked(properties, name);
  return Array.isArray(pair) && pair.length === 2 && pair.every(each => typeof each === 'number') ? pair : null;
}

function messageOf(cause: unknown): string {
  return plainText(cause instanceof Error ? cause.message : String(cause));
}

const INSTALL =
  'Install xdg-desktop-portal and the part for your desktop (xdg-desktop-portal-gnome, -kde, -wlr, -hyprland or -cosmic), then log in again.';

function noPortal(cause: unknown): PeerglassError {
  const message =
    'This desktop shares no screen: it has no portal for screen casts (org.freedesktop.portal.ScreenCast).';
  return new PeerglassError('E_WAYLAND', message, INSTALL, { cause });
}

/** The user pressed the desktop's stop button, or the portal exited. */
export function castClosed(): PeerglassError {
  return new PeerglassError(
    'E_PORTAL_CLOSED',
    'The desktop ended the screen cast.',
    'Share again to start another one.',
  );
}

function denied(): PeerglassError {
  const message = 'The desktop asked which screen to share, and the answer was no.';
  return new PeerglassError(
    'E_PORTAL_DENIED',
    message,
    'Share again, and choose a screen in the dialog of the desktop.',
  );
}

function unanswered(member: string): Error {
  if (member !== 'Start') return new Failed(member, 'it does not answer');
  const message = `The desktop asks which screen to share, and nobody answered in ${ASKING_MS / 1000} s.`;
  const remedy =
    'Its dialog is on the screen of this machine: share again and answer there. Over ssh, nobody may be there to see it.';
  return new PeerglassError('E_PORTAL_UNANSWERED', message, remedy);
}

function failed(error: Failed): PeerglassError {
  return portalFailed(`${error.step}: ${error.message}`, error);
}

function portalFailed(reason: string, cause: unknown): PeerglassError {
  const message = `The desktop portal did not start the screen cast (${reason}).`;
  const remedy = 'Restart it (systemctl --user restart xdg-desktop-portal), or log in again.';
  return new PeerglassError('E_PORTAL', message, remedy, { cause });
}
