import type { Socket } from 'node:net';
import { addressOf, fixedMemory } from './c-memory.js';
import { loadNative } from './load-native.js';

/** From the C library's sys/socket.h and errno.h, the same on every supported 64-bit Linux. */
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const EINTR = 4;
const EAGAIN = 11;

/** Lengths, and offsets of fields, of struct msghdr, struct iovec and struct cmsghdr. */
const MSGHDR = { size: 56, iov: 16, iovCount: 24, control: 32, controlLength: 40 } as const;
const IOVEC = { size: 16, length: 8 } as const;
const CMSGHDR = { level: 8, type: 12, data: 16 } as const;

const DESCRIPTOR = 4;
/** More than anything here sends at once. */
const MAX_DESCRIPTORS = 28;
const CHUNK = 65_536;

interface SendCalls {
  sendmsg(fd: number, header: Buffer, flags: number): number | bigint;
  errorNumber(): number;
}

/** Sends bytes with descriptors over unix sockets, without waiting (sendmsg(2), unix(7)), which Node cannot. */
export class DescriptorSender {
  readonly #system: SendCalls;
  readonly #bytes = fixedMemory(CHUNK);
  readonly #control = fixedMemory(CMSGHDR.data + MAX_DESCRIPTORS * DESCRIPTOR);
  readonly #iov = fixedMemory(IOVEC.size);
  readonly #header = fixedMemory(MSGHDR.size);

  constructor(system: SendCalls) {
    this.#system = system;
    this.#iov.writeBigUInt64LE(addressOf(this.#bytes));
    this.#header.writeBigUInt64LE(addressOf(this.#iov), MSGHDR.iov);
    this.#header.writeBigUInt64LE(1n, MSGHDR.iovCount);
  }

  /**
   * Sends as much as the socket takes at once. Descriptors go with the first byte; they stay open here. Nothing may be
   * waiting in the socket's own queue: it would come later.
   * @returns the number of bytes sent, 0 if the socket is full
   * @throws Error when the connection is broken
   */
  send(socket: Socket, bytes: Uint8Array, descriptors: readonly number[] = []): number {
    if (descriptors.length > MAX_DESCRIPTORS) throw new RangeError('too many descriptors at once');
    const fd = socketDescriptor(socket);
    if (fd === null) throw new Error('the connection is closed');
    const length = Math.min(bytes.length, CHUNK);
    this.#bytes.set(bytes.subarray(0, length));
    this.#iov.writeBigUInt64LE(BigInt(length), IOVEC.length);
    this.#attach(descriptors);
    const sent = Number(this.#system.sendmsg(fd, this.#header, MSG_DONTWAIT | MSG_NOSIGNAL));
    if (sent >= 0) return sent;
    const error = this.#system.errorNumber();
    if (error === EAGAIN || error === EINTR) return 0;
    throw new Error(`sendmsg failed with error ${error}`);
  }

  #attach(descriptors: readonly number[]): void {
    const some = descriptors.length > 0;
    const length = CMSGHDR.data + descriptors.length * DESCRIPTOR;
    this.#header.writeBigUInt64LE(some ? addressOf(this.#control) : 0n, MSGHDR.control);
    this.#header.writeBigUInt64LE(some ? BigInt((length + 7) & ~7) : 0n, MSGHDR.controlLength);
    if (!some) return;
    this.#control.fill(0);
    this.#control.writeBigUInt64LE(BigInt(length));
    this.#control.writeInt32LE(SOL_SOCKET, CMSGHDR.level);
    this.#control.writeInt32LE(SCM_RIGHTS, CMSGHDR.type);
    for (const [index, each] of descriptors.entries()) {
      this.#control.writeInt32LE(each, CMSGHDR.data + index * DESCRIPTOR);
    }
  }
}

/** Loaded once a process. */
let sender: DescriptorSender | null | undefined;

/** Null where descriptors cannot be sent: without koffi, or on another system. */
export function descriptorSender(): DescriptorSender | null {
  if (sender !== undefined) return sender;
  sender = null;
  try {
    const koffi = loadNative('koffi');
    // The structures above are those of 64-bit systems.
    if (process.platform !== 'linux' || koffi.sizeof('long') !== 8) return null;
    const sendmsg = koffi.load(null).func('int64_t sendmsg(int, const void *, int)');
    sender = new DescriptorSender({ sendmsg, errorNumber: () => koffi.errno() } as SendCalls);
  } catch {
    // Without koffi.
  }
  return sender;
}

/** The descriptor of a connected socket, or null where it has none (Windows, closed, a test double). */
export function socketDescriptor(socket: Socket): number | null {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = handle && typeof handle === 'object' ? Reflect.get(handle, 'fd') : null;
  return typeof fd === 'number' && fd >= 0 ? fd : null;
}
