import { InflateFault } from '../../codecs/decode/inflate.js';
import { ByteReader } from '../../core/byte-reader.js';
import { asPeerglassError, PeerglassError } from '../../core/errors.js';
import type { Rectangle, Size } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import { ClassicFrameReader, largestBody, rawLength } from '../../protocols/classic/frames.js';
import { ENCODING } from '../../protocols/rfb/constants.js';
import { frameMessage, type TracedFrame } from '../inspect/classic-messages.js';
import { HEAD_BYTES } from '../inspect/message-log.js';
import type { CreateProtocolSession, ProtocolConnection } from './link.js';
import type { PictureRecorder } from './picture-recorder.js';
import { LARGEST_COMMON, pictureSizeOf } from './picture-size.js';
import type { ProtocolHost, ProtocolSession } from './protocol-session.js';
import { RgbPicture } from './rgb-picture.js';

/** Classic sharers send many times a second. After this much silence between two frames the sharer is gone. */
const SILENCE_MS = 60_000;
/** More than a single read from a socket. */
const CHUNK_ROOM = 1024 * 1024;

export const createClassicSession: CreateProtocolSession = (connection, host) => new ClassicSession(connection, host);

interface ArrivedFrame {
  /** Counts from 1. */
  readonly number: number;
  readonly headerBytes: number;
  readonly body: Uint8Array;
  readonly bytes: number;
  readonly receiveMs: number;
}

interface DecodedPicture {
  readonly framebuffer: Framebuffer;
  readonly rgb: RgbPicture;
}

/** Watches over the classic protocol: whole frames, one after the other, and nothing is sent back. */
class ClassicSession implements ProtocolSession {
  readonly wire = 'classic';
  /** At least ten frames a second, of a static screen too. */
  readonly owes = true;
  readonly #connection: ProtocolConnection;
  readonly #host: ProtocolHost;
  #picture: DecodedPicture | null = null;
  /** The last decoded body, in `#room`. */
  #lastBody = Buffer.alloc(0);
  #room = Buffer.alloc(0);
  #bytes = new ByteReader(largestBody({ width: LARGEST_COMMON / 3, height: 1 }) + CHUNK_ROOM);
  #frames: ClassicFrameReader;
  #frameBegan: number | null = null;
  #headerLength = 0;
  #received = 0;
  #heardAt = 0;
  #stopListening: () => void = () => {};
  #recorder: PictureRecorder | null = null;
  #over = false;

  constructor(connection: ProtocolConnection, host: ProtocolHost) {
    this.#connection = connection;
    this.#host = host;
    const size = host.options.classicSize;
    this.#frames = new ClassicFrameReader(this.#bytes, size ? largestBody(size) : this.#bytes.limit - CHUNK_ROOM);
    if (size) this.#takeSize(size);
  }

  start(): void {
    const { stream, early, trace } = this.#connection;
    trace.unread = () => (this.#frames.inBody ? null : this.#bytes.peekBytes(this.#bytes.available));
    stream.on('data', this.#onData);
    stream.on('end', this.#onEnd);
    stream.on('error', this.#onError);
    stream.on('close', this.#onEnd);
    this.#listen();
    this.#take(early);
    if (!this.#over) stream.resume();
  }

  probe(): boolean {
    return false;
  }

  setLevel(): boolean {
    return false;
  }

  setQuality(): boolean {
    return false;
  }

  setCursor(): boolean {
    return false;
  }

  record(recorder: PictureRecorder | null): void {
    this.#recorder = recorder;
  }

  renew(): void {}

  withPicture(use: (framebuffer: Framebuffer, pointer: null) => void): void {
    if (this.#picture) use(this.#picture.framebuffer, null);
  }

  close(): void {
    this.#over = true;
    this.#stopListening();
    const { stream } = this.#connection;
    stream.off('data', this.#onData);
    stream.off('end', this.#onEnd);
    stream.off('error', this.#onError);
    stream.off('close', this.#onEnd);
    stream.destroy();
    this.#picture?.rgb.free();
    this.#picture = null;
  }

  readonly #onData = (chunk: Uint8Array) => this.#take(chunk);

  readonly #onError = () => this.#onEnd();

  readonly #onEnd = () => {
    const inside = !this.#frames.betweenFrames;
    const where = inside ? ' in the middle of a frame' : '';
    const message = `${this.#connection.peer} closed the connection${where}.`;
    this.#end(new PeerglassError('E_PEER_CLOSED', message, 'The sharer stopped sharing, or the network failed.'));
  };

  #take(chunk: Uint8Array): void {
    this.#connection.trace.received(chunk);
    try {
      this.#heardAt = this.#host.clock.now();
      this.#frameBegan ??= this.#heardAt;
      this.#bytes.push(chunk);
      this.#showLatest();
    } catch (thrown) {
      this.#end(asPeerglassError(thrown));
    }
  }

  /** Of several complete frames only the last is shown: the sharer is faster than this machine. */
  #showLatest(): void {
    let latest: ArrivedFrame | null = null;
    let skipped = 0;
    while (!this.#over && !this.#isLast(latest)) {
      const message = this.#frames.next();
      if (!message) break;
      if (message.type === 'header') {
        this.#headerLength = message.headerLength;
        continue;
      }
      if (latest) {
        skipped++;
        this.#record(latest, null, null);
      }
      const now = this.#host.clock.now();
      const receiveMs = now - (this.#frameBegan ?? now);
      const headerBytes = this.#headerLength;
      const bytes = headerBytes + message.body.length;
      latest = { number: ++this.#received, headerBytes, body: message.body, bytes, receiveMs };
      this.#connection.trace.boundary();
      this.#frameBegan = this.#frames.betweenFrames ? null : now;
    }
    if (skipped > 0) this.#host.skipped(skipped);
    if (latest) this.#show(latest);
  }

  /** With a frame limit, the last frame must be the one on the screen. */
  #isLast(latest: ArrivedFrame | null): boolean {
    return latest !== null && this.#received === this.#host.options.frames;
  }

  #show(frame: ArrivedFrame): void {
    const { body, bytes, receiveMs } = frame;
    const begun = this.#host.clock.now();
    let dirty: Rectangle[];
    try {
      dirty = this.#decode(body);
    } catch (thrown) {
      if (thrown instanceof InflateFault) throw this.#explain(thrown);
      throw thrown;
    }
    const decodeMs = this.#host.clock.now() - begun;
    const { framebuffer } = this.#picture!;
    this.#record(frame, dirty.length > 0 ? 'changed' : 'repeated', decodeMs);
    for (const rectangle of dirty) this.#recorder?.painted({ ...rectangle, encoding: ENCODING.raw }, null);
    this.#recorder?.updated(framebuffer, null);
    this.#host.present({ dirty, frame: true, bytes, rawBytes: rawLength(framebuffer), receiveMs, decodeMs });
  }

  #record({ number, headerBytes, body, bytes }: ArrivedFrame, kind: TracedFrame['kind'], ms: number | null): void {
    this.#connection.trace.record(() => {
      const head = Buffer.alloc(headerBytes);
      head.writeUInt8(headerBytes - 1);
      head.writeUIntBE(body.length, 1, headerBytes - 1);
      return frameMessage({
        direction: 'received',
        number,
        headerBytes,
        bytes: Buffer.concat([head, body.subarray(0, HEAD_BYTES)]),
        length: bytes,
        rawBytes: this.#picture ? rawLength(this.#picture.framebuffer) : null,
        kind,
        ms: ms === null || kind === 'repeated' ? null : { name: 'Decoded in', value: ms },
      });
    });
  }

  #decode(body: Uint8Array): Rectangle[] {
    // A static screen repeats its frame byte for byte.
    if (this.#lastBody.equals(body)) return [];
    const dirty = this.#picture ? this.#decodeInto(this.#picture, body) : this.#decodeFirst(body);
    this.#keep(body);
    return dirty;
  }

  #decodeInto({ framebuffer, rgb }: DecodedPicture, body: Uint8Array): Rectangle[] {
    this.#host.inflater.inflateInto(body, rgb.bytes());
    return rgb.copyTo(framebuffer);
  }

  #decodeFirst(body: Uint8Array): Rectangle[] {
    const { inflater } = this.#host;
    const pixels = inflater.inflateWhole(body, LARGEST_COMMON);
    const size = pictureSizeOf(pixels.length);
    this.#frames.limit = largestBody(size);
    const { rgb, framebuffer } = this.#takeSize(size);
    rgb.bytes().set(pixels);
    return rgb.copyTo(framebuffer);
  }

  #keep(body: Uint8Array): void {
    if (this.#room.length < body.length) this.#room = Buffer.allocUnsafe(body.length * 2);
    this.#room.set(body);
    this.#lastBody = this.#room.subarray(0, body.length);
  }

  #takeSize(size: Size): DecodedPicture {
    const framebuffer = this.#host.resize(size);
    this.#picture = { framebuffer, rgb: new RgbPicture(this.#host.memory, size) };
    return this.#picture;
  }

  #explain(fault: InflateFault): PeerglassError {
    const { peer } = this.#connection;
    const size = this.#picture?.framebuffer;
    if (fault.kind === 'damaged' || fault.kind === 'truncated') {
      const message = `${peer} sent a frame that does not decompress: ${fault.message}.`;
      return new PeerglassError(
        'E_FRAME_DATA',
        message,
        'It was damaged in transit, or this is not a classic share. Check the port, then watch again.',
        { cause: fault },
      );
    }
    if (!size) {
      const message = `${peer} sent a frame larger than any screen: ${fault.message}.`;
      return new PeerglassError('E_FRAME_LENGTH', message, 'Give the picture size: --size WxH', {
        cause: fault,
      });
    }
    return new PeerglassError(
      'E_FRAME_LENGTH',
      `${peer} sent a frame that is not a ${size.width}x${size.height} picture: ${fault.message}.`,
      "Give the sharer's picture size with --size WxH, or leave --size out to have it detected.",
      { cause: fault },
    );
  }

  #listen(): void {
    this.#stopListening = this.#host.clock.after(SILENCE_MS / 3, () => {
      if (this.#host.clock.now() - this.#heardAt < SILENCE_MS) return this.#listen();
      const message = `No data from ${this.#connection.peer} for ${SILENCE_MS / 1000} s.`;
      this.#end(new PeerglassError('E_PEER_SILENT', message, 'Check the network between both machines.'));
    });
  }

  #end(error: PeerglassError): void {
    if (this.#over) return;
    this.close();
    this.#host.ended(error);
  }
}
