import { bounds, type Rectangle } from '../../core/rectangle.js';
import { copyPixels, emptyPixels, loadPicture, type Pixels, tile } from '../pictures.js';
import { all, between, type Random, type Stage, type StageSurface, type Workload } from './workload.js';

const PAPER = 0xfdfcf8;

function pageSurface(stage: Stage): StageSurface {
  const surface = stage.createSurface(stage);
  tile(loadPicture('page.png'), surface);
  stage.put(surface, all(stage), 0, 0);
  return surface;
}

export const idle: Workload = {
  name: 'idle',
  description: 'a static page of text',
  hz: 0,
  setUp(stage) {
    pageSurface(stage);
    return { paint() {} };
  },
};

const GLYPH = { width: 10, height: 20 };
const MARGIN = 100;

export const typing: Workload = {
  name: 'typing',
  description: 'one letter per frame, on a blank page',
  hz: 60,
  setUp(stage, random) {
    const page = pageSurface(stage);
    const paper = stage.createSurface(stage);
    paper.pixels.fill(PAPER);
    stage.put(
      paper,
      { x: 0, y: 0, width: stage.width - 2 * MARGIN, height: stage.height - 2 * MARGIN },
      MARGIN,
      MARGIN,
    );
    const columns = Math.floor((stage.width - 2 * MARGIN) / GLYPH.width);
    const rows = Math.floor((stage.height - 2 * MARGIN) / GLYPH.height);
    return {
      paint(frame) {
        const cell = frame % (columns * rows);
        const right = Math.min(800, page.width - GLYPH.width);
        const bottom = Math.min(600, page.height - GLYPH.height);
        const from = { x: between(random, 80, right), y: between(random, 120, bottom), ...GLYPH };
        const x = MARGIN + (cell % columns) * GLYPH.width;
        stage.put(page, from, x, MARGIN + Math.floor(cell / columns) * GLYPH.height);
      },
    };
  },
};

/** A smooth, endless, random path within a range. */
function wandering(random: Random, range: number): () => number {
  let at = range / 2;
  let speed = 0;
  return () => {
    const pull = (random() - 0.5) * 8 - ((at - range / 2) / range) * 4;
    speed = Math.max(-40, Math.min(40, speed * 0.97 + pull));
    at += speed;
    if (at < 0 || at > range) {
      speed = -speed;
      at = Math.max(0, Math.min(range, at));
    }
    return Math.round(at);
  };
}

function draggedWindow(): Pixels {
  const window = emptyPixels({ width: 720, height: 520 }, 0x3a4a5c);
  const slides = loadPicture('slides.png');
  copyPixels(slides, { x: 900, y: 1240, width: 716, height: 488 }, window, 2, 30);
  return window;
}

export const drag: Workload = {
  name: 'drag',
  description: 'a window dragged over a page in both directions',
  hz: 60,
  setUp(stage, random) {
    const page = pageSurface(stage);
    const screen = stage.createSurface(stage);
    screen.pixels.set(page.pixels);
    const window = draggedWindow();
    const nextX = wandering(random, stage.width - window.width);
    const nextY = wandering(random, stage.height - window.height);
    let old: Rectangle | null = null;
    return {
      paint() {
        const place = { x: nextX(), y: nextY(), width: window.width, height: window.height };
        if (old) copyPixels(page, old, screen, old.x, old.y);
        copyPixels(window, all(window), screen, place.x, place.y);
        const changed = old ? bounds(old, place) : place;
        stage.put(screen, changed, changed.x, changed.y);
        old = place;
      },
    };
  },
};
