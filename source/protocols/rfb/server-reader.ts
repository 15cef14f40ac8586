import type { ByteReader } from '../../core/byte-reader.js';
import { PeerglassError } from '../../core/errors.js';
import type { Rectangle } from '../../core/rectangle.js';
import { CLIENT_MESSAGE, FENCE, QEMU_AUDIO_OPERATION, QEMU_CLIENT_MESSAGE, RFB_LIMITS } from './constants.js';
import type { ClientMessage, DesktopScreen } from './messages.js';
import { PIXEL_FORMAT_LENGTH, readPixelFormat } from './pixel-format.js';

/**
 * Reads the viewer's messages after the handshake, one at a time. Long parts (clipboard text, encodings beyond the
 * limit) are discarded as they arrive, so the viewer's numbers never decide how much memory is used.
 */
export class ServerReader {
  readonly #reader: ByteReader;
  /** The bytes of a message that remain to be discarded, and the message to report afterwards. */
  #dropping: { left: number; readonly message: ClientMessage } | null = null;
  /** A SetEncodings in progress. */
  #encodings: { left: number; readonly read: number[] } | null = null;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  /** Whether the reader is at a message boundary. */
  get between(): boolean {
    return this.#dropping === null && this.#encodings === null;
  }

  /**
   * The next message, or undefined until more bytes were pushed.
   * @throws PeerglassError E_RFB_PROTOCOL: hang up
   */
  next(): ClientMessage | undefined {
    for (;;) {
      if (this.#dropping) return this.#drop(this.#dropping);
      if (this.#encodings) return this.#readEncodings(this.#encodings);
      const message = this.#reader.attempt(() => this.#readMessage(this.#reader.u8()));
      if (message !== null) return message;
    }
  }

  /** Reads a whole message, or returns null for one that is read in parts. */
  #readMessage(type: number): ClientMessage | null {
    const reader = this.#reader;
    switch (type) {
      case CLIENT_MESSAGE.setPixelFormat:
        reader.skip(3);
        return { type: 'set-pixel-format', format: readPixelFormat(reader.bytes(PIXEL_FORMAT_LENGTH)) };
      case CLIENT_MESSAGE.setEncodings: {
        reader.skip(1);
        this.#encodings = { left: reader.u16(), read: [] };
        return null;
      }
      case CLIENT_MESSAGE.framebufferUpdateRequest:
        return { type: 'update-request', incremental: reader.u8() !== 0, area: this.#rectangle() };
      case CLIENT_MESSAGE.keyEvent: {
        const down = reader.u8() !== 0;
        reader.skip(2);
        return { type: 'key', down, keysym: reader.u32() };
      }
      case CLIENT_MESSAGE.pointerEvent:
        return { type: 'pointer', buttons: reader.u8(), x: reader.u16(), y: reader.u16() };
      case CLIENT_MESSAGE.clientCutText:
        return this.#readCutText();
      case CLIENT_MESSAGE.enableContinuousUpdates:
        return { type: 'continuous-updates', enable: reader.u8() !== 0, area: this.#rectangle() };
      case CLIENT_MESSAGE.clientFence:
        return this.#readFence();
      case CLIENT_MESSAGE.setDesktopSize:
        return this.#readDesktopSize();
      case CLIENT_MESSAGE.xvp:
        reader.skip(3);
        return { type: 'ignored', message: type };
      case CLIENT_MESSAGE.qemu:
        return this.#readQemu();
      default:
        throw new PeerglassError(
          'E_RFB_PROTOCOL',
          `The viewer sent a message of type ${type}, which the server did not offer.`,
        );
    }
  }

  #rectangle(): Rectangle {
    const reader = this.#reader;
    return { x: reader.u16(), y: reader.u16(), width: reader.u16(), height: reader.u16() };
  }

  /**
   * Cut text. A negative length marks an extended clipboard message (rfbproto.rst, Extended Clipboard Pseudo-Encoding).
   */
  #readCutText(): null {
    this.#reader.skip(3);
    const signed = this.#reader.s32();
    const length = Math.abs(signed);
    if (length > RFB_LIMITS.cutText || (signed < 0 && length < 4)) {
      throw new PeerglassError('E_RFB_PROTOCOL', `The viewer announced ${signed} bytes of clipboard.`);
    }
    this.#dropping = { left: length, message: { type: 'cut-text', extended: signed < 0, length } };
    return null;
  }

  #readFence(): ClientMessage {
    const reader = this.#reader;
    reader.skip(3);
    const flags = reader.u32();
    const length = reader.u8();
    if (length > FENCE.maxPayload) {
      throw new PeerglassError('E_RFB_PROTOCOL', `The viewer sent a fence of ${length} bytes.`);
    }
    return { type: 'fence', flags, payload: Uint8Array.from(reader.bytes(length)) };
  }

  #readDesktopSize(): ClientMessage {
    const reader = this.#reader;
    reader.skip(1);
    const size = { width: reader.u16(), height: reader.u16() };
    const count = reader.u8();
    reader.skip(1);
    const screens: DesktopScreen[] = [];
    for (let index = 0; index < count; index++) {
      const id = reader.u32();
      screens.push({ id, ...this.#rectangle(), flags: reader.u32() });
    }
    return { type: 'set-desktop-size', size, screens };
  }

  #readQemu(): ClientMessage {
    const reader = this.#reader;
    const submessage = reader.u8();
    if (submessage === QEMU_CLIENT_MESSAGE.extendedKeyEvent) {
      reader.skip(10);
    } else if (submessage === QEMU_CLIENT_MESSAGE.audio) {
      if (reader.u16() === QEMU_AUDIO_OPERATION.setFormat) reader.skip(6);
    } else {
      throw new PeerglassError(
        'E_RFB_PROTOCOL',
        `The viewer sent QEMU message ${submessage}, which the server did not offer.`,
      );
    }
    return { type: 'ignored', message: CLIENT_MESSAGE.qemu };
  }

  #readEncodings(pending: { left: number; readonly read: number[] }): ClientMessage | undefined {
    const reader = this.#reader;
    while (pending.left > 0) {
      if (reader.available < 4) return undefined;
      const encoding = reader.s32();
      if (pending.read.length < RFB_LIMITS.encodings) pending.read.push(encoding);
      pending.left -= 1;
    }
    this.#encodings = null;
    return { type: 'set-encodings', encodings: pending.read };
  }

  #drop(pending: { left: number; readonly message: ClientMessage }): ClientMessage | undefined {
    const now = Math.min(pending.left, this.#reader.available);
    this.#reader.skip(now);
    pending.left -= now;
    if (pending.left > 0) return undefined;
    this.#dropping = null;
    return pending.message;
  }
}
