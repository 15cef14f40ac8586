import { ClassicPicture } from '../../codecs/classic/classic-picture.js';
import { stageStrip, stripsOf } from '../../codecs/classic/strip-encoder.js';
import { SPLICE_BYTES } from '../../codecs/classic/zlib-splice.js';
import { area, overlaps, type Rectangle } from '../../core/rectangle.js';
import { deflateStripSync } from '../../node/compressors.js';
import { Framebuffer } from '../../pixels/framebuffer.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { frameHeader, rawLength } from '../../protocols/classic/frames.js';
import type { BakeoffFrames, SentAs } from '../bakeoff.js';
import { LIMITS } from '../share-options.js';
import { type Candidate, type EncodeTrial, sameChoice, type TrialFrame } from './bakeoff/encode-trial.js';
import { aboutFrames, lastFrames } from './bakeoff/last-frames.js';
import { CellCuts } from './rfb/cells.js';
import type { ShareHost } from './viewer-session.js';

const RGB_BYTES = 3;

/**
 * The last frames of the classic protocol. Each is the whole picture, of which the changed strips are compressed again,
 * with their present pixels.
 */
export class ClassicTrial implements EncodeTrial {
  readonly about: BakeoffFrames;
  readonly candidates: readonly Candidate[];
  readonly present: SentAs;
  readonly frames: readonly TrialFrame[];
  readonly #memory: PixelMemory;
  readonly #strips: readonly Rectangle[];
  readonly #copy: Framebuffer;
  readonly #scratch: number;
  /** One uncompressed strip. */
  readonly #raw: Buffer;

  constructor(host: Pick<ShareHost, 'memory' | 'clock' | 'options' | 'picture'>, present: SentAs) {
    const { classicSize: size, classicFit } = host.options;
    const screen = host.picture(false);
    const picture = new ClassicPicture(host.memory, size, classicFit);
    picture.update(screen);
    this.#memory = host.memory;
    this.present = present;
    this.candidates = candidatesOf(present);
    this.#strips = stripsOf(size);
    const last = lastFrames(screen, new CellCuts(), false);
    const all = this.#strips.map((_, strip) => strip);
    this.frames = last.frames.map(({ cells }) => {
      const places = cells.flatMap(cell => picture.toPicture(cell) ?? []);
      const encoded = all.filter(strip => places.some(place => overlaps(place, this.#strips[strip]!)));
      const overhead = (strips: number) => SPLICE_BYTES + frameHeader(strips + SPLICE_BYTES).length;
      return { encoded, sent: all, overhead, rawBytes: rawLength(size), scale: 1, pooled: true };
    });
    this.about = aboutFrames(last, 1, host.clock);
    this.#copy = new Framebuffer(host.memory, size);
    this.#copy.bytes().set(picture.framebuffer.bytes());
    picture.free();
    const largest = area(this.#strips[0]!) * RGB_BYTES;
    this.#scratch = host.memory.allocate(largest);
    this.#raw = Buffer.alloc(largest);
  }

  get units(): number {
    return this.#strips.length;
  }

  encode(unit: number, { choice }: Candidate): number {
    const strip = this.#strips[unit]!;
    const raw = this.#raw.subarray(0, area(strip) * RGB_BYTES);
    stageStrip(this.#copy, strip, this.#scratch, raw);
    return deflateStripSync(raw, choice.level ?? 0).length;
  }

  free(): void {
    this.#copy.free();
    this.#memory.free(this.#scratch);
  }
}

/** Every level, the present one first. */
function candidatesOf(present: SentAs): Candidate[] {
  const { least, most } = LIMITS.level;
  const candidates = Array.from({ length: most - least + 1 }, (_, index): Candidate => {
    const level = least + index;
    return { choice: { encoding: 'zlib', level, jpeg: null }, levels: { least: level, most: level }, pooled: true };
  });
  return candidates.sort((a, b) => Number(sameChoice(b.choice, present)) - Number(sameChoice(a.choice, present)));
}
