import type { PixelFormat } from '../../core/pixel-format.js';
import type { Rectangle } from '../../core/rectangle.js';
import { paintPixels } from '../encodings/raw.js';
import { type DecodeTarget, undecodable } from './rectangle-decoder.js';

/**
 * Paints pixels that Tight's gradient filter turned into differences (rfbproto.rst, GradientFilter): in 32 bits by a
 * kernel, in 16 bits, which nobody is in a hurry for, here.
 * @param differences TPIXELs, exactly as many as the rectangle has pixels
 */
export function paintGradient(differences: Uint8Array, rectangle: Rectangle, target: DecodeTarget): void {
  const { framebuffer, colours, scratch } = target;
  const { x, y, width, height } = rectangle;
  if (colours.tpixel.size === 3) {
    const source = scratch.load(differences);
    framebuffer.memory.kernels.gradientToBgrx(source, framebuffer.at(x, y), framebuffer.stride, width, height);
    return;
  }
  if (colours.tpixel.size !== 2) throw undecodable('Tight', 'with a gradient in a pixel format that has none');
  paintPixels(undoGradient(differences, width, height, colours.format), rectangle, target);
}

/** The pixels of a 16-bit format from their differences, channel by channel. */
export function undoGradient(differences: Uint8Array, width: number, height: number, format: PixelFormat): Uint8Array {
  const little = !format.bigEndian;
  const source = new DataView(differences.buffer, differences.byteOffset, differences.length);
  const pixels = new Uint8Array(differences.length);
  const target = new DataView(pixels.buffer);
  const channels = [
    { shift: format.redShift, max: format.redMax },
    { shift: format.greenShift, max: format.greenMax },
    { shift: format.blueShift, max: format.blueMax },
  ];
  const pixelAt = (x: number, y: number) => (x < 0 || y < 0 ? 0 : target.getUint16(2 * (y * width + x), little));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [left, up, corner] = [pixelAt(x - 1, y), pixelAt(x, y - 1), pixelAt(x - 1, y - 1)];
      const difference = source.getUint16(2 * (y * width + x), little);
      let pixel = 0;
      for (const { shift, max } of channels) {
        const sum = ((left >> shift) & max) + ((up >> shift) & max) - ((corner >> shift) & max);
        const predicted = Math.min(Math.max(sum, 0), max);
        pixel |= ((predicted + (difference >> shift)) & max) << shift;
      }
      target.setUint16(2 * (y * width + x), pixel, little);
    }
  }
  return pixels;
}
