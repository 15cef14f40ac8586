import type { VideoScales } from '../video-scales.js';
import type { Plane } from './compare.js';

/** See `videoToBgrx` of the kernels. */
export interface VideoPlanes {
  readonly luma: Plane;
  readonly u: Plane;
  readonly v: Plane;
  /** Bytes from one chroma sample to the next. */
  readonly step: number;
}

const FRACTION = 5;

/** Plain version of kernels/video.ts. */
export function videoToBgrx(
  { luma, u, v, step }: VideoPlanes,
  left: number,
  top: number,
  to: Plane,
  width: number,
  height: number,
  scales: VideoScales,
): void {
  const at = ({ bytes, offset, stride }: Plane, row: number, index: number) => bytes[offset + row * stride + index]!;
  const scaled = (value: number, fraction: number) => Math.floor((value * fraction + 0x4000) / 0x8000);
  const sample = (value: number) => Math.max(0, Math.min(255, Math.floor(value / 2 ** FRACTION + 0.5)));
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [x, y] = [left + column, top + row];
      const grey = (at(luma, y, x) - scales.black) * 2 ** FRACTION;
      const lit = grey + scaled(grey, scales.lumaScale);
      const du = (at(u, y >> 1, (x >> 1) * step) - 128) * 2 ** FRACTION;
      const dv = (at(v, y >> 1, (x >> 1) * step) - 128) * 2 ** FRACTION;
      const pixel = [
        sample(lit + 2 * du + scaled(du, scales.blueFromU)),
        sample(lit + scaled(du, scales.greenFromU) + scaled(dv, scales.greenFromV)),
        sample(lit + dv + scaled(dv, scales.redFromV)),
        0,
      ];
      to.bytes.set(pixel, to.offset + row * to.stride + column * 4);
    }
  }
}
