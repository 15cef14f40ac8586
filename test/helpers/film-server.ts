import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { WebSocketServer } from 'ws';
import { ByteReader } from '../../source/core/byte-reader.js';
import { ENCODING } from '../../source/protocols/rfb/constants.js';
import type { WebFile } from '../../source/transport/web-listener.js';
import { FILM_SIZE } from './film.js';
import { BGRX_BYTES, rectangle, u16, update } from './scripted-vnc-server.js';

const RESET_CONTEXT = 1;
/** With version 3.3 and no security a viewer's handshake is its banner and one byte. */
const HANDSHAKE = 13;
const SET_ENCODINGS = 2;
/** Of a viewer's messages that are not looked at. */
const MESSAGE_BYTES: Readonly<Record<number, number>> = { 0: 20, 3: 10, 4: 8, 5: 6, 150: 10 };

/** An update of one rectangle: a picture of the film, which covers the screen. */
export function filmUpdate(unit: Uint8Array, begins: boolean): number[] {
  const { width, height } = FILM_SIZE;
  const u32 = (value: number) => [...u16(value >>> 16), ...u16(value & 0xffff)];
  const flags = begins ? RESET_CONTEXT : 0;
  return update(1, rectangle(0, 0, width, height, ENCODING.h264, u32(unit.length), u32(flags), [...unit]));
}

/** Lets one viewer in, and sends it whatever bytes a test says. */
export class FilmServer {
  /** What the viewer lists; empty before it has. */
  encodings: readonly number[] = [];
  readonly port: number;
  readonly #host: string;
  readonly #stop: () => Promise<void>;
  readonly #reader = new ByteReader();
  #send: (bytes: Uint8Array) => void = () => {};
  #handshake = HANDSHAKE;

  /** Serves a page, and a viewer over its WebSocket. */
  static async forBrowsers(page: ReadonlyMap<string, WebFile>, host = '127.0.0.1'): Promise<FilmServer> {
    const server = createHttpServer(({ url }, response) => {
      const file = page.get(new URL(url ?? '/', 'http://host').pathname);
      response.writeHead(file ? 200 : 404, { 'content-type': file?.type ?? 'text/plain' }).end(file?.body);
    });
    const sockets = new WebSocketServer({ server });
    const film = await FilmServer.#listening(server, host, async () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      server.closeAllConnections();
    });
    sockets.on('connection', socket => {
      socket.on('message', (data: Buffer) => film.#read(data));
      film.#welcome(bytes => socket.send(bytes));
    });
    return film;
  }

  /** Serves a VNC program. */
  static async forPrograms(): Promise<FilmServer> {
    let end = () => {};
    const server = createServer(socket => {
      end = () => socket.destroy();
      socket.on('error', () => {});
      socket.on('data', data => film.#read(data));
      film.#welcome(bytes => socket.write(bytes));
    });
    const film = await FilmServer.#listening(server, '127.0.0.1', async () => end());
    return film;
  }

  static async #listening(server: Server | HttpServer, host: string, end: () => Promise<void>): Promise<FilmServer> {
    server.listen(0, host);
    await once(server, 'listening');
    return new FilmServer(host, (server.address() as AddressInfo).port, async () => {
      await end();
      await new Promise(resolve => server.close(resolve));
    });
  }

  private constructor(host: string, port: number, stop: () => Promise<void>) {
    this.#host = host;
    this.port = port;
    this.#stop = stop;
  }

  get url(): string {
    return `http://${this.#host}:${this.port}/`;
  }

  say(bytes: readonly number[]): void {
    this.#send(Uint8Array.from(bytes));
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  #welcome(send: (bytes: Uint8Array) => void): void {
    this.#send = send;
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
