import type { VideoColours } from '../../pixels/video-scales.js';
import { BitReader, H264Fault, payloadOf } from './h264-bits.js';

/** A sequence parameter set (ITU-T H.264, 7.3.2.1) that a decoder may be given. */
export interface SequenceParameters {
  readonly id: number;
  /** As WebCodecs and RFC 6381 name it, e.g. "avc1.42c01f". */
  readonly codec: string;
  /** Of the pictures as coded, in whole macroblocks. */
  readonly width: number;
  readonly height: number;
  /** Of the part to be shown, at the top left. */
  readonly shownWidth: number;
  readonly shownHeight: number;
  readonly colours: VideoColours;
}

export const MACROBLOCK = 16;

/** Baseline, Main and High; what others add (fields, 4:2:2, 10 bits, data partitions) no sharer of screens needs. */
const BASELINE = 66;
const MAIN = 77;
const HIGH = 100;

const MAX_REFERENCES = 4;
const MAX_BYTES = 1024;
/** More macroblocks on a side than the largest picture of rfb has. */
const MAX_MACROBLOCKS = 65_536 / MACROBLOCK;
/** From Table E-5. */
const MATRIX_BT709 = 1;
const EXTENDED_ASPECT_RATIO = 255;

/** @param unit a NAL unit of type 7 @throws H264Fault */
export function readSequenceParameters(unit: Uint8Array): SequenceParameters {
  if (unit.length > MAX_BYTES) throw new H264Fault(`with sequence parameters of ${unit.length} bytes`);
  const bits = new BitReader(payloadOf(unit, MAX_BYTES));
  const profile = bits.bits(8);
  const constraints = bits.bits(8);
  const level = bits.bits(8);
  const id = bits.unsigned(31);
  if (profile === HIGH) readHigh(bits);
  else if (profile !== BASELINE && profile !== MAIN) throw new H264Fault(`of the profile ${profile}`);
  readOrder(bits);
  if (bits.unsigned(16) > MAX_REFERENCES) throw new H264Fault(`with more than ${MAX_REFERENCES} reference pictures`);
  // Whether gaps in the numbers of pictures are allowed.
  bits.flag();
  const width = (bits.unsigned(MAX_MACROBLOCKS - 1) + 1) * MACROBLOCK;
  const height = (bits.unsigned(MAX_MACROBLOCKS - 1) + 1) * MACROBLOCK;
  if (!bits.flag()) throw new H264Fault('that is interlaced');
  // Inference of motion vectors.
  bits.flag();
  const cropped = bits.flag() ? readCropping(bits) : { right: 0, bottom: 0 };
  const colours = bits.flag() ? readUsability(bits) : UNSPECIFIED;
  const codec = `avc1.${[profile, constraints, level].map(byte => byte.toString(16).padStart(2, '0')).join('')}`;
  return { id, codec, width, height, shownWidth: width - cropped.right, shownHeight: height - cropped.bottom, colours };
}

/** What High adds: chroma format, bit depths and scaling matrices. */
function readHigh(bits: BitReader): void {
  if (bits.unsigned(3) !== 1) throw new H264Fault('that is not 4:2:0');
  if (bits.unsigned(6) !== 0 || bits.unsigned(6) !== 0) throw new H264Fault('of more than 8 bits');
  if (bits.flag()) throw new H264Fault('without a transform');
  if (!bits.flag()) return;
  for (let list = 0; list < 8; list++) {
    if (bits.flag()) skipScalingList(bits, list < 6 ? 16 : 64);
  }
}

function skipScalingList(bits: BitReader, size: number): void {
  let last = 8;
  for (let index = 0, next = 8; index < size && next !== 0; index++) {
    next = (last + bits.signed() + 256) % 256;
    if (next !== 0) last = next;
  }
}

/** How pictures are numbered, which is of no interest here. */
function readOrder(bits: BitReader): void {
  bits.unsigned(12);
  const kind = bits.unsigned(2);
  if (kind === 0) bits.unsigned(12);
  if (kind !== 1) return;
  bits.flag();
  bits.signed();
  bits.signed();
  for (let left = bits.unsigned(255); left > 0; left--) bits.signed();
}

/** In units of two pixels, since chroma has half the size. */
function readCropping(bits: BitReader): { readonly right: number; readonly bottom: number } {
  const most = MACROBLOCK / 2 - 1;
  const [left, right] = [bits.unsigned(most), bits.unsigned(most)];
  const [top, bottom] = [bits.unsigned(most), bits.unsigned(most)];
  if (left !== 0 || top !== 0) throw new H264Fault('that is cut at the left or the top');
  return { right: 2 * right, bottom: 2 * bottom };
}

/** What swscale and most decoders take where nothing is said. */
const UNSPECIFIED: VideoColours = { matrix: 'bt601', fullRange: false };

/** The video usability information (Annex E.1.1). */
function readUsability(bits: BitReader): VideoColours {
  let colours = UNSPECIFIED;
  if (bits.flag() && bits.bits(8) === EXTENDED_ASPECT_RATIO) bits.bits(32);
  if (bits.flag()) bits.flag();
  if (bits.flag()) colours = readSignal(bits);
  if (bits.flag()) {
    bits.unsigned(5);
    bits.unsigned(5);
  }
  if (bits.flag()) {
    bits.bits(32);
    bits.bits(32);
    bits.flag();
  }
  const nalBuffer = bits.flag();
  if (nalBuffer) skipBufferModel(bits);
  const codedBuffer = bits.flag();
  if (codedBuffer) skipBufferModel(bits);
  if (nalBuffer || codedBuffer) bits.flag();
  bits.flag();
  if (bits.flag()) readRestrictions(bits);
  return colours;
}

function readSignal(bits: BitReader): VideoColours {
  bits.bits(3);
  const fullRange = bits.flag();
  if (!bits.flag()) return { matrix: 'bt601', fullRange };
  bits.bits(16);
  return { matrix: bits.bits(8) === MATRIX_BT709 ? 'bt709' : 'bt601', fullRange };
}

/** The hypothetical reference decoder (E.1.2). */
function skipBufferModel(bits: BitReader): void {
  const count = bits.unsigned(31) + 1;
  bits.bits(8);
  for (let index = 0; index < count; index++) {
    bits.unsigned(2 ** 32 - 2);
    bits.unsigned(2 ** 32 - 2);
    bits.flag();
  }
  bits.bits(20);
}

/** Decoders must not hold pictures back to put them in order. */
function readRestrictions(bits: BitReader): void {
  bits.flag();
  for (let number = 0; number < 4; number++) bits.unsigned(16);
  if (bits.unsigned(16) > 0) throw new H264Fault('whose pictures are out of order');
  bits.unsigned(16);
}
