import type { Rectangle } from '../../core/rectangle.js';
import type { Plane } from './compare.js';

/** The plain version of kernels/rgb-to-bgrx.ts. The bounds are exact; the kernel's may be up to 15 pixels wider each way. */
export function rgbToBgrx(from: Plane, to: Plane, width: number, height: number): Rectangle | null {
  let left = width;
  let right = 0;
  let top = height;
  let bottom = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const source = from.offset + y * from.stride + x * 3;
      const target = to.offset + y * to.stride + x * 4;
      if ([0, 1, 2].every(channel => to.bytes[target + 2 - channel] === from.bytes[source + channel])) continue;
      for (const channel of [0, 1, 2]) to.bytes[target + 2 - channel] = from.bytes[source + channel]!;
      to.bytes[target + 3] = 0;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = y + 1;
    }
  }
  return bottom === 0 ? null : { x: left, y: top, width: right - left, height: bottom - top };
}
