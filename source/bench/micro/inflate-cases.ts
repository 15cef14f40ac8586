import { constants, deflateRawSync } from 'node:zlib';
import { area, type Rectangle, type Size } from '../../core/rectangle.js';
import { createInflater } from '../../node/inflater.js';
import { createPixelMemory } from '../../node/load-kernels.js';
import { Framebuffer } from '../../pixels/framebuffer.js';
import { cutEvenly } from '../../session/share/rfb/cells.js';
import { CONTENTS, contentOf, type MicroCase, paint } from './micro-case.js';

const LEVEL = 2;
const ZLIB_HEADER = Uint8Array.of(0x78, 0x01);
const EMPTY_FINAL = Uint8Array.of(3, 0);

interface Block {
  /** A zlib stream that ends with a flush. */
  readonly flushed: Uint8Array;
  /** The same, ended, as a frame of the classic protocol. */
  readonly frame: Uint8Array;
  readonly length: number;
}

/**
 * Inflating a picture's RGB, in a share's cells and in one piece: by the kernel, and as a frame of the classic protocol by
 * that protocol's inflater (which also verifies the checksum and copies, as it must there).
 */
export function inflateCases(size: Size): MicroCase[] {
  const memory = createPixelMemory();
  const framebuffer = new Framebuffer(memory, size);
  const rgb = memory.allocate(area(size) * 3);
  const inflater = createInflater({ memory });
  const stream = inflater.createStream();

  const deflate = ({ x, y, width, height }: Rectangle): Block => {
    const length = width * height * 3;
    memory.kernels.bgrxToRgb(framebuffer.at(x, y), framebuffer.stride, rgb, width * 3, width, height);
    const raw = deflateRawSync(memory.bytes(rgb, length), { level: LEVEL, finishFlush: constants.Z_SYNC_FLUSH });
    const sum = Buffer.alloc(4);
    sum.writeInt32BE(memory.kernels.adler32(rgb, length, 1));
    return {
      flushed: Buffer.concat([ZLIB_HEADER, raw]),
      frame: Buffer.concat([ZLIB_HEADER, raw, EMPTY_FINAL, sum]),
      length,
    };
  };

  return CONTENTS.flatMap(content => {
    paint(contentOf(content, size), framebuffer);
    return [
      { what: 'cells', blocks: cutEvenly(framebuffer.bounds).map(deflate) },
      { what: 'one piece', blocks: [deflate(framebuffer.bounds)] },
    ].flatMap(({ what, blocks }) => {
      const about = `${what} of ${content} ${size.width}x${size.height}`;
      const facts = { pixels: area(size), bytes: area(size) * 3 };
      const byKernel = () => {
        for (const { flushed, length } of blocks) {
          stream.reset();
          stream.inflate(flushed, length);
        }
      };
      const asFrame = () => {
        for (const { frame, length } of blocks) inflater.inflateInto(frame, memory.bytes(rgb, length));
      };
      return [
        { name: `inflate by kernel, ${about}`, ...facts, run: byKernel },
        { name: `inflate by ${inflater.name}, ${about}`, ...facts, run: asFrame },
      ];
    });
  });
}
