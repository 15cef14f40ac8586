import { StripEncoder } from '../../codecs/classic/strip-encoder.js';
import { area, type Size } from '../../core/rectangle.js';
import { deflateStrips } from '../../node/compressors.js';
import { createInflater } from '../../node/inflater.js';
import { createPixelMemory } from '../../node/load-kernels.js';
import { Framebuffer } from '../../pixels/framebuffer.js';
import { CONTENTS, contentOf, type MicroCase, paint } from './micro-case.js';

const LEVELS = [1, 6] as const;
/** A typed letter. */
const LETTER = { x: 300, y: 200, width: 9, height: 14 };

/** Frames of the classic protocol: a whole picture, a small change, and decoding. */
export function classicCases(size: Size): MicroCase[] {
  const memory = createPixelMemory();
  const framebuffer = new Framebuffer(memory, size);
  const inflater = createInflater({ memory });
  const rgb = Buffer.alloc(area(size) * 3);
  const about = `${size.width}x${size.height}`;
  return CONTENTS.flatMap(content => {
    const picture = contentOf(content, size);
    return LEVELS.flatMap(level => {
      const encoder = new StripEncoder(memory, size, deflateStrips);
      let frame = Buffer.alloc(0);
      const encode = async (changed: readonly (typeof LETTER)[]): Promise<number> => {
        const { pieces } = await encoder.encode(framebuffer, { rectangles: changed, moves: [] }, level);
        frame = Buffer.concat(pieces);
        return frame.length;
      };
      const whole: MicroCase = {
        name: `encode classic, level ${level}, ${content} ${about}`,
        pixels: area(size),
        bytes: null,
        prepare: () => paint(picture, framebuffer),
        async run() {
          whole.bytes = await encode([framebuffer.bounds]);
        },
      };
      const letter: MicroCase = {
        name: `encode classic, level ${level}, a letter on ${content} ${about}`,
        pixels: area(LETTER),
        bytes: null,
        run: () => encode([LETTER]),
      };
      const decode: MicroCase = {
        name: `decode classic, level ${level}, ${content} ${about}`,
        pixels: area(size),
        bytes: null,
        prepare() {
          decode.bytes = frame.length;
        },
        run: () => inflater.inflateInto(frame, rgb),
      };
      return [whole, letter, decode];
    });
  });
}
