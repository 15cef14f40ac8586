import { loadPicture, type Pixels, tile } from '../pictures.js';
import { all, between, type Painting, type Random, type Stage, type StageSurface, type Workload } from './workload.js';

/** A tall picture as wide as the stage, which repeats so that scrolling can wrap around. */
function tallSurface(stage: Stage, picture: Pixels, height: number): StageSurface {
  const surface = stage.createSurface({ width: stage.width, height });
  tile(picture, surface);
  return surface;
}

/** Scrolls like a person: at changing speed, sometimes backwards, with pauses. */
function scrolling(random: Random, range: number): () => number {
  let offset = 0;
  let speed = 12;
  let left = 40;
  return () => {
    left -= 1;
    if (left <= 0) {
      speed = between(random, 3, 48) * (random() < 0.35 ? -1 : 1);
      left = between(random, 20, 80);
    }
    offset += speed;
    if (offset < 0 || offset > range) {
      speed = -speed;
      offset = Math.max(0, Math.min(range, offset));
    }
    return offset;
  };
}

export const scroll: Workload = {
  name: 'scroll',
  description: 'a long page of text and code, scrolled at changing speed',
  hz: 60,
  setUp(stage, random) {
    const page = loadPicture('page.png');
    const surface = tallSurface(stage, page, Math.max(page.height, stage.height * 2));
    const next = scrolling(random, surface.height - stage.height);
    stage.put(surface, all(stage), 0, 0);
    return { paint: () => stage.put(surface, { ...all(stage), y: next() }, 0, 0) };
  },
};

const LINE = 18;

export const terminal: Workload = {
  name: 'terminal',
  description: 'a log rushing by, one to six lines a frame',
  hz: 60,
  setUp(stage, random) {
    const log = loadPicture('log.png');
    const surface = tallSurface(stage, log, log.height + stage.height);
    let offset = 0;
    stage.put(surface, all(stage), 0, 0);
    return {
      paint() {
        offset = (offset + LINE * between(random, 1, 6)) % log.height;
        stage.put(surface, { ...all(stage), y: offset }, 0, 0);
      },
    };
  },
};

export const slides: Workload = {
  name: 'slides',
  description: 'a new slide twice a second',
  hz: 2,
  setUp(stage): Painting {
    const picture = loadPicture('slides.png');
    const count = 4;
    const height = picture.height / count;
    const surfaces = Array.from({ length: count }, (_, index) => {
      const surface = stage.createSurface(stage);
      const start = index * height * picture.width;
      const slide = {
        width: picture.width,
        height,
        pixels: picture.pixels.subarray(start, start + height * picture.width),
      };
      tile(slide, surface);
      return surface;
    });
    stage.put(surfaces[0]!, all(stage), 0, 0);
    return { paint: frame => stage.put(surfaces[frame % count]!, all(stage), 0, 0) };
  },
};
