import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import {
  type DBusMessage,
  decodeMessage,
  encodeMessage,
  messageLength,
} from '../../source/capture/portal/dbus/message.js';
import { type DBusValue, type Options, options, Variant } from '../../source/capture/portal/dbus/values.js';
import { descriptorSender } from '../../source/native/socket-descriptors.js';

const SCREEN_CAST = 'org.freedesktop.portal.ScreenCast';
const REQUEST = 'org.freedesktop.portal.Request';
const SESSION = 'org.freedesktop.portal.Session';
const BUS = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' };

/** What the user does with the dialog. */
export type Answer = 'yes' | 'no' | 'broken' | 'stale token' | 'nothing';

/** org.freedesktop.portal.ScreenCast on a message bus, with a user who answers as the test says. */
export class FakePortal {
  readonly #socket: Socket;
  #serial = 0;
  #input = Buffer.alloc(0);
  #waiting: (() => void)[] = [];
  answer: Answer = 'yes';
  /** Whether the user leaves "remember this" ticked. */
  remembers = true;
  /** The version of the interface. */
  version = 4;
  cursorModes = 7;
  /** Monitors and windows. */
  sourceTypes = 3;
  streams: readonly {
    readonly node: number;
    readonly x?: number;
    readonly y?: number;
    readonly size?: readonly number[];
  }[] = [{ node: 42 }];
  /** Opens the connection to PipeWire for OpenPipeWireRemote and returns its descriptor. Null: it fails. */
  remote: (() => Promise<number>) | null = null;
  /** The only valid token. */
  token: string | null = null;
  /** How often the user was asked. */
  dialogs = 0;
  /** Dialogs that were closed again. */
  readonly withdrawn: string[] = [];
  /** The options of each SelectSources. */
  readonly selections: Record<string, DBusValue>[] = [];
  readonly requests: string[] = [];
  readonly sessions: string[] = [];
  readonly closedSessions: string[] = [];
  #tokens = 0;
  #named = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', chunk => this.#receive(chunk));
  }

  /** @param name another one does not replace the portal, but may impersonate it */
  static async start(address: string, name = 'org.freedesktop.portal.Desktop'): Promise<FakePortal> {
    const socket = net.connect(address.replace('unix:path=', ''));
    await once(socket, 'connect');
    const user = Buffer.from(String(process.getuid?.())).toString('hex');
    for (const line of [`\0AUTH EXTERNAL ${user}\r\n`, 'NEGOTIATE_UNIX_FD\r\n']) {
      socket.write(line);
      await once(socket, 'data');
    }
    socket.write('BEGIN\r\n');
    const portal = new FakePortal(socket);
    portal.#send({ type: 'call', ...BUS, member: 'Hello', body: [] });
    portal.#send({ type: 'call', ...BUS, member: 'RequestName', signature: 'su', body: [name, 4] });
    await portal.until(() => portal.#named);
    return portal;
  }

  /** Resolves when the condition holds; it is checked after each message. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>(resolve => this.#waiting.push(resolve));
  }

  /** Like the stop button in the desktop's panel. */
  closeSession(path = this.sessions.at(-1)!): void {
    this.#send({ type: 'signal', path, interface: SESSION, member: 'Closed', body: [] });
  }

  /** Sends a forged Response. */
  pretend(destination: string, path: string): void {
    const body = [0, options({ streams: ['a(ua{sv})', [[666, options({})]]] })];
    this.#send({
      type: 'signal',
      destination,
      path,
      interface: REQUEST,
      member: 'Response',
      signature: 'ua{sv}',
      body,
    });
  }

  stop(): Promise<void> {
    this.#socket.destroy();
    return Promise.resolve();
  }

  #send(message: Omit<Parameters<typeof encodeMessage>[0], 'serial'>, descriptor?: number): void {
    const bytes = encodeMessage({ serial: ++this.#serial, ...message });
    if (descriptor === undefined) this.#socket.write(bytes);
    else descriptorSender()!.send(this.#socket, bytes, [descriptor]);
  }

  #receive(chunk: Buffer): void {
    this.#input = Buffer.concat([this.#input, chunk]);
    for (let length = messageLength(this.#input); length !== null; length = messageLength(this.#input)) {
      if (this.#input.length < length) break;
      const message = decodeMessage(this.#input.subarray(0, length));
      this.#input = this.#input.subarray(length);
      if (message.type === 'reply' && message.replyTo === 2) this.#named = true;
      if (message.type === 'call') void this.#serve(message);
    }
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #serve(call: DBusMessage): Promise<void> {
    const { member, sender = '', path = '' } = call;
    if (member === 'Get') {
      this.#property(call);
    } else if (call.interface === REQUEST && member === 'Close') {
      this.withdrawn.push(path);
      this.#reply(call, '', []);
    } else if (call.interface === SESSION && member === 'Close') {
      this.closedSessions.push(path);
      this.#reply(call, '', []);
    } else if (call.interface !== SCREEN_CAST) {
      this.#refuse(call, 'org.freedesktop.DBus.Error.UnknownMethod');
    } else if (member === 'OpenPipeWireRemote') {
      const descriptor = await this.remote?.();
      if (descriptor === undefined) this.#refuse(call, 'org.freedesktop.portal.Error.Failed');
      else this.#reply(call, 'h', [0], descriptor);
    } else {
      this.#request(call, sender);
    }
  }

  #property(call: DBusMessage): void {
    const values: Record<string, number> = {
      version: this.version,
      AvailableCursorModes: this.cursorModes,
      AvailableSourceTypes: this.sourceTypes,
    };
    const value = this.version === 0 ? undefined : values[String(call.body[1])];
    if (value === undefined) this.#refuse(call, 'org.freedesktop.DBus.Error.InvalidArgs');
    else this.#reply(call, 'v', [new Variant('u', value)]);
  }

  #request(call: DBusMessage, sender: string): void {
    const given = call.body.find(each => each instanceof Map) as Options;
    const word = (name: string) => String(given.get(name)?.value);
    const request = `/org/freedesktop/portal/desktop/request/${sender.slice(1).replaceAll('.', '_')}/${word('handle_token')}`;
    this.requests.push(request);
    const respond = (code: number, results: Options) => {
      const signal = { path: request, interface: REQUEST, member: 'Response', signature: 'ua{sv}' };
      this.#send({ type: 'signal', destination: sender, ...signal, body: [code, results] });
    };
    if (call.member === 'CreateSession') {
      const session = `/org/freedesktop/portal/desktop/session/${sender.slice(1).replaceAll('.', '_')}/${word('session_handle_token')}`;
      this.sessions.push(session);
      // Before the method returns, which is allowed.
      respond(0, options({ session_handle: ['s', session] }));
    }
    this.#reply(call, 'o', [request]);
    if (call.member === 'SelectSources') {
      this.selections.push(Object.fromEntries([...given].map(([name, { value }]) => [name, value])));
      respond(0, options({}));
    }
    if (call.member === 'Start') this.#begin(respond);
  }

  #begin(respond: (code: number, results: Options) => void): void {
    const shown = this.selections.at(-1)?.restore_token;
    const known = shown !== undefined && shown === this.token;
    if (!known) this.dialogs++;
    if (this.answer === 'stale token' && shown !== undefined) respond(2, options({}));
    else if (!known && this.answer === 'no') respond(1, options({}));
    else if (this.answer === 'broken') respond(2, options({}));
    else if (known || this.answer !== 'nothing') this.#allow(respond);
  }

  #allow(respond: (code: number, results: Options) => void): void {
    this.token = this.remembers ? `token-${++this.#tokens}` : null;
    const streams = this.streams.map(({ node, x = 0, y = 0, size = [640, 480] }) => {
      return [node, options({ position: ['(ii)', [x, y]], size: ['(ii)', size], source_type: ['u', 1] })];
    });
    respond(
      0,
      options({ streams: ['a(ua{sv})', streams], ...(this.token ? { restore_token: ['s', this.token] } : {}) }),
    );
  }

  #reply({ serial, sender }: DBusMessage, signature: string, body: readonly DBusValue[], descriptor?: number): void {
    const typed = signature === '' ? {} : { signature };
    const brings = descriptor === undefined ? {} : { descriptors: 1 };
    this.#send({ type: 'reply', replyTo: serial, destination: sender ?? '', ...typed, ...brings, body }, descriptor);
  }

  #refuse({ serial, sender }: DBusMessage, errorName: string): void {
    this.#send({ type: 'error', replyTo: serial, destination: sender ?? '', errorName, body: [] });
  }
}
