import type { PixelFormat } from '../../core/pixel-format.js';
import type { Rectangle } from '../../core/rectangle.js';
import { CLIENT_MESSAGE, FENCE } from './constants.js';
import { PIXEL_FORMAT_LENGTH, writePixelFormat } from './pixel-format.js';

/** Messages from the viewer to the server after the handshake (RFC 6143, 7.5, and rfbproto.rst), as bytes. */

export function setPixelFormat(format: PixelFormat): Uint8Array {
  const bytes = new Uint8Array(4 + PIXEL_FORMAT_LENGTH);
  bytes[0] = CLIENT_MESSAGE.setPixelFormat;
  bytes.set(writePixelFormat(format), 4);
  return bytes;
}

/** @param encodings in order of preference; pseudo-encodings may be anywhere */
export function setEncodings(encodings: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * encodings.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, CLIENT_MESSAGE.setEncodings);
  view.setUint16(2, encodings.length);
  encodings.forEach((encoding, index) => {
    view.setInt32(4 + 4 * index, encoding);
  });
  return bytes;
}

/** @param incremental false requests the pixels even if they have not changed */
export function updateRequest(incremental: boolean, area: Rectangle): Uint8Array {
  return withArea(CLIENT_MESSAGE.framebufferUpdateRequest, incremental, area);
}

export function enableContinuousUpdates(enable: boolean, area: Rectangle): Uint8Array {
  return withArea(CLIENT_MESSAGE.enableContinuousUpdates, enable, area);
}

/**
 * The flags that stay set in an answer because they are honoured. SyncNext is not: the next message would have to be
 * processed together with the answer, but a server may send it much later, and requests go out in between.
 */
const HONOURED_FENCE_FLAGS = FENCE.blockBefore | FENCE.blockAfter;
const ALIVE = Uint8Array.from('alive?', character => character.charCodeAt(0));

/** @param payload of the fence being answered */
export function fenceAnswer(flags: number, payload: Uint8Array): Uint8Array {
  return clientFence(flags & HONOURED_FENCE_FLAGS, payload);
}

/** A fence that only checks whether the server is alive. */
export function probeFence(): Uint8Array {
  return clientFence(FENCE.request | FENCE.blockBefore, ALIVE);
}

/** @param payload at most 64 bytes */
export function clientFence(flags: number, payload: Uint8Array): Uint8Array {
  if (payload.length > FENCE.maxPayload) throw new RangeError(`a fence of ${payload.length} bytes`);
  const bytes = new Uint8Array(9 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, CLIENT_MESSAGE.clientFence);
  view.setUint32(4, flags);
  view.setUint8(8, payload.length);
  bytes.set(payload, 9);
  return bytes;
}

function withArea(message: number, flag: boolean, { x, y, width, height }: Rectangle): Uint8Array {
  const bytes = new Uint8Array(10);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, message);
  view.setUint8(1, flag ? 1 : 0);
  view.setUint16(2, x);
  view.setUint16(4, y);
  view.setUint16(6, width);
  view.setUint16(8, height);
  return bytes;
}
