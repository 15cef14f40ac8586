import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { addressOf, fixedMemory } from './c-memory.js';
import { loadNative } from './load-native.js';

/** From the C library's sys/socket.h and errno.h, the same on every supported 64-bit Linux. */
const MSG_DONTWAIT = 0x40;
const MSG_CMSG_CLOEXEC = 0x40000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const EINTR = 4;
const EAGAIN = 11;

/** Lengths, and offsets of fields, of struct msghdr, struct iovec and struct cmsghdr. */
const MSGHDR = { size: 56, iov: 16, iovCount: 24, control: 32, controlLength: 40 } as const;
const IOVEC = { size: 16, length: 8 } as const;
const CMSGHDR = { level: 8, type: 12, data: 16 } as const;

const CHUNK = 65_536;
/** Room for more descriptors than anything received here brings; the kernel closes those beyond. */
const CONTROL_LENGTH = 256;
/** How often to look, in the moment in which descriptors are awaited. */
const POLL_MS = 3;

interface ReceiveCalls {
  recvmsg(fd: number, header: Buffer, flags: number): number | bigint;
  errorNumber(): number;
}

/** Loaded once a process. */
let calls: ReceiveCalls | null | undefined;

function receiveCalls(): ReceiveCalls | null {
  if (calls !== undefined) return calls;
  calls = null;
  try {
    const koffi = loadNative('koffi');
    // The structures above are those of 64-bit systems.
    if (process.platform !== 'linux' || koffi.sizeof('long') !== 8) return null;
    const recvmsg = koffi.load(null).func('int64_t recvmsg(int, void *, int)');
    calls = { recvmsg, errorNumber: () => koffi.errno() } as ReceiveCalls;
  } catch {
    // Without koffi.
  }
  return calls;
}

/** Node's own handle of a socket, which has the descriptor and can leave the reading to somebody else. */
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
  return receiveCalls() !== null;
}

/**
 * Reads a unix socket in Node's place, which would lose the descriptors that come with the bytes, for as long as
 * `awaited` says so. Where it cannot (`canReceiveDescriptors`), Node goes on reading.
 *
 * @param take is given what arrived, and owns the descriptors unless it throws; the bytes are valid during the call
 */
export function receiveDescriptors(
  socket: Socket,
  awaited: () => boolean,
  take: (bytes: Buffer, descriptors: readonly number[]) => void,
): void {
  const system = receiveCalls();
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
  readonly #system: ReceiveCalls;
  readonly #fd: number;
  readonly #bytes = fixedMemory(CHUNK);
  readonly #control = fixedMemory(CONTROL_LENGTH);
  readonly #iov = fixedMemory(IOVEC.size);
  readonly #header = fixedMemory(MSGHDR.size);
  /** The connection is over: Node reads that again, and reports it. */
  ended = false;

  constructor(system: ReceiveCalls, fd: number) {
    this.#system = system;
    this.#fd = fd;
    this.#iov.writeBigUInt64LE(addressOf(this.#bytes));
    this.#iov.writeBigUInt64LE(BigInt(CHUNK), IOVEC.length);
  }

  /** @returns whether anything was there */
  receive(take: (bytes: Buffer, descriptors: readonly number[]) => void): boolean {
    const header = this.#header;
    header.fill(0);
    header.writeBigUInt64LE(addressOf(this.#iov), MSGHDR.iov);
    header.writeBigUInt64LE(1n, MSGHDR.iovCount);
    header.writeBigUInt64LE(addressOf(this.#control), MSGHDR.control);
    header.writeBigUInt64LE(BigInt(CONTROL_LENGTH), MSGHDR.controlLength);
    const count = Number(this.#system.recvmsg(this.#fd, header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
    if (count <= 0) {
      const why = count < 0 ? this.#system.errorNumber() : null;
      this.ended = why !== EAGAIN && why !== EINTR;
      return false;
    }
    const descriptors = this.#descriptors();
    try {
      take(this.#bytes.subarray(0, count), descriptors);
    } catch (error) {
      for (const descriptor of descriptors) closeSync(descriptor);
      throw error;
    }
    return true;
  }

  #descriptors(): number[] {
    const control = this.#control;
    const end = Number(this.#header.readBigUInt64LE(MSGHDR.controlLength));
    const descriptors: number[] = [];
    for (let at = 0; at + CMSGHDR.data <= end; ) {
      const length = Number(control.readBigUInt64LE(at));
      if (length < CMSGHDR.data) break;
      const rights =
        control.readInt32LE(at + CMSGHDR.level) === SOL_SOCKET && control.readInt32LE(at + CMSGHDR.type) === SCM_RIGHTS;
      for (let place = at + CMSGHDR.data; rights && place + 4 <= at + length; place += 4) {
        descriptors.push(control.readInt32LE(place));
      }
      at += (length + 7) & ~7;
    }
    return descriptors;
  }
}
