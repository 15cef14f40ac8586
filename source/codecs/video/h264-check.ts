import { joined } from '../../core/bytes.js';
import type { Size } from '../../core/rectangle.js';
import { BitReader, H264Fault, MissingKey, nalUnits, payloadOf } from './h264-bits.js';
import { MACROBLOCK, readSequenceParameters, type SequenceParameters } from './sequence-parameters.js';

/** The largest data of one rectangle, in bytes. */
export const MAX_VIDEO_BYTES = 4 * 1024 * 1024;
/** Pictures in one rectangle: sharers send one, the protocol allows several. */
const MAX_PICTURES = 8;
const MAX_SLICES = 256;
/** Parameter sets that wait for their picture. */
const MAX_WAITING = 16;
/** Of a slice's header: enough for its first three numbers. */
const SLICE_BYTES = 16;
const PICTURE_PARAMETERS_BYTES = 64;

/** Types of NAL units (ITU-T H.264, Table 7-1). */
const UNIT = { slice: 1, idrSlice: 5, information: 6, sequence: 7, picture: 8, delimiter: 9 } as const;
/** Slice types (Table 7-6) modulo 5: pictures of others are shown out of order, or belong to profiles left out. */
const SLICE_P = 0;
const SLICE_I = 2;

const START_CODE = Uint8Array.of(0, 0, 0, 1);

/** One picture, checked. */
export interface CodedPicture {
  /** Whether decoding can begin with it. */
  readonly key: boolean;
  /** In Annex B, its parameter sets included. A copy. */
  readonly bytes: Uint8Array;
  readonly sequence: SequenceParameters;
}

interface OpenPicture {
  readonly key: boolean;
  readonly sequence: SequenceParameters;
  readonly parts: Uint8Array[];
  slices: number;
}

/**
 * Checks the H.264 of one rectangle (rfbproto's Open H.264) before a decoder sees it: what a decoder is given is of a
 * known shape and size, and begins where decoding can begin. One object per context, since parameter sets last.
 */
export class H264Check {
  readonly #size: Size;
  readonly #sequences = new Map<number, SequenceParameters>();
  /** Picture parameter sets, and the sequence that each belongs to. */
  readonly #pictures = new Map<number, number>();
  #waiting: Uint8Array[] = [];
  #begun = false;

  /** @param size of the rectangle */
  constructor(size: Size) {
    this.#size = size;
  }

  /**
   * The pictures in the data of one rectangle. Information and delimiters are left out. After a fault nothing more may
   * be checked with this object.
   * @throws H264Fault
   */
  pictures(data: Uint8Array): CodedPicture[] {
    if (data.length > MAX_VIDEO_BYTES) throw new H264Fault(`of ${data.length} bytes in one rectangle`);
    const found: CodedPicture[] = [];
    let open: OpenPicture | null = null;
    for (const unit of nalUnits(data)) {
      if (unit[0]! & 0x80) throw new H264Fault('with a unit that is damaged');
      const type = unit[0]! & 0x1f;
      if (type === UNIT.slice || type === UNIT.idrSlice) {
        open = this.#slice(unit, type === UNIT.idrSlice, open, found);
        continue;
      }
      if (open) found.push(closed(open));
      open = null;
      this.#other(unit, type);
    }
    if (open) found.push(closed(open));
    return found;
  }

  #other(unit: Uint8Array, type: number): void {
    switch (type) {
      case UNIT.information:
      case UNIT.delimiter:
        return;
      case UNIT.sequence: {
        const sequence = readSequenceParameters(unit);
        this.#checkSize(sequence);
        this.#sequences.set(sequence.id, sequence);
        break;
      }
      case UNIT.picture:
        this.#pictureParameters(unit);
        break;
      default:
        throw new H264Fault(`with a unit of type ${type}`);
    }
    if (this.#waiting.length >= MAX_WAITING) throw new H264Fault('with parameters and no picture');
    this.#waiting.push(unit.slice());
  }

  /** A picture is the rectangle, rounded up to whole macroblocks, and shows all of it. */
  #checkSize({ width, height, shownWidth, shownHeight }: SequenceParameters): void {
    const { width: right, height: bottom } = this.#size;
    const fits = width === wholeMacroblocks(right) && height === wholeMacroblocks(bottom);
    if (!fits || shownWidth < right || shownHeight < bottom) {
      throw new H264Fault(`of ${shownWidth}x${shownHeight} pixels in a rectangle of ${right}x${bottom}`);
    }
  }

  #pictureParameters(unit: Uint8Array): void {
    const bits = new BitReader(payloadOf(unit, PICTURE_PARAMETERS_BYTES));
    const id = bits.unsigned(255);
    const sequence = bits.unsigned(31);
    // The entropy coding, and the order of fields.
    bits.bits(2);
    if (bits.unsigned(7) !== 0) throw new H264Fault('whose macroblocks are out of order');
    this.#pictures.set(id, sequence);
  }

  #slice(unit: Uint8Array, key: boolean, open: OpenPicture | null, found: CodedPicture[]): OpenPicture {
    const bits = new BitReader(payloadOf(unit, SLICE_BYTES));
    const first = bits.unsigned(2 ** 24);
    const type = bits.unsigned(9) % 5;
    if (type !== SLICE_I && (type !== SLICE_P || key)) throw new H264Fault(`with a slice of type ${type}`);
    if (!key && !this.#begun) throw new MissingKey('that begins with a picture for which others are needed');
    const sequence = this.#sequences.get(this.#pictures.get(bits.unsigned(255)) ?? -1);
    if (!sequence) throw new H264Fault('without its parameters');
    if (first !== 0) {
      if (!open || open.key !== key) throw new H264Fault('that begins inside a picture');
      if (++open.slices > MAX_SLICES) throw new H264Fault(`of more than ${MAX_SLICES} slices`);
      open.parts.push(START_CODE, unit);
      return open;
    }
    if (open) found.push(closed(open));
    if (found.length >= MAX_PICTURES) throw new H264Fault(`of more than ${MAX_PICTURES} pictures`);
    this.#begun = true;
    const parts = [...this.#waiting, unit].flatMap(each => [START_CODE, each]);
    this.#waiting = [];
    return { key, sequence, parts, slices: 1 };
  }
}

function closed({ key, sequence, parts }: OpenPicture): CodedPicture {
  return { key, sequence, bytes: joined(parts) };
}

export function wholeMacroblocks(pixels: number): number {
  return Math.ceil(pixels / MACROBLOCK) * MACROBLOCK;
}
