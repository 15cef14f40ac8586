import { once } from 'node:events';
import { closeSync } from 'node:fs';
import net, { type Socket } from 'node:net';
import type { Clock } from '../../../core/clock.js';
import { connectAbstract } from '../../../native/abstract-socket.js';
import { canReceiveDescriptors, receiveDescriptors } from '../../../native/socket-descriptors.js';
import { type DBusMessage, decodeMessage, encodeMessage, messageLength } from './message.js';
import type { DBusValue } from './values.js';

/** The bus itself, as a destination. */
const BUS = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const;

const ANSWER_MS = 25_000;
/** A bus answers each line of the authentication at once. */
const AUTHENTICATION_MS = 5_000;
const MAX_LINE = 4096;

/** An error reply. */
export class DBusError extends Error {
  /** E.g. "org.freedesktop.DBus.Error.ServiceUnknown". */
  readonly errorName: string;

  constructor(errorName: string, text: string) {
    super(text === '' ? errorName : `${errorName}: ${text}`);
    this.name = 'DBusError';
    this.errorName = errorName;
  }
}

/** A method of an object. */
export interface DBusMethod {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
}

export interface CallOptions {
  readonly signature?: string;
  readonly body?: readonly DBusValue[];
  readonly timeoutMs?: number;
}

export interface SignalMatch {
  /** A unique name, e.g. ":1.7". Signals of other senders are ignored. */
  readonly sender: string;
  readonly path?: string;
  readonly interface: string;
  readonly member: string;
}

interface Waiting {
  readonly resolve: (answer: DBusMessage, descriptors: number[]) => void;
  readonly reject: (error: Error) => void;
}

interface Listener {
  readonly match: SignalMatch;
  readonly hear: (body: readonly DBusValue[]) => void;
}

/** The addresses of the session bus, as DBUS_SESSION_BUS_ADDRESS gives them. */
export function sessionBusAddress(environment: NodeJS.ProcessEnv, user = process.getuid?.()): string {
  const { DBUS_SESSION_BUS_ADDRESS: given, XDG_RUNTIME_DIR: folder } = environment;
  return given || `unix:path=${escaped(folder || `/run/user/${user}`)}/bus`;
}

/** A client's connection to a message bus: calls of methods, and signals. */
export class DBusConnection {
  readonly #socket: Socket;
  readonly #clock: Clock;
  #input: Buffer = Buffer.alloc(0);
  #serial = 0;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<Listener>();
  #descriptors: number[] = [];
  #death: Error | null = null;
  #onDeath: (error: Error) => void = () => {};
  #name = '';

  private constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.on('data', chunk => this.#receive(chunk, []));
    socket.on('error', error => this.#die(error));
    socket.on('close', () => this.#die(new Error('the message bus has closed the connection')));
  }

  /**
   * @param address one or more, separated by semicolons; the first that answers is taken
   * @throws Error where none answers, or this user may not use it
   */
  static async open(address: string, clock: Clock, environment = process.env): Promise<DBusConnection> {
    const socket = await connectToAny(address, environment);
    try {
      await authenticate(socket, clock);
      const connection = new DBusConnection(socket, clock);
      const [name] = await connection.call({ ...BUS, member: 'Hello' });
      connection.#name = String(name);
      return connection;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** This connection's unique name, e.g. ":1.42". */
  get name(): string {
    return this.#name;
  }

  /** Calls back once, when the bus is gone. */
  onDeath(listener: (error: Error) => void): void {
    this.#onDeath = listener;
  }

  /**
   * Calls a method.
   * @returns the values of the answer
   * @throws DBusError for an error reply, Error when there is no reply
   */
  async call(method: DBusMethod, options: CallOptions = {}): Promise<readonly DBusValue[]> {
    const { answer, descriptors } = await this.#call(method, options, false);
    for (const descriptor of descriptors) closeSync(descriptor);
    return answer.body;
  }

  /**
   * Calls a method whose answer brings descriptors, which the caller has to close.
   * @throws Error as `call`, and where descriptors cannot be received
   */
  async callForDescriptors(method: DBusMethod, options: CallOptions = {}): Promise<number[]> {
    if (!canReceiveDescriptors()) throw new Error('descriptors cannot be received here');
    return (await this.#call(method, options, true)).descriptors;
  }

  /** The unique name of the owner of a well-known one, which the bus starts if it can. @throws DBusError */
  async ownerOf(name: string): Promise<string> {
    const owner = () => this.call({ ...BUS, member: 'GetNameOwner' }, { signature: 's', body: [name] });
    const start = () => this.call({ ...BUS, member: 'StartServiceByName' }, { signature: 'su', body: [name, 0] });
    const [found] = await owner().catch(() => start().then(owner));
    return String(found);
  }

  /** @returns unsubscribes */
  async onSignal(match: SignalMatch, hear: (body: readonly DBusValue[]) => void): Promise<() => void> {
    const listener = { match, hear };
    this.#listeners.add(listener);
    const rule = ruleOf(match);
    await this.call({ ...BUS, member: 'AddMatch' }, { signature: 's', body: [rule] });
    return () => {
      if (!this.#listeners.delete(listener) || this.#death) return;
      this.call({ ...BUS, member: 'RemoveMatch' }, { signature: 's', body: [rule] }).catch(() => {});
    };
  }

  /** Calls back when the owner of a unique name leaves the bus. */
  onLeft(owner: string, listener: () => void): Promise<() => void> {
    const match = { sender: BUS.destination, interface: BUS.interface, member: 'NameOwnerChanged' };
    return this.onSignal(match, ([name, , next]) => {
      if (name === owner && next === '') listener();
    });
  }

  close(): void {
    this.#onDeath = () => {};
    this.#die(new Error('the connection was closed'));
  }

  #call(
    method: DBusMethod,
    { signature = '', body = [], timeoutMs = ANSWER_MS }: CallOptions,
    withDescriptors: boolean,
  ): Promise<{ readonly answer: DBusMessage; readonly descriptors: number[] }> {
    if (this.#death) return Promise.reject(this.#death);
    const serial = ++this.#serial;
    const typed = signature === '' ? {} : { signature };
    const bytes = encodeMessage({ type: 'call', serial, ...method, ...typed, body });
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(timeoutMs, () => {
        this.#waiting.delete(serial);
        reject(new Error(`${method.member} was not answered in ${timeoutMs / 1000} s`));
      });
      this.#waiting.set(serial, {
        resolve(answer, descriptors) {
          cancel();
          resolve({ answer, descriptors });
        },
        reject(error) {
          cancel();
          reject(error);
        },
      });
      if (withDescriptors) {
        const awaited = () => this.#waiting.has(serial);
        receiveDescriptors(this.#socket, awaited, (chunk, descriptors) => this.#receive(chunk, descriptors));
      }
      this.#socket.write(bytes);
    });
  }

  #receive(chunk: Buffer, descriptors: readonly number[]): void {
    this.#descriptors.push(...descriptors);
    this.#input = Buffer.concat([this.#input, chunk]);
    try {
      for (let length = messageLength(this.#input); length !== null; length = messageLength(this.#input)) {
        if (this.#input.length < length || this.#death) return;
        const message = decodeMessage(this.#input.subarray(0, length));
        this.#input = this.#input.subarray(length);
        this.#take(message);
      }
    } catch (error) {
      this.#die(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #take(message: DBusMessage): void {
    const descriptors = this.#descriptors.splice(0, message.descriptors ?? 0);
    if (message.type === 'reply' || message.type === 'error') {
      this.#answer(message, descriptors);
      return;
    }
    for (const descriptor of descriptors) closeSync(descriptor);
    if (message.type === 'signal') {
      for (const { match, hear } of [...this.#listeners]) if (matches(match, message)) hear(message.body);
    }
  }

  #answer(message: DBusMessage, descriptors: number[]): void {
    const { replyTo = 0, errorName = 'an error without a name', body } = message;
    const waiting = this.#waiting.get(replyTo);
    this.#waiting.delete(replyTo);
    if (waiting && message.type === 'reply') {
      waiting.resolve(message, descriptors);
      return;
    }
    for (const descriptor of descriptors) closeSync(descriptor);
    waiting?.reject(new DBusError(errorName, typeof body[0] === 'string' ? body[0] : ''));
  }

  #die(error: Error): void {
    if (this.#death) return;
    this.#death = error;
    this.#socket.destroy();
    for (const descriptor of this.#descriptors.splice(0)) closeSync(descriptor);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#listeners.clear();
    this.#onDeath(error);
  }
}

function matches(match: SignalMatch, message: DBusMessage): boolean {
  const { sender, path, interface: name, member } = match;
  if (message.sender !== sender || message.interface !== name || message.member !== member) return false;
  return path === undefined || message.path === path;
}

function ruleOf({ sender, path, interface: name, member }: SignalMatch): string {
  const rule = { type: 'signal', sender, ...(path === undefined ? {} : { path }), interface: name, member };
  return Object.entries(rule)
    .map(([key, value]) => `${key}='${value}'`)
    .join(',');
}

/** The characters that an address may have as they are (specification, "Server Addresses"). */
function escaped(text: string): string {
  return text.replace(/[^A-Za-z0-9_\-/.\\*]/g, each => encodeURIComponent(each).replace(/[!'()]/g, hex));
}

function hex(character: string): string {
  return `%${character.charCodeAt(0).toString(16)}`;
}

async function connectToAny(addresses: string, environment: NodeJS.ProcessEnv): Promise<Socket> {
  let failure = new Error(`no address of a message bus that peerglass can use: ${addresses}`);
  for (const address of addresses.split(';')) {
    try {
      const socket = await connect(address, environment);
      if (socket) return socket;
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
  }
  throw failure;
}

/** @returns null for an address of another kind, e.g. tcp */
async function connect(address: string, { XDG_RUNTIME_DIR }: NodeJS.ProcessEnv): Promise<Socket | null> {
  if (!address.startsWith('unix:')) return null;
  const pairs = address.slice('unix:'.length).split(',');
  const keys = new Map(
    pairs.map(pair => pair.split('=', 2)).map(([key, value = '']) => [key, decodeURIComponent(value)]),
  );
  const name = keys.get('abstract');
  if (name !== undefined) {
    const socket = connectAbstract(name);
    if (!socket) throw new Error(`nothing listens at ${address}`);
    return socket;
  }
  const path = keys.get('path') ?? (keys.get('runtime') === 'yes' && XDG_RUNTIME_DIR ? `${XDG_RUNTIME_DIR}/bus` : null);
  if (path === null) return null;
  const socket = net.connect(path);
  await once(socket, 'connect');
  return socket;
}

/** Proves by the socket itself who this user is (specification, "EXTERNAL"), and asks for descriptors. */
async function authenticate(socket: Socket, clock: Clock): Promise<void> {
  const user = Buffer.from(String(process.getuid?.() ?? '')).toString('hex');
  socket.write(`\0AUTH EXTERNAL ${user}\r\n`);
  const answer = await readLine(socket, clock);
  if (!answer.startsWith('OK')) throw new Error(`the message bus does not let this user in: ${answer}`);
  socket.write('NEGOTIATE_UNIX_FD\r\n');
  // A refusal is no failure here: a call that needs descriptors fails by itself.
  await readLine(socket, clock);
  socket.write('BEGIN\r\n');
}

function readLine(socket: Socket, clock: Clock): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = '';
    const end = (error: Error | null) => {
      cancel();
      socket.off('data', onData);
      socket.off('error', end);
      socket.off('close', onClose);
      if (error) reject(error);
      else resolve(line.trim());
    };
    const onData = (chunk: Buffer) => {
      line += chunk.toString('latin1');
      if (line.endsWith('\r\n')) end(null);
      else if (line.length > MAX_LINE) end(new Error('the message bus does not speak D-Bus'));
    };
    const onClose = () => end(new Error('the message bus has closed the connection'));
    const cancel = clock.after(AUTHENTICATION_MS, () => end(new Error('the message bus does not answer')));
    socket.on('data', onData);
    socket.on('error', end);
    socket.on('close', onClose);
  });
}
