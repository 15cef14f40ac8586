import { MAX_BLOCK, REPORT_SERVER } from '../../../codecs/decode/rectangle-decoder.js';
import { READ_ENCODINGS } from '../../../codecs/encodings/registry.js';
import type { JpegDecoder } from '../../../codecs/jpeg/jpeg-decoder.js';
import type { VideoDecoders } from '../../../codecs/video/video-codec.js';
import { ByteReader } from '../../../core/byte-reader.js';
import { asPeerglassError, PeerglassError } from '../../../core/errors.js';
import { pictureEvent } from '../../../core/picture-events.js';
import { BGRX, type PixelFormat } from '../../../core/pixel-format.js';
import type { Rectangle, Size } from '../../../core/rectangle.js';
import type { ByteStream } from '../../../core/transport.js';
import type { Framebuffer } from '../../../pixels/framebuffer.js';
import { ClientHandshake, type HandshakeStep } from '../../../protocols/rfb/client-handshake.js';
import { ClientReader, type ServerEvent } from '../../../protocols/rfb/client-reader.js';
import * as write from '../../../protocols/rfb/client-writer.js';
import { FENCE } from '../../../protocols/rfb/constants.js';
import type { RectangleHeader } from '../../../protocols/rfb/messages.js';
import type { CPacePlatform } from '../../../protocols/rfb/security/cpace-platform.js';
import type { RsaAesPlatform } from '../../../protocols/rfb/security/rsa-aes-platform.js';
import type { ClientSecurityType, TlsLayers } from '../../../protocols/rfb/security/security-type.js';
import { CodeUnproven, type KnownPeer, StrongerElsewhere, type Trust } from '../../../protocols/rfb/security/trust.js';
import { UPDATE_HEADER_LENGTH } from '../../../protocols/rfb/server-writer.js';
import type { Quality } from '../../share-options.js';
import type { PictureRecorder, RecordedPointer } from '../picture-recorder.js';
import type { ProtocolSession } from '../protocol-session.js';
import { BUFFER_LIMITS, TIME_SLICES, TIMEOUTS } from './bounds.js';
import { encodingList, preferencesFor } from './encoding-list.js';
import { LinkSpeed } from './link-speed.js';
import { ReplyQueue } from './reply-queue.js';
import type { CreateRfbTrace, RfbHost, RfbTrace } from './rfb-host.js';
import { RfbPicture } from './rfb-picture.js';
import { ShareStatusReceiver } from './share-status-receiver.js';
import { type Stall, StallWatchdog } from './stall-watchdog.js';
import { VideoRecovery } from './video-recovery.js';

/** For tests and benchmarks. By default everything is offered, and pixels come in the framebuffer's format. */
export interface RfbOptions {
  /** The pixel encodings to offer, best first. */
  readonly encodings?: readonly number[];
  readonly format?: PixelFormat;
  /** Further security types to offer. */
  readonly security?: readonly ClientSecurityType[];
}

/** The longest block that is awaited as a whole, and what may arrive behind it. */
const MAX_UNREAD = MAX_BLOCK + 2 * BUFFER_LIMITS.unread;
/** An update that is not a frame by itself. */
const NO_FRAME = { frame: false, bytes: 0, rawBytes: 0, receiveMs: 0, decodeMs: 0 } as const;

/** A connection whose first bytes have been read, with what the session needs from this machine. */
export interface ClientConnectionParts {
  /** Paused, without other listeners. */
  readonly stream: ByteStream;
  /** The first bytes of the stream, read to tell the protocols apart. */
  readonly early: Uint8Array;
  /** The peer's name for messages, e.g. "192.168.1.82:5900". */
  readonly peer: string;
  /** The resume key from an earlier connection; null: none. */
  readonly resume: Uint8Array | null;
  /** Null: JPEG is not offered. */
  readonly jpeg: JpegDecoder | null;
  /** Of this connection, which closes them; null or left out: H.264 is not offered. */
  readonly video?: VideoDecoders | null;
  readonly createTrace: CreateRfbTrace;
  /** Where it is missing nothing is encrypted, unless `RfbOptions.security` does. */
  readonly protection?: Protection;
}

/** How a connection may be protected, and what is believed of the peer. */
export interface Protection {
  /** Null: TLS is not spoken; the same for the others. */
  readonly tls: TlsLayers | null;
  readonly rsaAes: RsaAesPlatform | null;
  readonly cpace: CPacePlatform | null;
  /** What the viewer's person is called, for the sharer; left out: they do not say. */
  readonly name?: string;
  readonly trust: Trust;
  /** For servers that ask for a name beside the password; null: none is known. */
  readonly user: string | null;
  /** Security types to leave out: they came to less than others of this peer's. */
  readonly without: readonly number[];
  /** Leaves a security type out from now on. */
  leaveOut(type: number): void;
  /** The peer has let this viewer in, over a connection protected in that way. */
  letIn(peer: KnownPeer): void;
}

/** The client side of an rfb connection. */
export class ClientConnection implements ProtocolSession {
  readonly wire = 'rfb';
  readonly owes = false;
  readonly #connection: ClientConnectionParts;
  readonly #host: RfbHost;
  readonly #options: RfbOptions;
  readonly #jpeg: JpegDecoder | null;
  readonly #bytes = new ByteReader(MAX_UNREAD);
  readonly #handshake: ClientHandshake;
  readonly #messages = new ClientReader();
  readonly #speed = new LinkSpeed();
  readonly #shareStatus: ShareStatusReceiver;
  readonly #trace: RfbTrace;
  #picture: RfbPicture | null = null;
  #recorder: PictureRecorder | null = null;
  /** The rectangle whose bytes are coming in. */
  #rectangle: RectangleHeader | null = null;
  #quality: Quality;
  #level: number | null;
  #cursorShown = true;
  #fences = false;
  #continuous: 'unknown' | 'off' | 'on' = 'unknown';
  /** Whether the viewer looks at the picture. */
  #wanted = true;
  #updating = false;
  #updateBegan = 0;
  #chunkAt = 0;
  #arrived = 0;
  #updateStart = 0;
  /** Updates begun since the connection began. */
  #updates = 0;
  /** When the current update was last shown, in part or whole. */
  #shownAt = 0;
  readonly #replies: ReplyQueue;
  readonly #video: VideoRecovery | null;
  /** The next request must be non-incremental. */
  #needsFullUpdate = false;
  readonly #watchdog: StallWatchdog;
  #busy = false;
  #decodesSoon = false;
  #paused = false;
  /** Whether there was an update, so that there is a picture. */
  #shown = false;
  #peerGone: PeerglassError | null = null;
  #over = false;
  #cancelSilence: () => void = () => {};
  /** Ends the wait for what a new stream must prove. */
  #stopWaiting: () => void = () => {};

  constructor(connection: ClientConnectionParts, host: RfbHost, options: RfbOptions) {
    this.#connection = connection;
    this.#host = host;
    this.#options = options;
    this.#jpeg = connection.jpeg;
    this.#quality = host.options.quality;
    this.#level = host.options.level;
    this.#trace = connection.createTrace(this.#bytes, () => this.#messages.between);
    this.#replies = new ReplyQueue(connection.stream);
    this.#watchdog = new StallWatchdog({
      clock: host.clock,
      waitsFor: () => this.#waitsFor(),
      bytes: stall => (stall === 'sends' ? this.#arrived : this.#replies.taken),
      missed: () => host.missed,
      notice: (tone, text) => host.notice(tone, text),
      ended: error => this.#fail(error),
    });
    this.#shareStatus = new ShareStatusReceiver(host);
    this.#video = this.#videoOf(connection.video ?? null);
    const { resume, protection } = connection;
    const { security: types } = options;
    this.#handshake = new ClientHandshake({ ...protection, code: host.options.code, shared: true, resume, types });
  }

  start(): void {
    const { stream, early, peer } = this.#connection;
    stream.on('data', chunk => this.#received(chunk));
    stream.on('end', () => this.#peerLeft(this.#closedError()));
    stream.on('error', (error: Error) =>
      this.#peerLeft(new PeerglassError('E_PEER_CLOSED', `The connection to ${peer} broke: ${error.message}.`)),
    );
    stream.on('close', () => this.#peerLeft(this.#closedError()));
    this.#watchdog.start();
    this.#watchSilence();
    if (early.length > 0) this.#received(early);
    if (!this.#over) stream.resume();
  }

  setLevel(level: number | null): boolean {
    this.#level = level;
    this.#sendEncodings();
    return true;
  }

  setQuality(quality: Quality): boolean {
    this.#quality = quality;
    this.#sendEncodings();
    return true;
  }

  setCursor(shown: boolean): boolean {
    this.#cursorShown = shown;
    const picture = this.#picture;
    // After the end the framebuffer may be another connection's, or freed.
    if (!picture || this.#over) return true;
    picture.pointer.show(shown);
    if (this.#updating || !picture.pointer.changed) return true;
    picture.pointer.restore(picture.framebuffer);
    const dirty = picture.pointer.draw(picture.framebuffer);
    if (dirty.length > 0) this.#host.present({ dirty, ...NO_FRAME });
    return true;
  }

  record(recorder: PictureRecorder | null): void {
    this.#recorder = recorder;
    if (this.#picture) this.#picture.recorder = recorder;
    this.withPicture((framebuffer, pointer) => recorder?.updated(framebuffer, pointer));
  }

  withPicture(use: (framebuffer: Framebuffer, pointer: RecordedPointer | null) => void): void {
    const picture = this.#picture;
    if (!picture || this.#updating || this.#over || !this.#shown) return;
    picture.pointer.restore(picture.framebuffer);
    use(picture.framebuffer, picture.pointer.placed);
    picture.pointer.draw(picture.framebuffer);
  }

  renew(film: Rectangle): void {
    this.#send(write.updateRequest(false, film));
  }

  /** Whether updates are wanted. While they are not, the server sends none, and this viewer costs nothing. */
  setWanted(wanted: boolean): void {
    if (this.#wanted === wanted) return;
    this.#wanted = wanted;
    if (!this.#picture) return;
    const { bounds } = this.#picture;
    if (wanted) {
      this.#continueUpdates(bounds);
      this.#request(true);
    } else if (this.#continuous === 'on') this.#send(write.enableContinuousUpdates(false, bounds));
  }

  probe(): boolean {
    if (!this.#picture || this.#over) return false;
    // Servers need not answer a request, but TCP acknowledges its bytes. One more changes nothing.
    if (this.#fences) this.#send(write.probeFence());
    else this.#request(true);
    return this.#fences;
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelSilence();
    this.#watchdog.stop();
    this.#shareStatus.close();
    this.#replies.end();
    this.#connection.stream.destroy();
    this.#picture?.free();
    this.#video?.close();
    this.#connection.video?.close();
  }

  #received(chunk: Uint8Array): void {
    if (this.#over) return;
    this.#chunkAt = this.#host.clock.now();
    this.#trace.received(chunk);
    this.#bytes.push(chunk);
    this.#arrived += chunk.length;
    if (!this.#busy) void this.#pump();
    else if (this.#bytes.available > BUFFER_LIMITS.unread) this.#pause();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#connection.stream.pause();
  }

  /** Handles everything received. Runs once at a time: bytes that arrive meanwhile are handled by the same call. */
  async #pump(): Promise<void> {
    this.#busy = true;
    try {
      let sliceBegan = this.#host.clock.now();
      while (!this.#over) {
        const step = this.#step();
        // No await between finding too few bytes and leaving the loop: bytes that arrived meanwhile would be missed.
        if (step === false) break;
        if (step !== true) await step;
        if (this.#replies.full) {
          this.#pause();
          await this.#replies.whenDrained();
        }
        if (this.#host.clock.now() - sliceBegan < TIME_SLICES.turnMs) continue;
        await new Promise<void>(resolve => this.#host.clock.soon(resolve));
        sliceBegan = this.#host.clock.now();
      }
    } catch (thrown) {
      if (thrown instanceof StrongerElsewhere) this.#connection.protection?.leaveOut(thrown.number);
      this.#fail(withReportRemedy(asPeerglassError(thrown)));
    }
    this.#busy = false;
    if (this.#picture?.isPending && !this.#over) this.#decodeSoon(this.#picture);
    if (this.#peerGone) this.#fail(this.#peerGone);
    if (this.#paused && !this.#over) {
      this.#paused = false;
      this.#connection.stream.resume();
    }
  }

  /** Once the socket has been read: rectangles that have arrived together are decoded together. */
  #decodeSoon(picture: RfbPicture): void {
    if (this.#decodesSoon) return;
    this.#decodesSoon = true;
    this.#host.clock.soon(() => {
      this.#decodesSoon = false;
      if (!this.#over) picture.decodePending();
    });
  }

  /** Does or begins one thing. False: nothing more can be done with the bytes so far. */
  #step(): boolean | Promise<void> {
    const picture = this.#picture;
    if (!picture) return this.#shakeHands();
    if (this.#rectangle) {
      if (picture.mustWait(this.#rectangle)) return picture.settle();
      const taken = picture.rectangle(this.#rectangle, this.#bytes);
      if (taken !== 'done') return taken === 'yield';
      this.#rectangle = null;
      this.#trace.rectangleDone();
      this.#messages.rectangleDone();
      if (picture.indivisible || this.#host.clock.now() - this.#shownAt < TIME_SLICES.interimMs) return true;
      return picture.settle().then(() => this.#showPartial(picture));
    }
    this.#trace.reading(this.#messages.between);
    const event = this.#messages.next(this.#bytes);
    if (!event) return false;
    this.#trace.read(event);
    if (event.type === 'update-end') {
      pictureEvent('complete', this.#updates);
      return picture.settle().then(() => this.#updateEnd(picture));
    }
    this.#handle(event, picture);
    return true;
  }

  #shakeHands(): boolean | Promise<void> {
    const step = this.#handshake.advance(this.#bytes);
    if (!step) return false;
    this.#watchSilence();
    switch (step.type) {
      case 'send':
        this.#send(step.bytes);
        return true;
      case 'replace':
        if (!this.#connection.stream.replace) throw cannotReplace();
        this.#connection.stream.replace(step.upgrade, this.#bytes.rest());
        return step.proven === undefined || this.#untilProven(step.proven);
      case 'wait':
        return this.#untilProven(step.until);
      case 'code-required':
        throw secretRequired(step.secret);
      case 'done':
        this.#begin(step);
        return true;
    }
  }

  /** @throws what the stream could not prove; returns when the peer has gone, too */
  #untilProven(proven: Promise<void>): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#stopWaiting = resolve;
      proven.then(resolve, reject);
    });
  }

  #begin({ server, encryption, known, major }: HandshakeStep & { type: 'done' }): void {
    this.#cancelSilence();
    const { memory, inflater, clock } = this.#host;
    const { video: decoders } = this.#connection;
    const video = decoders && this.#video ? { decoders, clock, events: this.#video } : null;
    const format = this.#options.format ?? formatToSet(server.format, major);
    const picture = new RfbPicture(
      {
        memory,
        inflater,
        clock,
        resize: size => this.#host.resize(size),
        resized: size => this.#resized(size),
        renamed: name => this.#host.describe({ name }),
      },
      server,
      format,
      this.#jpeg,
      video,
    );
    picture.pointer.show(this.#cursorShown);
    picture.recorder = this.#recorder;
    this.#picture = picture;
    this.#trace.handshakeOver();
    this.#host.describe({ name: server.name, encryption });
    if (known) this.#connection.protection?.letIn(known);
    this.#send(write.setPixelFormat(format), 'SetPixelFormat');
    this.#sendEncodings();
    this.#request(false);
  }

  #handle(event: ServerEvent, picture: RfbPicture): void {
    switch (event.type) {
      case 'update':
        this.#updating = true;
        this.#updateBegan = this.#chunkAt;
        pictureEvent('received', ++this.#updates);
        this.#shownAt = this.#chunkAt;
        this.#updateStart = this.#bytes.consumed - UPDATE_HEADER_LENGTH;
        picture.begin();
        // Requested before decoding, so that the server encodes meanwhile.
        if (this.#continuous !== 'on' && this.#wanted) this.#request(true);
        break;
      case 'rectangle':
        this.#rectangle = event.header;
        break;
      case 'fence':
        this.#fence(event.flags, event.payload);
        break;
      case 'end-of-continuous-updates':
        // The first one says that the server supports them, a later one that it stopped.
        this.#continuous = 'off';
        this.#continueUpdates(picture.bounds);
        break;
      default: // Bells, clipboards and colour maps (the pixel format has none) are irrelevant to a mirror.
        break;
    }
  }

  /** Shows as much of a long or endless update as has arrived. */
  #showPartial(picture: RfbPicture): void {
    if (this.#over) return;
    this.#shownAt = this.#host.clock.now();
    const dirty = picture.partialResult();
    if (dirty.length > 0) this.#host.present({ dirty, ...NO_FRAME });
    picture.resume();
  }

  #updateEnd(picture: RfbPicture): void | Promise<void> {
    // Closed while another thread was decoding: the framebuffer is another connection's now, or freed.
    if (this.#over) return;
    this.#updating = false;
    this.#shown = true;
    this.#recorder?.updated(picture.framebuffer, picture.pointer.placed);
    const { dirty, frame, rawBytes, decodeMs, encodings } = picture.finish();
    pictureEvent('decoded', this.#updates);
    if (dirty.length === 0 && rawBytes === 0) return;
    const bytes = this.#bytes.consumed - this.#updateStart;
    const receiveMs = Math.max(this.#chunkAt - this.#updateBegan, 0);
    if (this.#speed.measured(bytes, receiveMs)) this.#sendEncodings();
    const presented = this.#host.present({ dirty, frame, bytes, rawBytes, receiveMs, decodeMs, encodings });
    pictureEvent('drawn', this.#updates);
    return presented;
  }

  #fence(flags: number, payload: Uint8Array): void {
    if ((flags & FENCE.request) !== 0) {
      // BlockBefore and BlockAfter hold: messages are processed one by one, each to its end.
      this.#send(write.fenceAnswer(flags, payload));
    }
    this.#shareStatus.take(flags, payload);
    if (this.#fences) return;
    this.#fences = true;
    if (this.#picture) this.#continueUpdates(this.#picture.bounds);
  }

  /** Continuous updates need fences: they tell the server how far the viewer is. */
  #continueUpdates(area: Size): void {
    if (!this.#fences || this.#continuous !== 'off' || !this.#wanted) return;
    this.#continuous = 'on';
    this.#send(write.enableContinuousUpdates(true, { x: 0, y: 0, ...area }));
  }

  #resized({ width, height }: Size): void {
    const area = { x: 0, y: 0, width, height };
    this.#video?.resized();
    if (this.#continuous === 'on' && this.#wanted) this.#send(write.enableContinuousUpdates(true, area));
    this.#request(false);
  }

  #sendEncodings(): void {
    this.#replies.merge('encodings', () => {
      if (!this.#picture) return;
      const quality = this.#jpeg ? this.#quality : 'lossless';
      const preferences = preferencesFor(quality, this.#level, this.#speed.fast, this.#shareStatus.known);
      const encodings = encodingList({
        encodings: this.#options.encodings ?? READ_ENCODINGS,
        video: this.#video?.wanted ?? false,
        maxRate: this.#host.options.maxRate,
        ...preferences,
      });
      this.#send(write.setEncodings(encodings), 'SetEncodings');
      this.#host.describe({ level: preferences.compression, quality: this.#quality });
    });
  }

  #videoOf(decoders: VideoDecoders | null): VideoRecovery | null {
    const { clock } = this.#host;
    return (
      decoders &&
      new VideoRecovery(decoders, {
        clock,
        ask: rectangle => this.renew(rectangle),
        unwanted: () => this.#sendEncodings(),
        describe: facts => this.#host.describe(facts),
        notice: (tone, text, code) => this.#host.notice(tone, text, code),
      })
    );
  }

  /** @param incremental false: all pixels, changed or not */
  #request(incremental: boolean): void {
    this.#needsFullUpdate ||= !incremental;
    this.#replies.merge('request', () => {
      if (!this.#picture) return;
      this.#send(write.updateRequest(!this.#needsFullUpdate, this.#picture.bounds));
      this.#needsFullUpdate = false;
    });
  }

  #waitsFor(): Stall | null {
    if (this.#replies.hasWaiter) return 'reads';
    if (!this.#picture || this.#busy) return null;
    return this.#messages.between && this.#bytes.available === 0 ? null : 'sends';
  }

  /** @param lasting the name of a message that sets state for later ones */
  #send(bytes: Uint8Array, lasting?: string): void {
    if (this.#over) return;
    if (lasting) this.#trace.sentSetting(lasting, bytes);
    else this.#trace.sent(bytes);
    this.#replies.write(bytes);
  }

  /** Says after a while what is being waited for, and gives up in the end. */
  #watchSilence(): void {
    this.#cancelSilence();
    const { quietMs, handshakeMs } = TIMEOUTS;
    const { clock } = this.#host;
    const seconds = handshakeMs / 1000;
    this.#cancelSilence = clock.after(quietMs, () => {
      this.#host.notice('warning', `Waiting for ${this.#handshake.awaited}, ${seconds} s at most.`);
      this.#cancelSilence = clock.after(handshakeMs - quietMs, () =>
        this.#fail(this.#handshake.silent(this.#connection.peer, seconds)),
      );
    });
  }

  #closedError(): PeerglassError {
    if (!this.#picture) return this.#handshake.closed();
    return new PeerglassError(
      'E_PEER_CLOSED',
      'The sharer closed the connection.',
      'The sharer stopped sharing, or the network failed.',
    );
  }

  /** The peer is gone; its last bytes are still handled. */
  #peerLeft(error: PeerglassError): void {
    if (this.#over) return;
    this.#peerGone ??= error;
    this.#replies.end();
    if (!this.#busy) this.#fail(this.#peerGone);
    // After what the new stream itself says of its end.
    else this.#host.clock.soon(() => this.#stopWaiting());
  }

  #fail(error: PeerglassError): void {
    if (this.#over) return;
    this.close();
    this.#host.ended(this.#handshake.unproven ? new CodeUnproven(error) : error);
  }
}

/** Protocol errors are the fault of the other program or of ours; only their makers can fix them. */
function withReportRemedy(error: PeerglassError): PeerglassError {
  if (error.code !== 'E_RFB_PROTOCOL' || error.remedy !== '') return error;
  return new PeerglassError(error.code, error.message, REPORT_SERVER, { cause: error });
}

/**
 * The pixel format to set: the framebuffer's, whatever the server announces, since every server can translate. The
 * exception is Intel AMT (banner 4.0): it has 8 or 16 bits only and disconnects when asked for more. If a server with
 * that banner announces fewer than 32 bits, its format is kept; more bits would hold no more colours.
 * @param announced null where it made no sense
 * @param major the first number of the server's banner
 */
function formatToSet(announced: PixelFormat | null, major: number): PixelFormat {
  return major >= 4 && announced?.trueColour && announced.bitsPerPixel < 32 ? announced : BGRX;
}

function secretRequired(secret: 'code' | 'password'): PeerglassError {
  if (secret === 'password') {
    const remedy = 'Give it with --password-file FILE. A peerglass sharer shows it as the one for other VNC viewers.';
    return new PeerglassError('E_PASSWORD_REQUIRED', 'The server asks for its VNC password.', remedy);
  }
  return new PeerglassError(
    'E_CODE_REQUIRED',
    'The sharer asks for a code.',
    'Ask the sharer for the code on their dashboard, then add --code CODE.',
  );
}

/** The agreed security type replaces the stream, which this connection cannot do. */
function cannotReplace(): PeerglassError {
  return new PeerglassError('E_RFB_SECURITY', 'This connection cannot switch to encryption.');
}
