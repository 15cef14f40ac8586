import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { createWebSocketStream, WebSocket } from 'ws';
import { ByteReader } from '../../source/core/byte-reader.js';
import { BGRX, type PixelFormat } from '../../source/core/pixel-format.js';
import type { Rectangle, Size } from '../../source/core/rectangle.js';
import { utf8 } from '../../source/core/text.js';
import { readPixelFormat, writePixelFormat } from '../../source/protocols/rfb/pixel-format.js';
import { vncAuthResponse } from '../../source/protocols/rfb/security/vnc-auth.js';
import { ReferenceDecoder, ReferencePicture } from './reference-decoder.js';

export interface TestViewerOptions {
  readonly port: number;
  /** The loopback address that it connects from: each counts as another machine (127.0.0.1). */
  readonly from?: string;
  /** In order of preference, pseudo-encodings included. */
  readonly encodings?: readonly number[];
  readonly format?: PixelFormat;
  readonly version?: '3.3' | '3.7' | '3.8';
  readonly code?: string;
  /** Whether it requests the next update by itself. */
  readonly asks?: boolean;
  /** Whether it answers fences; if so, it also enables continuous updates where they are offered. */
  readonly fences?: boolean;
  /** Over a WebSocket, as a browser does. The headers that it sends besides; an Origin is one of them. */
  readonly web?: Readonly<Record<string, string>>;
  /** With TLS below the WebSocket, whosever certificate it is. */
  readonly https?: boolean;
  /** Bytes that it parses at a time; one is the hardest. */
  readonly piece?: number;
  /** Reads H.264 rectangles. */
  readonly video?: VideoReader;
}

export interface VideoReader {
  /** @param masks what it must not draw over */
  read(place: Rectangle, flags: number, data: Uint8Array, masks: readonly Rectangle[], picture: ReferencePicture): void;
}

export interface ToldCursor extends Size {
  readonly hotspotX: number;
  readonly hotspotY: number;
  readonly bytes: Buffer;
}

const PSEUDO = {
  desktopSize: -223,
  lastRect: -224,
  pointerPos: -225,
  cursor: -239,
  desktopName: -307,
  extendedDesktopSize: -308,
  cursorWithAlpha: -314,
  shareStatus: 0xd047_5354 | 0,
  videoMask: 0xd047_564d | 0,
} as const;
const H264 = 50;

/** A viewer for tests, on the reference decoder: strict, and it counts everything. */
export class RfbTestViewer {
  readonly socket: Socket;
  /** What rfb is spoken over. */
  readonly stream: Duplex;
  readonly reader = new ByteReader();
  name = '';
  picture = new ReferencePicture({ width: 0, height: 0 });
  /** Rectangles by kind. */
  readonly kinds: Record<string, number> = {};
  readonly rectangles: (Rectangle & { kind: string })[] = [];
  readonly pointers: { x: number; y: number }[] = [];
  readonly cursors: ToldCursor[] = [];
  readonly layouts: { x: number; y: number; width: number; height: number }[] = [];
  readonly names: string[] = [];
  /** The security types that the server has. */
  readonly offered: number[] = [];
  readonly fences: { flags: number; payload: Buffer }[] = [];
  colourMap: number[] = [];
  updates = 0;
  bytes = 0;
  endsOfContinuous = 0;
  /** Called with all bytes received and sent. */
  heard: (bytes: Buffer) => void = () => {};
  said: (bytes: Buffer) => void = () => {};
  error: Error | null = null;
  /** Called after each update. */
  updated: () => void = () => {};
  #masks: Rectangle[] = [];
  /** The server's reason for refusing it. */
  reason: string | null = null;
  readonly #options: TestViewerOptions;
  #decoder = new ReferenceDecoder(BGRX);
  #left = 0;
  #waiting: (() => void)[] = [];
  #nextFormat: PixelFormat | null = null;
  #continuous = false;
  #lastByteAt = performance.now();
  #state: 'handshake' | 'ready' = 'handshake';

  constructor(options: TestViewerOptions) {
    this.#options = options;
    this.socket = connect({ port: options.port, host: '127.0.0.1', localAddress: options.from ?? '127.0.0.1' });
    this.socket.setNoDelay(true);
    this.stream = options.web ? overWebSocket(this.socket, options) : this.socket;
    this.stream.on('data', chunk => this.heard(Buffer.from(chunk)));
    this.stream.on('error', () => {});
    this.stream.on('close', () => this.#wake());
  }

  /** Connects, does the handshake, sets its format and encodings and requests the whole picture. */
  static async open(options: TestViewerOptions): Promise<RfbTestViewer> {
    const viewer = new RfbTestViewer(options);
    await viewer.shakeHands();
    viewer.start();
    return viewer;
  }

  get asks(): boolean {
    return this.#options.asks !== false;
  }

  get closed(): boolean {
    return this.stream.destroyed;
  }

  async shakeHands(): Promise<void> {
    const { version = '3.8', code } = this.#options;
    await this.#read(12);
    this.#say(`RFB 003.00${version.at(-1)}\n`);
    let type = 0;
    if (version === '3.3') {
      type = (await this.#read(4)).readUInt32BE();
    } else {
      const count = (await this.#read(1))[0]!;
      const types = [...(await this.#read(count))];
      this.offered.push(...types);
      // The first that it speaks, as most viewers do.
      type = types.find(each => each === 1 || each === 2) ?? 0;
      if (type !== 0) this.#say(Buffer.of(type));
    }
    if (type === 0) throw await this.#turnedAway();
    if (type === 2) this.#say(vncAuthResponse(code ?? '', await this.#read(16)));
    if (type === 2 || version === '3.8') {
      if ((await this.#read(4)).readUInt32BE() !== 0) {
        if (version !== '3.8') throw new Error('refused');
        throw await this.#turnedAway();
      }
    }
    this.#say(Buffer.of(1));
    const init = await this.#read(24);
    this.picture = new ReferencePicture({ width: init.readUInt16BE(0), height: init.readUInt16BE(2) });
    this.#decoder = new ReferenceDecoder(readPixelFormat(init.subarray(4, 20)));
    this.name = (await this.#read(init.readUInt32BE(20))).toString();
  }

  start(): void {
    const { format, encodings = [0] } = this.#options;
    if (format) this.setFormat(format);
    this.setEncodings(encodings);
    this.request(false);
    this.#state = 'ready';
    this.stream.on('data', chunk => this.#take(chunk));
  }

  setFormat(format: PixelFormat): void {
    this.#say(Buffer.concat([Buffer.alloc(4), writePixelFormat(format)]));
    const shown = format.trueColour ? format : { ...format, ...MAPPED };
    this.#decoder = new ReferenceDecoder(shown, this.#decoder);
  }

  /** Changes the pixel format at any time: the answer to a fence marks where the new one begins. */
  async switchFormat(format: PixelFormat): Promise<void> {
    this.#nextFormat = format;
    this.fence(0x80000004, SWITCH);
    this.#say(Buffer.concat([Buffer.alloc(4), writePixelFormat(format)]));
    await this.until(() => this.#nextFormat === null);
  }

  setEncodings(encodings: readonly number[]): void {
    const message = Buffer.alloc(4 + encodings.length * 4);
    message.writeUInt8(2, 0);
    message.writeUInt16BE(encodings.length, 2);
    for (const [index, encoding] of encodings.entries()) message.writeInt32BE(encoding, 4 + index * 4);
    this.#say(message);
  }

  request(
    incremental: boolean,
    area: Rectangle = { x: 0, y: 0, width: this.picture.width, height: this.picture.height },
  ): void {
    this.#say(areaMessage(3, incremental, area));
  }

  continuous(
    enable: boolean,
    area: Rectangle = { x: 0, y: 0, width: this.picture.width, height: this.picture.height },
  ): void {
    this.#continuous = enable;
    this.#say(areaMessage(150, enable, area));
  }

  fence(flags: number, payload: Uint8Array): void {
    const message = Buffer.alloc(9 + payload.length);
    message.writeUInt8(248, 0);
    message.writeUInt32BE(flags, 4);
    message.writeUInt8(payload.length, 8);
    message.set(payload, 9);
    this.#say(message);
  }

  /** Resolves when the condition holds; it is checked after each message. */
  async until(condition: () => boolean): Promise<void> {
    for (;;) {
      if (this.error) throw this.error;
      if (condition()) return;
      if (this.closed) throw new Error('the connection was closed');
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
  }

  /** Resolves when nothing has come for that long. */
  async quiet(ms = 150): Promise<void> {
    const from = performance.now();
    for (;;) {
      const since = performance.now() - Math.max(this.#lastByteAt, from);
      if (since >= ms) break;
      await new Promise(resolve => setTimeout(resolve, ms - since + 1));
    }
    if (this.error) throw this.error;
  }

  async ended(): Promise<void> {
    if (!this.closed) await once(this.stream, 'close');
  }

  close(): void {
    this.stream.destroy();
    this.socket.destroy();
  }

  #say(bytes: Uint8Array | string): void {
    const said = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes);
    this.said(said);
    this.stream.write(said);
  }

  async #turnedAway(): Promise<Error> {
    const length = (await this.#read(4)).readUInt32BE();
    this.reason = (await this.#read(length)).toString();
    return new Error(this.reason);
  }

  async #read(length: number): Promise<Buffer> {
    while (this.reader.available < length) {
      if (this.closed) throw new Error('closed');
      const chunk = (await Promise.race([once(this.stream, 'data'), once(this.stream, 'close')])) as [unknown];
      if (Buffer.isBuffer(chunk[0])) this.reader.push(chunk[0]);
      else throw new Error('closed');
    }
    return Buffer.from(this.reader.bytes(length));
  }

  #take(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#lastByteAt = performance.now();
    const piece = this.#options.piece ?? chunk.length;
    try {
      for (let at = 0; at < chunk.length; at += piece) {
        this.reader.push(chunk.subarray(at, at + piece));
        while (this.#left > 0 ? this.#rectangle() : this.#message()) {}
      }
    } catch (error) {
      this.error = error as Error;
      this.socket.destroy();
    }
    this.#wake();
  }

  #message(): boolean {
    const done = this.reader.attempt(() => {
      const { reader } = this;
      const type = reader.u8();
      if (type === 0) {
        reader.skip(1);
        this.#left = reader.u16();
        if (this.#left === 0) throw new Error('an update without rectangles');
      } else if (type === 1) {
        reader.skip(3);
        const count = reader.u16();
        this.colourMap = Array.from({ length: count * 3 }, () => reader.u16());
      } else if (type === 150) {
        this.endsOfContinuous++;
        if (this.endsOfContinuous === 1 && this.#options.fences) this.continuous(true);
      } else if (type === 248) {
        reader.skip(3);
        const flags = reader.u32();
        const payload = Buffer.from(reader.bytes(reader.u8()));
        this.fences.push({ flags, payload });
        if (this.#nextFormat && payload.equals(SWITCH)) {
          this.#decoder = new ReferenceDecoder(this.#nextFormat, this.#decoder);
          this.#nextFormat = null;
        }
        if (flags >= 0x80000000 && this.#options.fences) this.fence(flags & 7, payload);
      } else {
        throw new Error(`message ${type}`);
      }
      return true;
    });
    return done === true;
  }

  #rectangle(): boolean {
    const done = this.reader.attempt(() => {
      const { reader } = this;
      const place = { x: reader.u16(), y: reader.u16(), width: reader.u16(), height: reader.u16() };
      const kind = this.#decode(reader.s32(), place);
      this.kinds[kind] = (this.kinds[kind] ?? 0) + 1;
      this.rectangles.push({ ...place, kind });
      return kind;
    });
    if (done === undefined) return false;
    this.#left = done === 'last' ? 0 : this.#left - 1;
    if (this.#left === 0) {
      this.updates++;
      this.#masks = [];
      this.updated();
      if (!this.#continuous && this.asks && this.#state === 'ready') this.request(true);
    }
    return true;
  }

  #decode(encoding: number, place: Rectangle): string {
    const { reader } = this;
    const { width, height } = place;
    switch (encoding) {
      case PSEUDO.lastRect:
        return 'last';
      case PSEUDO.desktopSize:
        this.#resize(place);
        return 'desktop-size';
      case PSEUDO.extendedDesktopSize: {
        const screens = reader.u8();
        reader.skip(3 + screens * 16);
        this.layouts.push(place);
        if (place.y === 0) this.#resize(place);
        return 'extended-desktop-size';
      }
      case PSEUDO.pointerPos:
        this.pointers.push({ x: place.x, y: place.y });
        return 'pointer';
      case PSEUDO.shareStatus:
        return 'only-refines';
      case PSEUDO.videoMask:
        this.#masks.push(place);
        return 'video-mask';
      case H264: {
        const length = reader.u32();
        const flags = reader.u32();
        const data = reader.bytes(length);
        this.#options.video?.read(place, flags, data, this.#masks, this.picture);
        return 'h264';
      }
      case PSEUDO.desktopName:
        this.names.push(utf8(reader.bytes(reader.u32())));
        return 'name';
      case PSEUDO.cursor:
      case PSEUDO.cursorWithAlpha: {
        if (encoding === PSEUDO.cursorWithAlpha && reader.s32() !== 0) throw new Error('the encoding of a cursor');
        const pixelBytes = this.#decoder.format.bitsPerPixel / 8;
        const length =
          encoding === PSEUDO.cursor ? width * height * pixelBytes + Math.ceil(width / 8) * height : width * height * 4;
        const bytes = Buffer.from(reader.bytes(length));
        this.cursors.push({ width, height, hotspotX: place.x, hotspotY: place.y, bytes });
        return 'cursor';
      }
      default:
        if (place.x + width > this.picture.width || place.y + height > this.picture.height) {
          throw new Error('a rectangle outside of the picture');
        }
        return this.#decoder.decode(reader, encoding, place, this.picture);
    }
  }

  #resize({ width, height }: Size): void {
    if (width === this.picture.width && height === this.picture.height) return;
    this.picture = new ReferencePicture({ width, height });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function overWebSocket(socket: Socket, { port, web = {}, https = false }: TestViewerOptions): Duplex {
  const carrier = () => (https ? connectTls({ socket, rejectUnauthorized: false }) : socket);
  const url = `${https ? 'wss' : 'ws'}://127.0.0.1:${port}/rfb`;
  const webSocket = new WebSocket(url, { createConnection: carrier, headers: web });
  return createWebSocketStream(webSocket);
}

const SWITCH = Buffer.from('switch');

/** The colour of a colour map's index: BGR233. */
const MAPPED = {
  ...{ trueColour: true, redMax: 7, greenMax: 7, blueMax: 3 },
  ...{ redShift: 0, greenShift: 3, blueShift: 6 },
} as const;

/** A message of a type, a flag and an area: FramebufferUpdateRequest, EnableContinuousUpdates. */
export function areaMessage(type: number, flag: boolean, { x, y, width, height }: Rectangle): Buffer {
  const message = Buffer.alloc(10);
  message.writeUInt8(type, 0);
  message.writeUInt8(flag ? 1 : 0, 1);
  for (const [index, value] of [x, y, width, height].entries()) message.writeUInt16BE(value, 2 + index * 2);
  return message;
}
