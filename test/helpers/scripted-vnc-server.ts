import type { Duplex } from 'node:stream';
import type { JpegDecoder } from '../../source/codecs/jpeg/jpeg-decoder.js';
import type { VideoDecoders } from '../../source/codecs/video/video-codec.js';
import { ByteReader } from '../../source/core/byte-reader.js';
import type { Size } from '../../source/core/rectangle.js';
import { BANNER_LENGTH, CLIENT_MESSAGE } from '../../source/protocols/rfb/constants.js';
import { ClientConnection } from '../../source/session/watch/rfb/client-connection.js';
import { SessionTrace } from '../../source/session/watch/session-trace.js';
import { anyJpegDecoder } from './any-jpeg.js';
import { idleTrace } from './idle-trace.js';
import { duplexPair, Gate } from './one-byte-duplex.js';
import type { WatchingHost } from './watching-host.js';

/** A viewer's messages, as far as tests need them. */
export type Said =
  | { readonly type: 'pixel-format'; readonly format: readonly number[] }
  | { readonly type: 'encodings'; readonly encodings: readonly number[] }
  | { readonly type: 'request'; readonly incremental: boolean; readonly area: readonly number[] }
  | { readonly type: 'continuous'; readonly enable: boolean; readonly area: readonly number[] }
  | { readonly type: 'fence'; readonly flags: number; readonly payload: readonly number[] };

/** The framebuffer's own pixel format, as bytes of the protocol. */
export const BGRX_BYTES: readonly number[] = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];

/** A server that sends exactly the bytes of a test, connected to the program's own client. */
export class ScriptedVncServer {
  readonly said: Said[] = [];
  readonly session: ClientConnection;
  /** While closed, the server reads nothing. */
  readonly gate = new Gate();
  /** Bytes that the viewer has not been able to send. */
  readonly unsent: () => number;
  /** Bytes that have arrived but that the viewer has not read. */
  readonly unread: () => number;
  readonly #stream: Duplex;
  readonly #reader = new ByteReader();
  #waiting: (() => void)[] = [];
  /** With version 3.3 and no security the viewer's handshake is its banner and one byte. */
  #handshake = BANNER_LENGTH + 1;

  /**
   * @param piece how many bytes arrive at a time
   * @param jpeg the viewer's JPEG decoder
   * @param video the viewer's H.264 decoders
   */
  constructor(
    host: WatchingHost,
    piece: number,
    jpeg: JpegDecoder | null = anyJpegDecoder(),
    video: VideoDecoders | null = null,
  ) {
    const [server, viewer] = duplexPair(piece, this.gate);
    this.unsent = () => viewer.writableLength;
    this.unread = () => viewer.readableLength;
    this.#stream = server;
    viewer.pause();
    this.session = new ClientConnection(
      {
        stream: viewer,
        early: new Uint8Array(0),
        peer: 'test:5900',
        resume: null,
        jpeg,
        video,
        createTrace: (bytes, between) => new SessionTrace(idleTrace(), bytes, between),
      },
      host,
      {},
    );
    this.session.start();
    server.on('data', (chunk: Buffer) => {
      this.#reader.push(chunk.subarray(Math.min(this.#handshake, chunk.length)));
      this.#handshake = Math.max(this.#handshake - chunk.length, 0);
      this.#read();
    });
  }

  say(...parts: readonly (readonly number[] | Uint8Array | number)[]): void {
    this.#stream.write(
      Buffer.concat(parts.map(part => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part)))),
    );
  }

  /** Lets the viewer in, without security. */
  welcome({ width, height }: Size, name = 'test', format: readonly number[] = BGRX_BYTES): void {
    this.say([...Buffer.from('RFB 003.003\n')], [0, 0, 0, 1]);
    this.#init({ width, height }, name, format);
  }

  /** The same, like Intel AMT, which announces version 4. */
  welcomeAsAmt(size: Size, format: readonly number[]): void {
    // After the banner the viewer replies with its choice of security type.
    this.#handshake += 1;
    this.say([...Buffer.from('RFB 004.000\n')], [1, 1], [0, 0, 0, 0]);
    this.#init(size, 'amt', format);
  }

  #init({ width, height }: Size, name: string, format: readonly number[]): void {
    this.say(u16(width), u16(height), format, [0, 0, 0, name.length], [...Buffer.from(name)]);
  }

  hangUp(): void {
    this.#stream.end();
  }

  /** Resolves when the viewer has sent `count` such messages. */
  async heard(type: Said['type'], count = 1): Promise<Said[]> {
    const found = () => this.said.filter(each => each.type === type);
    while (found().length < count) await new Promise<void>(resolve => this.#waiting.push(resolve));
    return found();
  }

  #read(): void {
    for (;;) {
      const said = this.#reader.attempt(() => this.#message());
      if (!said) break;
      this.said.push(said);
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #message(): Said {
    const reader = this.#reader;
    const type = reader.u8();
    const area = () => [reader.u16(), reader.u16(), reader.u16(), reader.u16()];
    switch (type) {
      case CLIENT_MESSAGE.setPixelFormat:
        reader.skip(3);
        return { type: 'pixel-format', format: [...reader.bytes(BGRX_BYTES.length)] };
      case CLIENT_MESSAGE.setEncodings: {
        reader.skip(1);
        return { type: 'encodings', encodings: Array.from({ length: reader.u16() }, () => reader.s32()) };
      }
      case CLIENT_MESSAGE.framebufferUpdateRequest:
        return { type: 'request', incremental: reader.u8() === 1, area: area() };
      case CLIENT_MESSAGE.enableContinuousUpdates:
        return { type: 'continuous', enable: reader.u8() === 1, area: area() };
      case CLIENT_MESSAGE.clientFence:
        reader.skip(3);
        return { type: 'fence', flags: reader.u32(), payload: [...reader.bytes(reader.u8())] };
      default:
        throw new Error(`the viewer sent message ${type}`);
    }
  }
}

export function u16(value: number): number[] {
  return [value >> 8, value & 0xff];
}

export function update(count: number, ...rectangles: readonly (readonly number[])[]): number[] {
  return [0, 0, ...u16(count), ...rectangles.flat()];
}

export function rectangle(
  x: number,
  y: number,
  width: number,
  height: number,
  encoding: number,
  ...data: readonly (readonly number[])[]
): number[] {
  const number = [encoding >>> 24, (encoding >> 16) & 0xff, (encoding >> 8) & 0xff, encoding & 0xff];
  return [...u16(x), ...u16(y), ...u16(width), ...u16(height), ...number, ...data.flat()];
}
