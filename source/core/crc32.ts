/** The CRC-32 of zip and PNG: of `bytes` alone, or of what `before` is the CRC of followed by them. */
export type Crc32 = (bytes: Uint8Array, before?: number) => number;

const TABLE = Uint32Array.from({ length: 256 }, (_, value) => {
  let rest = value;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb8_8320 : rest >>> 1;
  return rest;
});

/** For platforms without one of their own. */
export const plainCrc32: Crc32 = (bytes, before = 0) => {
  let rest = ~before;
  for (let at = 0; at < bytes.length; at++) rest = TABLE[(rest ^ bytes[at]!) & 0xff]! ^ (rest >>> 8);
  return ~rest >>> 0;
};
