import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { loadNative } from './load-native.js';

/** From the C library's sys/socket.h and errno.h, the same on every supported Linux. */
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const EAGAIN = 11;

/**
 * Connects to a Linux socket that has a name but no file (unix(7), "Abstract sockets"). Node 20 pads such a name with
 * zeros and so misses a listener on the plain name.
 *
 * @returns null where nothing listens, or where the system cannot be asked
 * @throws Error when the listener does not accept
 */
export function connectAbstract(name: string): Socket | null {
  const system = socketCalls();
  if (!system) return null;
  const address = Buffer.concat([Buffer.of(0, 0, 0), Buffer.from(name)]);
  address.writeUInt16LE(AF_UNIX);
  const descriptor = system.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return null;
  if (system.connect(descriptor, address, address.length) === 0) return new Socket({ fd: descriptor });
  const busy = system.errorNumber() === EAGAIN;
  closeSync(descriptor);
  if (busy) throw new Error('it accepts no connection');
  return null;
}

interface SocketCalls {
  socket(domain: number, type: number, protocol: number): number;
  connect(descriptor: number, address: Buffer, length: number): number;
  errorNumber(): number;
}

function socketCalls(): SocketCalls | null {
  if (process.platform !== 'linux') return null;
  try {
    const koffi = loadNative('koffi');
    const libc = koffi.load(null);
    return {
      socket: libc.func('int socket(int, int, int)'),
      connect: libc.func('int connect(int, const void *, unsigned int)'),
      errorNumber: () => koffi.errno(),
    };
  } catch {
    // Without koffi only sockets with a file can be reached.
    return null;
  }
}
