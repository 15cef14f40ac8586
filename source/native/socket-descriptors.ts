import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { addressOf, fixedMemory } from './c-memory.js';
import { loadNative } from './load-native.js';

/** From the C library's sys/socket.h and errno.h, the same on every supported 64-bit Linux. */
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;
const EINTR = 4;
const EAGAIN = 11;

/** Sizes, and offsets of fields, of struct msghdr, struct iovec and struct cmsghdr. */
const MSGHDR = { size: 56, iov: 16, iovCount: 24, control: 32, controlLength: 40 } as const;
const IOVEC = { size: 16, length: 8 } as const;
const CMSGHDR = { level: 8, type: 12, data: 16 } as const;

const DESCRIPTOR = 4;
/** The most descriptors sent or received at once; the kernel closes those beyond. */
const MAX_DESCRIPTORS = 60;
const CHUNK = 65_536;
const CONTROL_LENGTH = CMSGHDR.data + MAX_DESCRIPTORS * DESCRIPTOR;
/** How often to look while descriptors are awaited. */
const POLL_MS = 3;

interface SocketCalls {
  sendmsg(fd: number, header: Buffer, flags: number): number | bigint;
  recvmsg(fd: number, header: Buffer, flags: number): number | bigint;
  errorNumber(): number;
}

/** Loaded once a process; null: not available here. */
let calls: SocketCalls | null | undefined;

function socketCalls(): SocketCalls | null {
  if (calls !== undefined) return calls;
  calls = null;
  try {
    const koffi = loadNative('koffi');
    // The structures above are those of 64-bit systems.
    if (process.platform !== 'linux' || koffi.sizeof('long') !== 8) return null;
    const library = koffi.load(null);
    calls = {
      sendmsg: library.func('int64_t sendmsg(int, const void *, int)'),
      recvmsg: library.func('int64_t recvmsg(int, void *, int)'),
      errorNumber: () => koffi.errno(),
    } as SocketCalls;
  } catch {
    // Without koffi.
  }
  return calls;
}

/** A struct msghdr with one buffer for bytes and one for control messages. */
class SocketMessage {
  readonly bytes = fixedMemory(CHUNK);
  readonly control = fixedMemory(CONTROL_LENGTH);
  readonly header = fixedMemory(MSGHDR.size);
  readonly #iov = fixedMemory(IOVEC.size);

  /** @param length of the bytes @param controlLength 0: no control messages */
  prepare(length: number, controlLength: number): Buffer {
    const { header } = this;
    this.#iov.writeBigUInt64LE(addressOf(this.bytes));
    this.#iov.writeBigUInt64LE(BigInt(length), IOVEC.length);
    header.fill(0);
    header.writeBigUInt64LE(addressOf(this.#iov), MSGHDR.iov);
    header.writeBigUInt64LE(1n, MSGHDR.iovCount);
    if (controlLength === 0) return header;
    header.writeBigUInt64LE(addressOf(this.control), MSGHDR.control);
    header.writeBigUInt64LE(BigInt(controlLength), MSGHDR.controlLength);
    return header;
  }
}

/** Sends bytes with descriptors over unix sockets, without waiting (sendmsg(2), unix(7)), which Node cannot. */
export class DescriptorSender {
  readonly #system: SocketCalls;
  readonly #message = new SocketMessage();

  constructor(system: SocketCalls) {
    this.#system = system;
  }

  /**
   * Sends as much as the socket takes at once. Descriptors go with the first byte and stay open here. The socket's own
   * queue must be empty: whatever waits there would be sent later.
   * @returns the number of bytes sent, 0 if the socket is full
   * @throws Error when the connection is broken
   */
  send(socket: Socket, bytes: Uint8Array, descriptors: readonly number[] = []): number {
    if (descriptors.length > MAX_DESCRIPTORS) throw new RangeError('too many descriptors at once');
    const fd = socketDescriptor(socket);
    if (fd === null) throw new Error('the connection is closed');
    const length = Math.min(bytes.length, CHUNK);
    this.#message.bytes.set(bytes.subarray(0, length));
    const header = this.#message.prepare(length, this.#attach(descriptors));
    const sent = Number(this.#system.sendmsg(fd, header, MSG_DONTWAIT | MSG_NOSIGNAL));
    if (sent >= 0) return sent;
    const error = this.#system.errorNumber();
    if (error === EAGAIN || error === EINTR) return 0;
    throw new Error(`sendmsg failed with error ${error}`);
  }

  /** @returns the length of the control message */
  #attach(descriptors: readonly number[]): number {
    if (descriptors.length === 0) return 0;
    const { control } = this.#message;
    const length = CMSGHDR.data + descriptors.length * DESCRIPTOR;
    control.fill(0);
    control.writeBigUInt64LE(BigInt(length));
    control.writeInt32LE(SOL_SOCKET, CMSGHDR.level);
    control.writeInt32LE(SCM_RIGHTS, CMSGHDR.type);
    for (const [index, each] of descriptors.entries()) control.writeInt32LE(each, CMSGHDR.data + index * DESCRIPTOR);
    return (length + 7) & ~7;
  }
}

let sender: DescriptorSender | null = null;

/** Null where descriptors cannot be sent: without koffi, or on another system. */
export function descriptorSender(): DescriptorSender | null {
  const system = socketCalls();
  if (system) sender ??= new DescriptorSender(system);
  return sender;
}

/** Node's own handle of a socket, which has the descriptor and can stop reading. */
interface Handle {
  readonly fd: number;
  readStart(): void;
  readStop(): void;
}

function handleOf(socket: Socket): Handle | null {
  const handle: unknown = Reflect.get(socket, '_handle');
  const isHandle = typeof handle === 'object' && handle !== null && 'readStop' in handle && 'fd' in handle;
  return isHandle ? (handle as Handle) : null;
}

/** Whether `receiveDescriptors` works here: on 64-bit Linux with koffi. */
export function canReceiveDescriptors(): boolean {
  return socketCalls() !== null;
}

/**
 * Reads a unix socket in Node's place as long as `awaited` returns true: Node would lose the descriptors that come with
 * the bytes. Where this is impossible (`canReceiveDescriptors`), Node goes on reading.
 *
 * @param take owns the descriptors unless it throws; the bytes are valid during the call
 */
export function receiveDescriptors(
  socket: Socket,
  awaited: () => boolean,
  take: (bytes: Buffer, descriptors: readonly number[]) => void,
): void {
  const system = socketCalls();
  const handle = handleOf(socket);
  if (!system || !handle) return;
  const receiver = new Receiver(system, handle.fd);
  handle.readStop();
  const step = () => {
    if (socket.destroyed) return;
    for (let more = true; more && awaited(); ) more = receiver.receive(take);
    if (awaited() && !receiver.ended) setTimeout(step, POLL_MS);
    else handle.readStart();
  };
  step();
}

class Receiver {
  readonly #system: SocketCalls;
  readonly #fd: number;
  readonly #message = new SocketMessage();
  /** The connection is over: Node reads that again, and reports it. */
  ended = false;

  constructor(system: SocketCalls, fd: number) {
    this.#system = system;
    this.#fd = fd;
  }

  /** @returns whether anything was there */
  receive(take: (bytes: Buffer, descriptors: readonly number[]) => void): boolean {
    const header = this.#message.prepare(CHUNK, CONTROL_LENGTH);
    const count = Number(this.#system.recvmsg(this.#fd, header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
    if (count <= 0) {
      const why = count < 0 ? this.#system.errorNumber() : null;
      this.ended = why !== EAGAIN && why !== EINTR;
      return false;
    }
    const descriptors = this.#descriptors();
    try {
      take(this.#message.bytes.subarray(0, count), descriptors);
    } catch (error) {
      for (const descriptor of descriptors) closeSync(descriptor);
      throw error;
    }
    return true;
  }

  #descriptors(): number[] {
    const { control, header } = this.#message;
    const end = Number(header.readBigUInt64LE(MSGHDR.controlLength));
    const descriptors: number[] = [];
    for (let at = 0; at + CMSGHDR.data <= end; ) {
      const length = Number(control.readBigUInt64LE(at));
      if (length < CMSGHDR.data) break;
      const rights =
        control.readInt32LE(at + CMSGHDR.level) === SOL_SOCKET && control.readInt32LE(at + CMSGHDR.type) === SCM_RIGHTS;
      for (let place = at + CMSGHDR.data; rights && place + DESCRIPTOR <= at + length; place += DESCRIPTOR) {
        descriptors.push(control.readInt32LE(place));
      }
      at += (length + 7) & ~7;
    }
    return descriptors;
  }
}

/** The descriptor of a connected socket, or null where it has none (Windows, closed, a test double). */
export function socketDescriptor(socket: Socket): number | null {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = handle && typeof handle === 'object' ? Reflect.get(handle, 'fd') : null;
  return typeof fd === 'number' && fd >= 0 ? fd : null;
}
