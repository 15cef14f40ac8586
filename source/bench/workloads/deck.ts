import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Rectangle } from '../../core/rectangle.js';
import { copyPixels, emptyPixels, loadPicture, PICTURES } from '../pictures.js';
import { all, PLAIN_LAYOUT, type Workload } from './workload.js';

/** Of deck.json: the size of a slide, and each slide's boxes of text. */
interface Boxes {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly (readonly Rectangle[])[];
}

const EVERY_MS = 8000;
/** Three slides after the one that is there at first. */
const AT_LEAST_MS = 3 * EVERY_MS + 1000;

function readBoxes(): Boxes {
  return JSON.parse(readFileSync(path.join(PICTURES, 'deck.json'), 'utf8')) as Boxes;
}

export const deck: Workload = {
  name: 'deck',
  description: 'slides of text and drawings, a new one every eight seconds',
  hz: 1000 / EVERY_MS,
  atLeastMs: AT_LEAST_MS,
  layout({ width, height }) {
    const inside = (box: Rectangle) => box.x + box.width <= width && box.y + box.height <= height;
    return { ...PLAIN_LAYOUT, slides: readBoxes().boxes.map(boxes => boxes.filter(inside)) };
  },
  setUp(stage) {
    const picture = loadPicture('deck.png');
    const { width, height, boxes } = readBoxes();
    const slides = boxes.map((_, index) => {
      const surface = stage.createSurface(stage);
      surface.pixels.set(emptyPixels(stage, 0xffffff).pixels);
      const part = {
        x: 0,
        y: index * height,
        width: Math.min(width, stage.width),
        height: Math.min(height, stage.height),
      };
      copyPixels(picture, part, surface, 0, 0);
      return surface;
    });
    stage.put(slides[0]!, all(stage), 0, 0);
    return { paint: frame => stage.put(slides[frame % slides.length]!, all(stage), 0, 0) };
  },
};
