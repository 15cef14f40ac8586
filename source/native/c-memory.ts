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

/** An array of pointers to copies of these bytes. C may use both as long as the result is kept. */
export function pointerArray(list: readonly Uint8Array[]): { readonly array: Buffer; readonly copies: Buffer[] } {
  const array = fixedMemory(8 * list.length);
  const copies = list.map(bytes => {
    const copy = fixedMemory(bytes.length);
    copy.set(bytes);
    return copy;
  });
  for (const [index, copy] of copies.entries()) array.writeBigUInt64LE(addressOf(copy), 8 * index);
  return { array, copies };
}

/** Memory of C as bytes: not to be touched once it is freed or unmapped. */
export function memoryAt(address: bigint, length: number): Buffer {
  return Buffer.from(loadNative('koffi').view(address, length));
}
