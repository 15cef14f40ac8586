import { constants, deflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib';

/**
 * What opens a zlib stream: 32 KiB window, and a check value. The level that it could hint at is not looked at by anybody.
 */
export const ZLIB_HEADER = Buffer.from([0x78, 0x01]);

/**
 * Compresses into a raw deflate block without history that ends in a sync flush: such blocks make one valid stream in
 * whatever order they are joined, and none of them ends it (a finished stream makes gtk-vnc hang up).
 * @param data must stay as it is until the promise is resolved when `pooled`
 */
export function deflateBlock(data: Uint8Array, level: number, pooled: false): Buffer;
export function deflateBlock(data: Uint8Array, level: number, pooled: boolean): Buffer | Promise<Buffer>;
export function deflateBlock(data: Uint8Array, level: number, pooled: boolean): Buffer | Promise<Buffer> {
  const options: ZlibOptions = { level, finishFlush: constants.Z_SYNC_FLUSH };
  if (!pooled) return deflateRawSync(data, options);
  return new Promise((resolve, reject) => {
    deflateRaw(data, options, (error, block) => (error ? reject(error) : resolve(block)));
  });
}
