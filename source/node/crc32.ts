import { crc32 } from 'node:zlib';
import type { Crc32 } from '../core/crc32.js';

/** The CRC-32 of Node, which is as fast as memory. */
export const nodeCrc32: Crc32 = (bytes, before = 0) => crc32(bytes, before);
