import { encodingOf } from '../../codecs/encodings/registry.js';
import { viewOf } from '../../core/bytes.js';
import type { Rectangle } from '../../core/rectangle.js';
import { FENCE, SERVER_MESSAGE } from '../../protocols/rfb/constants.js';
import { encodingName } from '../../protocols/rfb/encoding-names.js';
import type { ClientMessage, ServerMessage } from '../../protocols/rfb/messages.js';
import { isShareStatus } from '../../protocols/rfb/share-status.js';
import { HEAD_BYTES } from './message-log.js';
import type { MessageField, WireMessage } from './message-record.js';

type Direction = WireMessage['direction'];
type Said = Pick<WireMessage, 'name' | 'info' | 'fields'>;

/** A rectangle of an update, as sent. */
export interface SentRectangle extends Rectangle {
  readonly encoding: number;
  /** Its header included. */
  readonly bytes: number;
}

/** More rectangles than this are not listed one by one. */
const MAX_LISTED = 60;
/** Bytes of an uncompressed pixel; ratios compare with these. */
const RGB = 3;

/** A part of the handshake. @param name its name, if known */
export function handshakeMessage(direction: Direction, bytes: Uint8Array, name = handshakeName(bytes)): WireMessage {
  const text = name === 'ProtocolVersion' ? Buffer.from(bytes).toString('latin1').trim() : `${bytes.length} bytes`;
  return { direction, name, length: bytes.length, info: text, fields: [], bytes };
}

function handshakeName(bytes: Uint8Array): string {
  return bytes.length >= 4 && Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'RFB '
    ? 'ProtocolVersion'
    : 'Handshake';
}

export function clientMessage(direction: Direction, message: ClientMessage, bytes: Uint8Array, length: number) {
  return { direction, length, bytes, ...ofClient(message) };
}

/** A server's message other than an update. */
export function serverMessage(direction: Direction, message: ServerMessage, bytes: Uint8Array, length: number) {
  return { direction, length, bytes, ...ofServer(message) };
}

/** A server's message that was just written, identified by its bytes. */
export function writtenServerMessage(bytes: Uint8Array): WireMessage {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return { direction: 'sent', length: bytes.length, bytes, ...ofServer(readServerMessage(view)) };
}

/** A FramebufferUpdate. */
export function updateMessage(
  direction: Direction,
  rectangles: readonly SentRectangle[],
  bytes: Uint8Array,
  length: number,
): WireMessage {
  const pixels = rectangles.reduce((sum, { width, height, encoding }) => sum + (encoding >= 0 ? width * height : 0), 0);
  const count = `${rectangles.length} ${rectangles.length === 1 ? 'rectangle' : 'rectangles'}`;
  const ratio = pixels > 0 ? `, ${pixels} pixels, ratio ${((pixels * RGB) / length).toFixed(1)}` : '';
  const listed = rectangles.slice(0, MAX_LISTED).map(rectangleField);
  const rest = rectangles.length - listed.length;
  return {
    direction,
    name: 'FramebufferUpdate',
    length,
    info: `${count}${encodingMix(rectangles)}${ratio}`,
    fields: [
      ['Rectangles', String(rectangles.length)],
      ...listed,
      ...(rest > 0 ? ([['  …', `${rest} more`]] as const) : []),
    ],
    bytes,
  };
}

/**
 * An update that was just written.
 * @param pieces the header, then one piece a rectangle, starting with its header
 * @param length bytes of the update, including a final LastRect
 */
export function writtenUpdate(pieces: readonly Uint8Array[], length: number): WireMessage {
  const rectangles = pieces.slice(1).map(piece => {
    const view = viewOf(piece);
    return {
      x: view.getUint16(0),
      y: view.getUint16(2),
      width: view.getUint16(4),
      height: view.getUint16(6),
      encoding: view.getInt32(8),
      bytes: piece.length,
    };
  });
  const head = Buffer.concat(pieces.map(piece => piece.subarray(0, HEAD_BYTES)).slice(0, HEAD_BYTES));
  return updateMessage('sent', rectangles, head, length);
}

function rectangleField({ x, y, width, height, encoding, bytes }: SentRectangle): MessageField {
  return [`  ${nameOf(encoding)}`, `${width}x${height}+${x}+${y}, ${bytes} bytes`];
}

/** E.g. " (Tight 4, CopyRect)". */
function encodingMix(rectangles: readonly SentRectangle[]): string {
  const counts = new Map<string, number>();
  for (const { encoding } of rectangles) {
    const name = nameOf(encoding);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const mix = [...counts].map(([name, count]) => (count > 1 ? `${name} ${count}` : name)).join(', ');
  return mix === '' ? '' : ` (${mix})`;
}

function geometry({ x, y, width, height }: Rectangle): string {
  return `${width}x${height}+${x}+${y}`;
}

function fenceSaid(flags: number, payload: Uint8Array): Said {
  const names = Object.entries(FENCE).filter(
    ([name, bit]) => name !== 'request' && name !== 'maxPayload' && (flags & bit) !== 0,
  );
  const status = isShareStatus(flags, payload);
  const kind = (flags & FENCE.request) !== 0 ? 'request' : status ? 'share status' : 'answer';
  return {
    name: 'Fence',
    info: `${kind}, payload ${Buffer.from(payload).toString('hex') || 'empty'}`,
    fields: [
      ['Kind', kind],
      ['Flags', names.map(([name]) => name).join(', ') || 'none'],
      ['Payload', Buffer.from(payload).toString('hex')],
    ],
  };
}

function ofClient(message: ClientMessage): Said {
  switch (message.type) {
    case 'set-pixel-format': {
      const { format } = message;
      const info = `${format.bitsPerPixel} bits, depth ${format.depth}, ${format.trueColour ? 'true colour' : 'colour map'}`;
      const fields = Object.entries(format).map(([name, value]) => [name, String(value)] as const);
      return { name: 'SetPixelFormat', info, fields };
    }
    case 'set-encodings': {
      const names = message.encodings.map(nameOf);
      return {
        name: 'SetEncodings',
        info: `${names.length}: ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`,
        fields: names.map((name, index) => [name, String(message.encodings[index])] as const),
      };
    }
    case 'update-request':
      return {
        name: 'FramebufferUpdateRequest',
        info: `${message.incremental ? 'incremental' : 'full'} ${geometry(message.area)}`,
        fields: [
          ['Incremental', message.incremental ? 'yes' : 'no'],
          ['Area', geometry(message.area)],
        ],
      };
    case 'continuous-updates':
      return {
        name: 'EnableContinuousUpdates',
        info: `${message.enable ? 'on' : 'off'} ${geometry(message.area)}`,
        fields: [['Area', geometry(message.area)]],
      };
    case 'key':
      return { name: 'KeyEvent', info: 'ignored: viewers cannot control this screen', fields: [] };
    case 'pointer':
      return { name: 'PointerEvent', info: 'ignored: viewers cannot control this screen', fields: [] };
    case 'cut-text':
      return { name: 'ClientCutText', info: `${message.length} bytes, ignored`, fields: [] };
    case 'fence':
      return fenceSaid(message.flags, message.payload);
    case 'set-desktop-size':
      return {
        name: 'SetDesktopSize',
        info: `${message.size.width}x${message.size.height}`,
        fields: [['Screens', String(message.screens.length)]],
      };
    case 'ignored':
      return { name: `Message ${message.message}`, info: 'of an extension, ignored', fields: [] };
  }
}

function ofServer(message: ServerMessage): Said {
  switch (message.type) {
    case 'update':
      return { name: 'FramebufferUpdate', info: '', fields: [['Rectangles', String(message.rectangles)]] };
    case 'colour-map':
      return {
        name: 'SetColourMapEntries',
        info: `${message.colours.length / 3} colours from ${message.first}`,
        fields: [],
      };
    case 'bell':
      return { name: 'Bell', info: '', fields: [] };
    case 'cut-text':
      return { name: 'ServerCutText', info: `${message.length} bytes, ignored`, fields: [] };
    case 'ignored':
      return { name: `Message ${message.message}`, info: 'of an extension, ignored', fields: [] };
    case 'end-of-continuous-updates':
      return { name: 'EndOfContinuousUpdates', info: '', fields: [] };
    case 'fence':
      return fenceSaid(message.flags, message.payload);
  }
}

/** Of what peerglass itself writes. */
function readServerMessage(bytes: Buffer): ServerMessage {
  switch (bytes[0]) {
    case SERVER_MESSAGE.serverFence:
      return { type: 'fence', flags: bytes.readUInt32BE(4), payload: bytes.subarray(9) };
    case SERVER_MESSAGE.endOfContinuousUpdates:
      return { type: 'end-of-continuous-updates' };
    case SERVER_MESSAGE.setColourMapEntries:
      return { type: 'colour-map', first: bytes.readUInt16BE(2), colours: new Uint16Array((bytes.length - 6) / 2) };
    default:
      return { type: 'update', rectangles: bytes.readUInt16BE(2) };
  }
}

function nameOf(encoding: number): string {
  return encodingOf(encoding)?.label ?? encodingName(encoding);
}
