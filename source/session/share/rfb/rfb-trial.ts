import { EncodeScratch } from '../../../codecs/encode/encode-job.js';
import { chooseProfile, type EncodeProfile } from '../../../codecs/encode/encode-profile.js';
import { numbersToList } from '../../../codecs/encodings/registry.js';
import { area, type Rectangle } from '../../../core/rectangle.js';
import { nodeCompressors } from '../../../node/compressors.js';
import { BYTES_PER_PIXEL, Framebuffer } from '../../../pixels/framebuffer.js';
import type { ScreenView } from '../../../pixels/screen.js';
import type { BakeoffFrames, SentAs } from '../../bakeoff.js';
import type { Candidate, EncodeTrial, TrialFrame } from '../bakeoff/encode-trial.js';
import { aboutFrames, type LastFrame, lastFrames, MAX_PIXELS, pixelsOf } from '../bakeoff/last-frames.js';
import { POOLED_PIXELS } from '../tuning.js';
import { candidatesOf } from './encoding-candidates.js';
import type { RfbShare } from './rfb-share.js';
import type { ViewerEncoding } from './viewer-encoding.js';

/** Bytes of a FramebufferUpdate's header, and of a CopyRect rectangle. */
const UPDATE_HEADER = 4;
const COPY_RECT = 16;
const RGB = 3;

/** The last frames of an rfb viewer: the cells that it was sent, with their present pixels. */
export class RfbTrial implements EncodeTrial {
  readonly about: BakeoffFrames;
  readonly candidates: readonly Candidate[];
  readonly present: SentAs;
  readonly frames: readonly TrialFrame[];
  readonly #cells: readonly Rectangle[];
  readonly #copy: Framebuffer;
  readonly #scratch: EncodeScratch;
  readonly #pixels: ViewerEncoding['pixels'];

  constructor({ host, cuts }: Pick<RfbShare, 'host' | 'cuts'>, screen: ScreenView, encoding: ViewerEncoding) {
    const { memory, clock } = host;
    this.candidates = candidatesOf(encoding);
    this.present = encoding.sentAs;
    this.#pixels = encoding.pixels;
    const last = lastFrames(screen, cuts, encoding.capabilities.copyRect);
    const { cells, frames, part } = unitsOf(last.frames);
    this.#cells = cells;
    this.frames = frames;
    this.about = aboutFrames(last, part, clock);
    this.#copy = new Framebuffer(memory, screen.framebuffer);
    for (const cell of cells) copyCell(screen.framebuffer, this.#copy, cell);
    this.#scratch = new EncodeScratch(memory, nodeCompressors);
    this.#scratch.reserve(Math.max(...cells.map(area), 1));
  }

  get units(): number {
    return this.#cells.length;
  }

  encode(unit: number, { choice }: Candidate): number {
    const { encoder, pixels, level, jpeg } = this.#profileOf(choice);
    const rectangle = this.#cells[unit]!;
    const job = { framebuffer: this.#copy, rectangle, pixels, level, jpeg, pooled: false };
    const encoded = encoder(job, this.#scratch);
    if (encoded instanceof Promise) throw new Error('the encoder returned a promise for a job that is not pooled');
    encoded.buffer?.release();
    return encoded.bytes.length;
  }

  free(): void {
    this.#copy.free();
    this.#scratch.free();
  }

  #profileOf({ encoding, level, jpeg }: Candidate['choice']): EncodeProfile {
    return chooseProfile(numbersToList(encoding), this.#pixels, level ?? 0, jpeg, nodeCompressors);
  }
}

/**
 * Cells that occur in several frames are one unit. If there are too many, only every nth is tried and stands for the
 * rest.
 */
function unitsOf(last: readonly LastFrame[]): { cells: Rectangle[]; frames: TrialFrame[]; part: number } {
  const cells: Rectangle[] = [];
  const units = new Map<string, number>();
  const unitOf = (cell: Rectangle) => {
    const key = `${cell.x} ${cell.y} ${cell.width} ${cell.height}`;
    const known = units.get(key);
    if (known !== undefined) return known;
    units.set(key, cells.length);
    return cells.push(cell) - 1;
  };
  let [taken, all] = [0, 0];
  const frames = last.map(frame => {
    const pixels = frame.cells.reduce((sum, cell) => sum + area(cell), 0);
    const every = Math.ceil(pixels / MAX_PIXELS);
    const tried = frame.cells.filter((_, index) => every <= 1 || index % every === 0);
    const seen = tried.reduce((sum, cell) => sum + area(cell), 0);
    taken += seen;
    all += pixels;
    const encoded = tried.map(unitOf);
    return {
      encoded,
      sent: encoded,
      overhead: () => UPDATE_HEADER + frame.moves.length * COPY_RECT,
      rawBytes: pixelsOf(frame) * RGB,
      scale: seen > 0 ? pixels / seen : 1,
      pooled: pixels >= POOLED_PIXELS,
    };
  });
  return { cells, frames, part: all > 0 ? taken / all : 1 };
}

function copyCell(from: Framebuffer, to: Framebuffer, { x, y, width, height }: Rectangle): void {
  const { kernels } = from.memory;
  kernels.copyRectangle(from.at(x, y), from.stride, to.at(x, y), to.stride, width * BYTES_PER_PIXEL, height);
}
