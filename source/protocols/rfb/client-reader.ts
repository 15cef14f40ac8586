import type { ByteReader } from '../../core/byte-reader.js';
import { viewOf } from '../../core/bytes.js';
import { PeerglassError } from '../../core/errors.js';
import { FENCE, PSEUDO_ENCODING, QEMU_AUDIO, SERVER_MESSAGE, UNKNOWN_RECTANGLES } from './constants.js';
import type { RectangleHeader, ServerMessage } from './messages.js';

/** An event of the server's stream. */
export type ServerEvent =
  | ServerMessage
  /** The rectangle's bytes follow: read them, then call `rectangleDone`. */
  | { readonly type: 'rectangle'; readonly header: RectangleHeader }
  | { readonly type: 'update-end' };

type State = 'message' | 'rectangle' | 'rectangle-bytes' | 'cut-text';

const COLOUR_BYTES = 6;
/** After the type. */
const XVP_BYTES = 3;

/**
 * Reads the server's messages after the handshake (RFC 6143, 7.6, and rfbproto.rst): a parser with named states and no
 * socket. The caller reads the bytes of rectangles, because only it knows their encodings.
 */
export class ClientReader {
  #state: State = 'message';
  #rectanglesLeft = 0;
  #textLeft = 0;
  /** The message to report once its remaining bytes have been discarded. */
  #text: ServerMessage = { type: 'cut-text', extended: false, length: 0 };

  /** Whether the reader is at a message boundary. */
  get between(): boolean {
    return this.#state === 'message';
  }

  /**
   * Undefined: more bytes are needed.
   * @throws PeerglassError E_RFB_PROTOCOL
   */
  next(reader: ByteReader): ServerEvent | undefined {
    switch (this.#state) {
      case 'message':
        return reader.attempt(() => this.#message(reader)) ?? this.#afterText(reader);
      case 'rectangle':
        return this.#rectanglesLeft === 0 ? this.#updateEnd() : reader.attempt(() => this.#rectangle(reader));
      case 'rectangle-bytes':
        throw new Error('the bytes of a rectangle have not been read');
      case 'cut-text':
        return this.#cutText(reader);
    }
  }

  /** To be called when the rectangle's bytes have been read. */
  rectangleDone(): void {
    if (this.#state !== 'rectangle-bytes') throw new Error('no rectangle is being read');
    this.#state = 'rectangle';
    if (this.#rectanglesLeft !== Number.POSITIVE_INFINITY) this.#rectanglesLeft--;
  }

  #message(reader: ByteReader): ServerEvent | undefined {
    const type = reader.u8();
    switch (type) {
      case SERVER_MESSAGE.framebufferUpdate: {
        reader.skip(1);
        const rectangles = reader.u16();
        this.#rectanglesLeft = rectangles === UNKNOWN_RECTANGLES ? Number.POSITIVE_INFINITY : rectangles;
        this.#state = 'rectangle';
        return { type: 'update', rectangles };
      }
      case SERVER_MESSAGE.setColourMapEntries:
        return readColourMap(reader);
      case SERVER_MESSAGE.bell:
        return { type: 'bell' };
      case SERVER_MESSAGE.serverCutText:
        this.#beginText(reader);
        return undefined;
      case SERVER_MESSAGE.endOfContinuousUpdates:
        return { type: 'end-of-continuous-updates' };
      case SERVER_MESSAGE.serverFence:
        return readFence(reader);
      case SERVER_MESSAGE.xvp:
        reader.skip(XVP_BYTES);
        return { type: 'ignored', message: type };
      case SERVER_MESSAGE.qemu:
        this.#beginQemu(reader);
        return undefined;
      default:
        throw new PeerglassError('E_RFB_PROTOCOL', `The sharer sent a message of the unknown type ${type}.`);
    }
  }

  #rectangle(reader: ByteReader): ServerEvent {
    const header: RectangleHeader = {
      x: reader.u16(),
      y: reader.u16(),
      width: reader.u16(),
      height: reader.u16(),
      encoding: reader.s32(),
    };
    if (header.encoding === PSEUDO_ENCODING.lastRect) return this.#updateEnd();
    this.#state = 'rectangle-bytes';
    return { type: 'rectangle', header };
  }

  #updateEnd(): ServerEvent {
    this.#state = 'message';
    return { type: 'update-end' };
  }

  #beginText(reader: ByteReader): void {
    reader.skip(3);
    // A negative length marks the extended clipboard, whose text has that many bytes.
    const signed = reader.s32();
    const length = Math.abs(signed);
    this.#text = { type: 'cut-text', extended: signed < 0, length };
    this.#textLeft = length;
    this.#state = 'cut-text';
  }

  /** QEMU audio, which peerglass never requests. */
  #beginQemu(reader: ByteReader): void {
    const kind = reader.u8();
    if (kind !== QEMU_AUDIO.kind) {
      throw new PeerglassError('E_RFB_PROTOCOL', `The sharer sent a QEMU message of the unknown type ${kind}.`);
    }
    this.#textLeft = reader.u16() === QEMU_AUDIO.data ? reader.u32() : 0;
    this.#text = { type: 'ignored', message: SERVER_MESSAGE.qemu };
    this.#state = 'cut-text';
  }

  #afterText(reader: ByteReader): ServerEvent | undefined {
    return this.#state === 'cut-text' ? this.#cutText(reader) : undefined;
  }

  /** Discards the text as it arrives, so its length costs no memory. */
  #cutText(reader: ByteReader): ServerEvent | undefined {
    const there = Math.min(this.#textLeft, reader.available);
    reader.skip(there);
    this.#textLeft -= there;
    if (this.#textLeft > 0) return undefined;
    this.#state = 'message';
    return this.#text;
  }
}

function readColourMap(reader: ByteReader): ServerEvent {
  reader.skip(1);
  const first = reader.u16();
  const count = reader.u16();
  const view = viewOf(reader.bytes(count * COLOUR_BYTES));
  const colours = new Uint16Array(count * 3);
  for (let index = 0; index < colours.length; index++) colours[index] = view.getUint16(2 * index);
  return { type: 'colour-map', first, colours };
}

function readFence(reader: ByteReader): ServerEvent {
  reader.skip(3);
  const flags = reader.u32();
  const length = reader.u8();
  if (length > FENCE.maxPayload) {
    throw new PeerglassError('E_RFB_PROTOCOL', `The sharer sent a fence of ${length} bytes; the maximum is 64.`);
  }
  return { type: 'fence', flags, payload: Uint8Array.from(reader.bytes(length)) };
}

/** The number of bytes after the rectangle header, for pseudo-encodings that the viewer does not offer. */
const LENGTHS: ReadonlyMap<number, (header: RectangleHeader) => number> = new Map([
  ...[
    PSEUDO_ENCODING.qemuPointerMotionChange,
    PSEUDO_ENCODING.qemuExtendedKeyEvent,
    PSEUDO_ENCODING.qemuAudio,
    PSEUDO_ENCODING.gii,
    PSEUDO_ENCODING.xvp,
    PSEUDO_ENCODING.extendedMouseButtons,
    PSEUDO_ENCODING.keyboardLedState,
  ].map(encoding => [encoding, () => 0] as const),
  [PSEUDO_ENCODING.qemuLedState, () => 1],
  [PSEUDO_ENCODING.vmwareLedState, () => 4],
  // libvncserver's lists: as many bytes as the rectangle is wide.
  ...[PSEUDO_ENCODING.supportedMessages, PSEUDO_ENCODING.supportedEncodings, PSEUDO_ENCODING.serverIdentity].map(
    encoding => [encoding, ({ width }: RectangleHeader) => width] as const,
  ),
]);

/**
 * The number of bytes after the header of a rectangle that was not requested, if known: some servers send such
 * rectangles anyway, and their bytes are discarded. Null: unknown, so the end of the rectangle cannot be found.
 */
export function unrequestedLength(header: RectangleHeader): number | null {
  return LENGTHS.get(header.encoding)?.(header) ?? null;
}
