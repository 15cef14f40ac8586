import type { Rectangle, Size } from '../../core/rectangle.js';
import { loadPicture, tile, view } from '../pictures.js';
import { all, type Painting, type Random, type Stage, type Workload } from './workload.js';

/** Limit on shared memory for prepared frames. */
const MAX_BYTES = 256 * 1024 * 1024;
const MAX_FRAMES = 32;
const MIN_FRAMES = 6;

function frameCount({ width, height }: Size): number {
  return Math.max(MIN_FRAMES, Math.min(MAX_FRAMES, Math.floor(MAX_BYTES / (width * height * 4))));
}

/** A camera that pans and zooms over a photograph: every pixel changes, and no frame is another one shifted. */
function film(stage: Stage, place: Rectangle, random: Random): Painting {
  const photo = loadPicture('photo.jpg');
  const count = frameCount(place);
  const angle = random() * Math.PI * 2;
  const frames = Array.from({ length: count }, (_, index) => {
    const surface = stage.createSurface(place);
    const zoom = 1 + index * 0.013;
    view(photo, Math.cos(angle) * index * 3.3, Math.sin(angle) * index * 2.7, zoom, surface);
    return surface;
  });
  return {
    paint(frame) {
      // Forwards and backwards, to avoid a cut.
      const step = frame % (2 * count - 2);
      const surface = frames[step < count ? step : 2 * count - 2 - step]!;
      stage.put(surface, all(place), place.x, place.y);
    },
  };
}

export const video: Workload = {
  name: 'video',
  description: 'a moving photograph on a quarter of the screen, at 30 fps',
  hz: 30,
  setUp(stage, random) {
    const page = stage.createSurface(stage);
    tile(loadPicture('page.png'), page);
    stage.put(page, all(stage), 0, 0);
    const [width, height] = [stage.width >> 1, stage.height >> 1];
    return film(stage, { x: width >> 1, y: height >> 1, width, height }, random);
  },
};

export const full: Workload = {
  name: 'full',
  description: 'a moving photograph on the whole screen',
  hz: 60,
  setUp: (stage, random) => film(stage, all(stage), random),
};
