import { loadNative } from './load-native.js';

/**
 * Zeros at an address that never changes, for C code that keeps it. Whoever hands the address out keeps the buffer for
 * as long as C uses it.
 */
export function fixedMemory(length: number): Buffer {
  return Buffer.from(new ArrayBuffer(length));
}

/** @param bytes from `fixedMemory` */
export function addressOf(bytes: Uint8Array): bigint {
  return loadNative('koffi').address(bytes);
}

/** Memory of C as bytes: not to be touched once it is freed or unmapped. */
export function memoryAt(address: bigint, length: number): Buffer {
  return Buffer.from(loadNative('koffi').view(address, length));
}
