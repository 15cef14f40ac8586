/**
 * Messages of the Wayland protocol. A message is a 32-bit object id, 32 bits with the size (upper half, in bytes, this
 * header included) and the opcode (lower half), and the arguments, each a multiple of 4 bytes, in the byte order of the
 * machine. Descriptors take no bytes: the socket carries them separately. This file knows neither sockets nor objects.
 */

/** The length of a message's header. */
const HEADER = 8;
const WORD = 4;
/** Sizes have 16 bits. */
const MAX_MESSAGE = 0xffff;
/** Fixed-point numbers have 8 bits after the point. */
const FIXED_ONE = 256;

/**
 * The arguments of a request or an event, a letter each: i and u are integers, f is a fixed-point number, s text, a
 * bytes, o an object's id (0: none), n the id of a new object, h a descriptor.
 */
export type Signature = string;

export type Argument = number | string | Buffer;

/** Bytes that the Wayland protocol does not allow. */
export class WaylandWireError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WaylandWireError';
  }
}

export interface WireMessage {
  readonly object: number;
  readonly opcode: number;
  readonly payload: Buffer;
}

export interface EncodedMessage {
  readonly bytes: Buffer;
  /** The values of the h arguments, to be sent with the bytes. */
  readonly descriptors: readonly number[];
}

/** @throws RangeError for arguments too long for one message */
export function encodeMessage(
  object: number,
  opcode: number,
  signature: Signature,
  args: readonly Argument[],
): EncodedMessage {
  const size = [...signature].reduce((sum, letter, index) => sum + encodedLength(letter, args[index]!), HEADER);
  if (size > MAX_MESSAGE) throw new RangeError('too long for a Wayland message');
  const bytes = Buffer.alloc(size);
  const descriptors: number[] = [];
  bytes.writeUInt32LE(object, 0);
  bytes.writeUInt32LE(((size << 16) | opcode) >>> 0, WORD);
  let at = HEADER;
  for (const [index, letter] of [...signature].entries()) {
    const value = args[index]!;
    if (letter === 'h') descriptors.push(Number(value));
    else if (letter === 'i') bytes.writeInt32LE(Number(value), at);
    else if (letter === 'f') bytes.writeInt32LE(Math.round(Number(value) * FIXED_ONE), at);
    else if (letter === 's' || letter === 'a') {
      const content = typeof value === 'number' ? Buffer.alloc(0) : Buffer.from(value);
      // Text ends with a zero, which its length includes.
      bytes.writeUInt32LE(content.length + (letter === 's' ? 1 : 0), at);
      content.copy(bytes, at + WORD);
    } else bytes.writeUInt32LE(Number(value), at);
    at += encodedLength(letter, value);
  }
  return { bytes, descriptors };
}

function encodedLength(letter: string, value: Argument): number {
  if (letter === 'h') return 0;
  if (letter === 's') return WORD + padded(Buffer.byteLength(String(value)) + 1);
  if (letter === 'a') return WORD + padded(Buffer.byteLength(value as Buffer));
  return WORD;
}

/** @throws WaylandWireError where the payload is too short for its arguments */
export function decodeArguments(signature: Signature, payload: Buffer): Argument[] {
  const found: Argument[] = [];
  let at = 0;
  for (const letter of signature) {
    if (letter === 'h') continue;
    if (at + WORD > payload.length) throw new WaylandWireError('a message ends within its arguments');
    if (letter === 's' || letter === 'a') {
      const length = payload.readUInt32LE(at);
      if (length > payload.length - at - WORD) throw new WaylandWireError('a text is longer than its message');
      const content = payload.subarray(at + WORD, at + WORD + length);
      found.push(letter === 'a' ? Buffer.from(content) : content.toString('utf8', 0, Math.max(0, length - 1)));
      at += WORD + padded(length);
    } else {
      if (letter === 'i') found.push(payload.readInt32LE(at));
      else if (letter === 'f') found.push(payload.readInt32LE(at) / FIXED_ONE);
      else found.push(payload.readUInt32LE(at));
      at += WORD;
    }
  }
  return found;
}

/** Cuts a stream of bytes into messages, however it arrives. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);

  /**
   * Calls back for each message that is complete.
   * @throws WaylandWireError for an impossible size; nothing can be read afterwards
   */
  push(chunk: Buffer, take: (message: WireMessage) => void): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= HEADER) {
      const word = bytes.readUInt32LE(at + WORD);
      const size = word >>> 16;
      if (size < HEADER || size % WORD !== 0) throw new WaylandWireError(`a message of ${size} bytes`);
      if (bytes.length - at < size) break;
      const payload = bytes.subarray(at + HEADER, at + size);
      take({ object: bytes.readUInt32LE(at), opcode: word & 0xffff, payload });
      at += size;
    }
    this.#rest = at === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
  }
}

function padded(length: number): number {
  return (length + WORD - 1) & ~(WORD - 1);
}
