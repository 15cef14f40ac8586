import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { ByteReader } from '../../source/core/byte-reader.js';
import { ENCODING } from '../../source/protocols/rfb/constants.js';
import type { WebFile } from '../../source/transport/web-listener.js';
import { FILM_SIZE } from './film.js';
import { BGRX_BYTES, rectangle, u16, update } from './scripted-vnc-server.js';

const RESET_CONTEXT = 1;
/** With version 3.3 and no security a viewer's handshake is its banner and one byte. */
const HANDSHAKE = 13;
const SET_ENCODINGS = 2;
const MESSAGE_BYTES: Readonly<Record<number, number>> = { 0: 20, 3: 10, 4: 8, 5: 6, 150: 10 };

/** An update of one rectangle: a picture of the film, which covers the screen. */
export function filmUpdate(unit: Uint8Array, begins: boolean): number[] {
  const { width, height } = FILM_SIZE;
  const u32 = (value: number) => [...u16(value >>> 16), ...u16(value & 0xffff)];
  const flags = begins ? RESET_CONTEXT : 0;
  return update(1, rectangle(0, 0, width, height, ENCODING.h264, u32(unit.length), u32(flags), [...unit]));
}

/** Serves a page, and over its WebSocket whatever bytes a test says, to one viewer. */
export class FilmServer {
  /** What the viewer lists; empty before it has. */
  encodings: readonly number[] = [];
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #reader = new ByteReader();
  #socket: WebSocket | null = null;
  #handshake = HANDSHAKE;

  static async start(page: ReadonlyMap<string, WebFile>, host = '127.0.0.1'): Promise<FilmServer> {
    const server = createServer(({ url }, response) => {
      const file = page.get(new URL(url ?? '/', 'http://host').pathname);
      response.writeHead(file ? 200 : 404, { 'content-type': file?.type ?? 'text/plain' }).end(file?.body);
    });
    const started = new FilmServer(server);
    await new Promise<void>(resolve => server.listen(0, host, resolve));
    return started;
  }

  private constructor(server: Server) {
    this.#server = server;
    this.#sockets = new WebSocketServer({ server });
    this.#sockets.on('connection', socket => this.#welcome(socket));
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}/`;
  }

  say(bytes: readonly number[]): void {
    this.#socket?.send(Uint8Array.from(bytes));
  }

  async stop(): Promise<void> {
    this.#socket?.terminate();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #welcome(socket: WebSocket): void {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#read(data));
    const { width, height } = FILM_SIZE;
    this.say([...Buffer.from('RFB 003.003\n'), 0, 0, 0, 1]);
    this.say([...u16(width), ...u16(height), ...BGRX_BYTES, 0, 0, 0, 4, ...Buffer.from('film')]);
  }

  #read(data: Buffer): void {
    const early = Math.min(this.#handshake, data.length);
    this.#handshake -= early;
    this.#reader.push(data.subarray(early));
    while (this.#reader.attempt(() => this.#message())) {}
  }

  #message(): boolean {
    const type = this.#reader.peek();
    if (type === SET_ENCODINGS) {
      this.#reader.skip(2);
      this.encodings = Array.from({ length: this.#reader.u16() }, () => this.#reader.s32());
      return true;
    }
    const length = MESSAGE_BYTES[type];
    if (length === undefined) throw new Error(`the viewer sent message ${type}`);
    this.#reader.skip(length);
    return true;
  }
}
