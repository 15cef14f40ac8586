import { fillRandom } from '../helpers/pictures.js';
import type { XPainter } from '../helpers/x-painter.js';

/** Draws what makes encoders use all that they have: one colour, two, a few, many, gradients, noise, thin lines. */
export async function drawScene(painter: XPainter): Promise<void> {
  const { width, height } = painter;
  painter.hidePointer();
  painter.fill({ x: 0, y: 0, width, height }, 0x2e3440);
  painter.fill({ x: 10, y: 20, width: 200, height: 100 }, 0xff8040);
  painter.fill({ x: 50, y: 40, width: 30, height: 30 }, 0x123456);
  for (let line = 0; line < 40; line++)
    painter.fill({ x: 20 + line * 4, y: 130 + line, width: 61, height: 1 }, 0xffffff);
  for (let cell = 0; cell < 90; cell++) {
    const colour = (cell % 12) * 0x151f0b;
    painter.fill({ x: 230 + (cell % 10) * 7, y: 10 + Math.floor(cell / 10) * 5, width: 7, height: 5 }, colour);
  }
  painter.drawImage(320, 100, 128, 96, gradient(128, 96));
  painter.drawImage(460, 100, 77, 61, noise(77, 61));
  painter.drawImage(0, 180, 300, 180, waves(300, 180));
  await painter.sync();
}

function gradient(width: number, height: number): Uint8Array {
  return shade(width, height, (x, y) => [x * 2, y * 2, 255 - x - y]);
}

/** Like a photo: no two neighbours alike, none far apart. */
function waves(width: number, height: number): Uint8Array {
  return shade(width, height, (x, y) => [
    128 + 100 * Math.sin(x / 17) * Math.cos(y / 23),
    128 + 100 * Math.sin((x + y) / 31),
    128 + 100 * Math.cos(x / 41 - y / 13),
  ]);
}

function noise(width: number, height: number): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  fillRandom(rgb, 7);
  return rgb;
}

function shade(width: number, height: number, colour: (x: number, y: number) => number[]): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rgb.set(colour(x, y), (y * width + x) * 3);
  }
  return rgb;
}
