import type { Plane } from './compare.js';

/** Plain versions of kernels/statistics.ts. Hashes have none: tests ask of them what a hash must do. */

export function adler32(bytes: Uint8Array, start: number): number {
  let a = start & 0xffff;
  let b = start >>> 16;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}

/**
 * For each block: 1 for a photograph, 2 for a photograph if all its neighbours are, 0 for all else; and the mean change
 * of its chroma in 64ths.
 */
export function photographicBlocks(
  from: Plane,
  width: number,
  height: number,
  columns: number,
  rows: number,
): { kinds: number[]; chroma: number[] } {
  const kinds: number[] = [];
  const chroma: number[] = [];
  for (let row = 0; row < rows; row++) {
    const top = Math.floor((height * row) / rows);
    const bottom = Math.floor((height * (row + 1)) / rows);
    for (let column = 0; column < columns; column++) {
      const left = Math.floor((width * column) / columns);
      const right = Math.floor((width * (column + 1)) / columns);
      const block = { ...from, offset: from.offset + top * from.stride + left * 4 };
      const kind = judge(block, right - left, bottom - top);
      kinds.push(kind);
      chroma.push(kind === 0 ? 0 : chromaOf(block, right - left, bottom - top));
    }
  }
  return { kinds, chroma };
}

function judge(from: Plane, width: number, height: number): number {
  if (width * height < 1024 || width < 8 || height < 8) return 0;
  const pixel = (x: number, y: number) => from.bytes.subarray(from.offset + y * from.stride + x * 4).subarray(0, 3);
  const every = height < 48 ? 2 : 4;
  const steps: number[] = [];
  for (let row = 0; row < Math.floor(height / every); row++) {
    for (let x = 0; x + 1 < width; x++) {
      const [a, b] = [pixel(x, row * every), pixel(x + 1, row * every)];
      steps.push(Math.max(...[0, 1, 2].map(k => Math.abs(a[k]! - b[k]!))));
    }
  }
  const share = (least: number) => steps.filter(step => step >= least).length / steps.length;
  const [uneven, sharp] = [share(3), share(40)];
  const gentle = uneven <= 0.2;
  if (gentle && (sharp >= 0.006 || share(1) <= 0.4)) return 0;
  if (!gentle && uneven <= 0.7 && uneven - sharp <= 3 * sharp) return 0;
  const places = new Set<number>();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [b, g, r] = pixel(x, y);
      places.add(Math.imul(b! + g! * 256 + r! * 65_536, 0x9e3779b1) >>> 22);
    }
  }
  if (places.size <= 96) return 0;
  return gentle && sharp >= 0.002 ? 2 : 1;
}

/** The mean change of B - G and R - G from each pixel to the next in its row, in 64ths, by some of the rows. */
function chromaOf(from: Plane, width: number, height: number): number {
  const every = height < 48 ? 4 : 8;
  const changes: number[] = [];
  for (let y = 0; y < height; y += every) {
    for (let x = 0; x + 1 < width; x++) {
      const i = from.offset + y * from.stride + x * 4;
      const step = (k: number) => from.bytes[i + k + 4]! - from.bytes[i + k]!;
      changes.push(Math.abs(step(0) - step(1)), Math.abs(step(2) - step(1)));
    }
  }
  return Math.floor((changes.reduce((sum, change) => sum + change, 0) * 64) / changes.length);
}
