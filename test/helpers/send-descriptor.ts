import type { Socket } from 'node:net';
import { addressOf, fixedMemory } from '../../source/native/c-memory.js';
import { loadNative } from '../../source/native/load-native.js';

const SCM_RIGHTS = 1;
const SOL_SOCKET = 1;

/** Writes bytes to a unix socket, with a descriptor, of which the receiver gets a copy. */
export function sendDescriptor(socket: Socket, bytes: Buffer, descriptor: number): void {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd = Number(Reflect.get(handle as object, 'fd'));
  const data = fixedMemory(bytes.length);
  bytes.copy(data);
  const iov = fixedMemory(16);
  iov.writeBigUInt64LE(addressOf(data));
  iov.writeBigUInt64LE(BigInt(data.length), 8);
  const control = fixedMemory(24);
  control.writeBigUInt64LE(20n);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  control.writeInt32LE(descriptor, 16);
  const header = fixedMemory(56);
  header.writeBigUInt64LE(addressOf(iov), 16);
  header.writeBigUInt64LE(1n, 24);
  header.writeBigUInt64LE(addressOf(control), 32);
  header.writeBigUInt64LE(24n, 40);
  const sendmsg = loadNative('koffi').load(null).func('int64_t sendmsg(int, void *, int)');
  const sent: unknown = sendmsg(fd, header, 0);
  if (Number(sent) !== bytes.length) throw new Error(`sendmsg: ${String(sent)} of ${bytes.length}`);
}
