import net from 'node:net';
import path from 'node:path';
import type { Clock } from '../../core/clock.js';
import { isOutOfFiles, PeerglassError, tooManyFiles } from '../../core/errors.js';
import { plainText } from '../../core/plain-text.js';
import { type DescriptorSender, descriptorSender } from '../../native/socket-descriptors.js';
import { systemClock } from '../../node/clock.js';
import { type Interface, WL_CALLBACK, WL_DISPLAY, WL_REGISTRY } from './interfaces.js';
import { type Argument, decodeArguments, encodeMessage, MessageReader, type WireMessage } from './wire.js';

/** A compositor that does not respond for this long hangs. */
const PATIENCE_MS = 5_000;
/** How soon to write again to a socket that was full. */
const FULL_MS = 5;
/** Ids from here on are the server's. */
const FIRST_SERVER_ID = 0xff00_0000;
const DISPLAY_ID = 1;
/** Compositors offer a few dozen. */
const MAX_GLOBALS = 4_096;

type ArgumentOf<Letter> = Letter extends 'i' | 'u' | 'f' | 'h' ? number : Letter extends 's' ? string : Buffer;

/** The arguments of a request: objects for o and n. */
export type RequestArguments<Letters extends string> = Letters extends `${infer Letter}${infer Rest}`
  ? [
      Letter extends 'n' ? WaylandObject : Letter extends 'o' ? WaylandObject | null : ArgumentOf<Letter>,
      ...RequestArguments<Rest>,
    ]
  : [];

/** The arguments of an event: ids for o and n. */
export type EventArguments<Letters extends string> = Letters extends `${infer Letter}${infer Rest}`
  ? [Letter extends 'n' | 'o' ? number : ArgumentOf<Letter>, ...EventArguments<Rest>]
  : [];

export type Handlers<Kind extends Interface> = {
  readonly [Event in keyof Kind['events']]?: (...args: EventArguments<Kind['events'][Event]>) => void;
};

/** An object that both sides know. */
export class WaylandObject<Kind extends Interface = Interface> {
  readonly id: number;
  readonly kind: Kind;
  readonly #connection: WaylandConnection;

  constructor(connection: WaylandConnection, id: number, kind: Kind) {
    this.#connection = connection;
    this.id = id;
    this.kind = kind;
  }

  /** Makes a request. All requests of one turn of the event loop are sent together. */
  send<Request extends keyof Kind['requests'] & string>(
    request: Request,
    ...args: RequestArguments<Kind['requests'][Request]>
  ): void {
    const plain = (args as (Argument | WaylandObject | null)[]).map(each => {
      if (each === null) return 0;
      return each instanceof WaylandObject ? each.id : each;
    });
    this.#connection.request(this as WaylandObject, request, plain);
  }
}

interface Known {
  readonly kind: Interface;
  readonly handlers: Readonly<Record<string, ((...args: Argument[]) => void) | undefined>>;
}

/** A global object that the compositor offers. */
export interface Global {
  /** The number for binding it. */
  readonly name: number;
  readonly interface: string;
  readonly version: number;
}

/** The socket of the session's compositor. @throws PeerglassError E_NO_DISPLAY */
export function socketPath(environment: NodeJS.ProcessEnv): string {
  const name = environment.WAYLAND_DISPLAY || 'wayland-0';
  if (path.isAbsolute(name)) return name;
  if (environment.XDG_RUNTIME_DIR) return path.join(environment.XDG_RUNTIME_DIR, name);
  const remedy = 'Run peerglass inside the session, with its XDG_RUNTIME_DIR (usually /run/user/ and your user id).';
  throw new PeerglassError('E_NO_DISPLAY', `${name} cannot be found: XDG_RUNTIME_DIR is not set.`, remedy);
}

/** A client's connection to a Wayland compositor. */
export class WaylandConnection {
  /** The socket's name, e.g. "wayland-1". */
  readonly name: string;
  /** Everything that the compositor offers now, in its order. */
  readonly globals = new Map<number, Global>();
  readonly #socket: net.Socket;
  /** Null where descriptors cannot be sent. All else works without. */
  readonly #sender: DescriptorSender | null;
  readonly #clock: Clock;
  readonly #reader = new MessageReader();
  readonly #objects = new Map<number, Known>();
  readonly #freeIds: number[] = [];
  #nextId = DISPLAY_ID + 1;
  #unsent: { readonly bytes: Buffer; readonly descriptors: readonly number[] }[] = [];
  #flushing = false;
  #whenSent: (() => void)[] = [];
  readonly #display = new WaylandObject(this, DISPLAY_ID, WL_DISPLAY);
  readonly #registry: WaylandObject<typeof WL_REGISTRY>;
  readonly #waiting = new Set<(error: PeerglassError) => void>();
  readonly #deathListeners = new Set<(error: PeerglassError) => void>();
  readonly #globalListeners = new Set<(global: Global, added: boolean) => void>();
  #death: PeerglassError | null = null;
  #closing = false;

  private constructor(name: string, socket: net.Socket, sender: DescriptorSender | null, clock: Clock) {
    this.name = name;
    this.#socket = socket;
    this.#sender = sender;
    this.#clock = clock;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', error => this.#die(died(name, error.message)));
    socket.on('close', () => this.#die(died(name, 'it closed the connection')));
    this.#know(DISPLAY_ID, WL_DISPLAY, {
      error: (object, code, text) => this.#die(this.#refused(object, code, text)),
      delete_id: id => this.#forget(id),
    });
    this.#registry = this.create(WL_REGISTRY, {
      global: (name, kind, version) => this.#offered({ name, interface: kind, version }),
      global_remove: name => this.#withdrawn(name),
    });
    this.#display.send('get_registry', this.#registry);
  }

  /**
   * Connects, and learns what the compositor offers.
   *
   * @throws PeerglassError E_NO_DISPLAY, E_DISPLAY_CONNECT, E_DISPLAY_HUNG, E_DISPLAY_DIED, E_WAYLAND
   */
  static async open(environment: NodeJS.ProcessEnv = process.env, clock = systemClock): Promise<WaylandConnection> {
    const place = socketPath(environment);
    const name = path.basename(place);
    const socket = net.connect(place);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', error => reject(unreachable(name, error)));
    });
    socket.removeAllListeners('error');
    const connection = new WaylandConnection(name, socket, descriptorSender(), clock);
    try {
      await connection.sync();
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  /** Why the connection was lost; null while it is open. */
  get death(): PeerglassError | null {
    return this.#death;
  }

  /** Whether descriptors can be sent. Without them the compositor answers questions, but delivers no picture. */
  get passesDescriptors(): boolean {
    return this.#sender !== null;
  }

  /** The version of an interface that the compositor offers; 0: none. */
  version(kind: Interface): number {
    return this.#find(kind)?.version ?? 0;
  }

  /**
   * An object for a request that makes one; `handlers` are called for its events. The request has to be made before the
   * next object is created: servers want new ids in their order.
   */
  create<Kind extends Interface>(kind: Kind, handlers: Handlers<Kind> = {}): WaylandObject<Kind> {
    const id = this.#freeIds.pop() ?? this.#nextId++;
    this.#know(id, kind, handlers);
    return new WaylandObject(this, id, kind);
  }

  /** An object that the compositor created, by the id in its event. Call it in the handler of that event. */
  adopt<Kind extends Interface>(id: number, kind: Kind, handlers: Handlers<Kind>): WaylandObject<Kind> {
    this.#know(id, kind, handlers);
    return new WaylandObject(this, id, kind);
  }

  /**
   * Binds a global.
   * @param version the latest that this program knows
   * @param global one of several; by default the first
   * @returns null where the compositor does not offer it
   */
  bind<Kind extends Interface>(
    kind: Kind,
    version: number,
    handlers: Handlers<Kind> = {},
    global = this.#find(kind),
  ): WaylandObject<Kind> | null {
    if (!global) return null;
    const object = this.create(kind, handlers);
    this.#registry.send('bind', global.name, kind.name, Math.min(version, global.version), object as WaylandObject);
    return object;
  }

  /**
   * Resolves when the compositor has handled all requests so far, and all its events until then have been handled here.
   *
   * @throws PeerglassError E_DISPLAY_HUNG, E_DISPLAY_DIED
   */
  sync(): Promise<void> {
    return this.answered(done => {
      this.#display.send('sync', this.create(WL_CALLBACK, { done: () => done() }));
    });
  }

  /**
   * Waits for an answer.
   * @param ask makes requests, and calls back when the answer is there
   * @throws PeerglassError E_DISPLAY_HUNG when it does not come in time, E_DISPLAY_DIED
   */
  answered<Answer = void>(ask: (done: (answer: Answer) => void) => void): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#death) return reject(this.#death);
      const over = () => {
        cancel();
        this.#waiting.delete(fail);
      };
      const fail = (error: PeerglassError) => {
        over();
        reject(error);
      };
      const cancel = this.#clock.after(PATIENCE_MS, () => fail(hung(this.name)));
      this.#waiting.add(fail);
      ask(answer => {
        over();
        resolve(answer);
      });
    });
  }

  /** Calls back when the connection is lost, not when it is closed here. */
  onDeath(listener: (error: PeerglassError) => void): void {
    this.#deathListeners.add(listener);
  }

  /** Calls back when the compositor offers something more, or less. */
  onGlobal(listener: (global: Global, added: boolean) => void): void {
    this.#globalListeners.add(listener);
  }

  /** Calls back when all requests so far have been sent, or never will be. Keep their descriptors open until then. */
  afterSending(callback: () => void): void {
    if (this.#unsent.length === 0) callback();
    else this.#whenSent.push(callback);
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#die(died(this.name, 'the connection was closed here'));
    this.#socket.destroy();
  }

  /** For WaylandObject. */
  request(object: WaylandObject, name: string, args: readonly Argument[]): void {
    if (this.#death) return;
    const { requests, opcodes } = object.kind;
    const { bytes, descriptors } = encodeMessage(object.id, opcodes.get(name)!, requests[name]!, args);
    // Its events may be on their way and are ignored. The compositor says when the id is free.
    if (name === 'destroy' || name === 'release') this.#mute(object);
    this.#unsent.push({ bytes, descriptors });
    if (!this.#flushing) this.#flushSoon(null);
  }

  #mute({ id, kind }: WaylandObject): void {
    if (id >= FIRST_SERVER_ID) this.#objects.delete(id);
    else this.#know(id, kind, {});
  }

  #flushSoon(ms: number | null): void {
    this.#flushing = true;
    if (ms === null) queueMicrotask(() => this.#flush());
    else this.#clock.after(ms, () => this.#flush());
  }

  /** Sends the queue, in one call up to the first message with descriptors: these go with its first byte. */
  #flush(): void {
    this.#flushing = false;
    try {
      while (this.#unsent.length > 0 && !this.#death) {
        const next = this.#unsent.findIndex(({ descriptors }, index) => index > 0 && descriptors.length > 0);
        const together = this.#unsent.slice(0, next < 0 ? undefined : next);
        const bytes = Buffer.concat(together.map(each => each.bytes));
        const { descriptors } = together[0]!;
        const sent = this.#write(bytes, descriptors);
        this.#unsent.splice(0, together.length);
        if (sent === bytes.length) continue;
        const rest = { bytes: bytes.subarray(sent), descriptors: sent === 0 ? descriptors : [] };
        this.#unsent.unshift(rest);
        this.#flushSoon(FULL_MS);
        return;
      }
      this.#sent();
    } catch (error) {
      this.#die(died(this.name, error instanceof Error ? error.message : String(error)));
    }
  }

  #sent(): void {
    const callbacks = this.#whenSent;
    this.#whenSent = [];
    for (const callback of callbacks) callback();
  }

  /** @returns the number of bytes sent */
  #write(bytes: Buffer, descriptors: readonly number[]): number {
    if (this.#sender) return this.#sender.send(this.#socket, bytes, descriptors);
    if (descriptors.length > 0) throw new Error('descriptors cannot be sent here');
    this.#socket.write(bytes);
    return bytes.length;
  }

  #receive(chunk: Buffer): void {
    if (this.#death) return;
    try {
      this.#reader.push(chunk, message => this.#handle(message));
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'WaylandWireError') throw error;
      const remedy = 'Check what listens on that socket. If it is a compositor, please report this.';
      const message = `${this.name} sent an invalid Wayland message (${error.message}).`;
      this.#die(new PeerglassError('E_WAYLAND', message, remedy, { cause: error }));
    }
  }

  #handle({ object, opcode, payload }: WireMessage): void {
    if (this.#death) return;
    const known = this.#objects.get(object);
    if (!known) return;
    const event = known.kind.eventList[opcode];
    if (!event) return;
    const [name, signature] = event;
    const handler = known.handlers[name];
    if (handler) handler(...decodeArguments(signature, payload));
  }

  #know<Kind extends Interface>(id: number, kind: Kind, handlers: Handlers<Kind>): void {
    this.#objects.set(id, { kind, handlers: handlers as Known['handlers'] });
  }

  #forget(id: number): void {
    if (this.#objects.delete(id) && id < FIRST_SERVER_ID) this.#freeIds.push(id);
  }

  #find({ name }: Interface): Global | undefined {
    return [...this.globals.values()].find(global => global.interface === name);
  }

  #offered(global: Global): void {
    if (this.globals.size >= MAX_GLOBALS) return;
    this.globals.set(global.name, global);
    for (const listener of [...this.#globalListeners]) listener(global, true);
  }

  #withdrawn(name: number): void {
    const global = this.globals.get(name);
    if (!global) return;
    this.globals.delete(name);
    for (const listener of [...this.#globalListeners]) listener(global, false);
  }

  #refused(object: number, code: number, text: string): PeerglassError {
    const kind = this.#objects.get(object)?.kind.name ?? 'an object';
    const message = `${this.name} refused a request to ${kind}: ${plainText(text, 200)} (${code}).`;
    return new PeerglassError(
      'E_WAYLAND',
      message,
      'Please report this, with the name and version of your compositor.',
    );
  }

  #die(error: PeerglassError): void {
    if (this.#death) return;
    this.#death = error;
    this.#unsent = [];
    this.#sent();
    for (const reject of [...this.#waiting]) reject(error);
    this.#waiting.clear();
    this.#socket.destroy();
    if (!this.#closing) for (const listener of [...this.#deathListeners]) listener(error);
  }
}

function died(name: string, cause: string): PeerglassError {
  const remedy = 'Log in again, then share again.';
  return new PeerglassError('E_DISPLAY_DIED', `The Wayland compositor of ${name} is gone: ${cause}.`, remedy);
}

/** The error of a compositor that does not respond. */
export function hung(name: string): PeerglassError {
  const message = `The Wayland compositor of ${name} hangs: it has not answered for ${PATIENCE_MS / 1000} s.`;
  return new PeerglassError('E_DISPLAY_HUNG', message, 'Wait until the desktop responds again, or log in again.');
}

function unreachable(name: string, cause: NodeJS.ErrnoException): PeerglassError {
  if (isOutOfFiles(cause)) return tooManyFiles(cause);
  if (cause.code === 'EACCES' || cause.code === 'EPERM') {
    const message = `The Wayland compositor of ${name} refuses this user.`;
    const remedy = 'Run peerglass as the user who is logged in there.';
    return new PeerglassError('E_DISPLAY_CONNECT', message, remedy, { cause });
  }
  const message = `The Wayland compositor of ${name} cannot be reached: ${cause.message}.`;
  const remedy = 'Run peerglass inside the session, with its WAYLAND_DISPLAY and XDG_RUNTIME_DIR.';
  return new PeerglassError('E_DISPLAY_CONNECT', message, remedy, { cause });
}
