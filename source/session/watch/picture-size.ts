import { PeerglassError } from '../../core/errors.js';
import type { Size } from '../../core/rectangle.js';
import { RGB_BYTES } from '../../protocols/classic/constants.js';

/** Common screens, and pairs of them side by side or stacked. */
const COMMON: readonly Size[] = (
  [
    ...[
      [640, 480],
      [800, 600],
      [1024, 600],
      [1024, 768],
      [1152, 864],
      [1280, 720],
      [1280, 768],
      [1280, 800],
    ],
    ...[
      [1280, 960],
      [1280, 1024],
      [1360, 768],
      [1366, 768],
      [1400, 1050],
      [1440, 900],
      [1512, 982],
      [1536, 864],
    ],
    ...[
      [1600, 900],
      [1600, 1200],
      [1680, 1050],
      [1728, 1117],
      [1920, 1080],
      [1920, 1200],
      [2048, 1152],
      [2048, 1536],
    ],
    ...[
      [2160, 1440],
      [2256, 1504],
      [2560, 1080],
      [2560, 1440],
      [2560, 1600],
      [2736, 1824],
      [2880, 1800],
      [2880, 1920],
    ],
    ...[
      [3000, 2000],
      [3024, 1964],
      [3072, 1920],
      [3200, 1800],
      [3200, 2000],
      [3440, 1440],
      [3456, 2234],
      [3840, 1600],
    ],
    ...[
      [3840, 2160],
      [3840, 2400],
      [4096, 2160],
      [5120, 1440],
      [5120, 2160],
      [5120, 2880],
      [6016, 3384],
      [7680, 4320],
    ],
    ...[
      [2732, 768],
      [3840, 1080],
      [1920, 2160],
      [2560, 2880],
      [3840, 1200],
      [1920, 2400],
      [2732, 1536],
      [5760, 1080],
    ],
  ] as const
).map(([width, height]) => ({ width, height }));

const MAX_CANDIDATES = 6;
/** Aspect ratios of screens: from square to two wide ones side by side. */
const WIDEST = 4;

/** The most bytes that a first frame may inflate to while its size is unknown. */
export const LARGEST_COMMON = Math.max(...COMMON.map(({ width, height }) => width * height)) * RGB_BYTES;

/**
 * Derives a picture's size from the length of its pixels.
 * @throws PeerglassError E_PICTURE_SIZE when no common size or more than one has that many pixels
 */
export function pictureSizeOf(length: number): Size {
  const fitting = COMMON.filter(({ width, height }) => width * height * RGB_BYTES === length);
  const [size, other] = fitting;
  if (size && !other) return size;
  const candidates = size ? fitting : shapesOf(length);
  const why = size
    ? `could be ${fitting.map(sizeText).join(' or ')}`
    : `matches no common screen size (${length} bytes)`;
  throw new PeerglassError(
    'E_PICTURE_SIZE',
    `The picture size cannot be detected: the first frame ${why}.`,
    candidates.length > 0
      ? `Choose one: ${candidates.map(each => `--size ${sizeText(each)}`).join(', ')}`
      : 'Ask the sharer for the picture size and give it with --size WIDTHxHEIGHT',
  );
}

/** Sizes with this many pixels, the likeliest shape (16:9) first. */
function shapesOf(length: number): Size[] {
  const pixels = length / RGB_BYTES;
  if (!Number.isInteger(pixels)) return [];
  const shapes: Size[] = [];
  for (let height = Math.floor(Math.sqrt(pixels)); height > 0 && pixels / height ** 2 <= WIDEST; height--) {
    if (pixels % height === 0) shapes.push({ width: pixels / height, height });
  }
  const unlike = ({ width, height }: Size) => Math.abs(Math.log((width * 9) / (height * 16)));
  return shapes.sort((a, b) => unlike(a) - unlike(b)).slice(0, MAX_CANDIDATES);
}

function sizeText({ width, height }: Size): string {
  return `${width}x${height}`;
}
