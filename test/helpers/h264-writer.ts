/** Writes the syntax elements of H.264 (ITU-T H.264, 7.2 and 9.1), for tests of what reads them. */
export class BitWriter {
  readonly #bits: number[] = [];

  bits(count: number, value: number): this {
    for (let bit = count - 1; bit >= 0; bit--) this.#bits.push(Math.floor(value / 2 ** bit) % 2);
    return this;
  }

  flag(value: boolean): this {
    return this.bits(1, value ? 1 : 0);
  }

  unsigned(value: number): this {
    const length = Math.floor(Math.log2(value + 1));
    return this.bits(length, 0).bits(length + 1, value + 1);
  }

  signed(value: number): this {
    return this.unsigned(value > 0 ? 2 * value - 1 : -2 * value);
  }

  /** A NAL unit with what has been written, the stop bit, and the bytes that keep start codes away. */
  unit(header: number): number[] {
    const bits = [...this.#bits, 1];
    while (bits.length % 8 !== 0) bits.push(0);
    const unit = [header];
    for (let at = 0, zeros = 0; at < bits.length; at += 8) {
      const byte = bits.slice(at, at + 8).reduce((value, bit) => 2 * value + bit, 0);
      if (zeros >= 2 && byte <= 3) {
        unit.push(3);
        zeros = 0;
      }
      unit.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    return unit;
  }
}

export interface SequenceWish {
  readonly id?: number;
  readonly profile?: number;
  readonly chroma?: number;
  readonly depth?: number;
  readonly lossless?: boolean;
  readonly scaling?: boolean;
  readonly order?: 0 | 1 | 2;
  readonly references?: number;
  /** In macroblocks. */
  readonly width?: number;
  readonly height?: number;
  readonly frames?: boolean;
  /** Left, right, top, bottom, in units of two pixels. */
  readonly crop?: readonly [number, number, number, number];
  /** Of the usability information; left out: there is none. */
  readonly usability?: { readonly matrix?: number; readonly fullRange?: boolean; readonly reorder?: number };
}

/** A sequence parameter set of 32x32 pixels, unless said otherwise. */
export function sequenceUnit(wish: SequenceWish = {}): number[] {
  const { profile = 66, width = 2, height = 2, order = 2, crop, usability } = wish;
  const bits = new BitWriter()
    .bits(8, profile)
    .bits(8, 0xc0)
    .bits(8, 31)
    .unsigned(wish.id ?? 0);
  if (profile === 100) {
    bits
      .unsigned(wish.chroma ?? 1)
      .unsigned(wish.depth ?? 0)
      .unsigned(wish.depth ?? 0)
      .flag(wish.lossless ?? false);
    bits.flag(wish.scaling ?? false);
    for (let list = 0; wish.scaling && list < 8; list++) {
      bits.flag(list % 2 === 0);
      // The first ends at once, the others go on to their ends.
      if (list === 0) bits.signed(-8);
      else if (list % 2 === 0) for (let index = 0; index < (list < 6 ? 16 : 64); index++) bits.signed(index % 3);
    }
  }
  bits.unsigned(4).unsigned(order);
  if (order === 0) bits.unsigned(4);
  if (order === 1) bits.flag(true).signed(-3).signed(4).unsigned(2).signed(1).signed(-1);
  bits.unsigned(wish.references ?? 1).flag(false);
  bits
    .unsigned(width - 1)
    .unsigned(height - 1)
    .flag(wish.frames ?? true);
  if (wish.frames === false) bits.flag(false);
  bits.flag(true).flag(crop !== undefined);
  for (const edge of crop ?? []) bits.unsigned(edge);
  bits.flag(usability !== undefined);
  if (usability) writeUsability(bits, usability);
  return bits.unit(0x67);
}

function writeUsability(
  bits: BitWriter,
  { matrix, fullRange = false, reorder }: NonNullable<SequenceWish['usability']>,
) {
  bits.flag(true).bits(8, 255).bits(32, 0x0001_0001).flag(true).flag(false);
  bits
    .flag(true)
    .bits(3, 5)
    .flag(fullRange)
    .flag(matrix !== undefined);
  if (matrix !== undefined) bits.bits(8, 1).bits(8, 13).bits(8, matrix);
  bits.flag(true).unsigned(0).unsigned(0);
  bits.flag(true).bits(32, 1).bits(32, 60).flag(false);
  bits.flag(true).unsigned(1).bits(8, 0x11);
  for (let schedule = 0; schedule < 2; schedule++) bits.unsigned(100_000).unsigned(200_000).flag(true);
  bits.bits(20, 0xfffff).flag(false).flag(false).flag(true);
  bits.flag(reorder !== undefined);
  if (reorder === undefined) return;
  bits.flag(true).unsigned(0).unsigned(0).unsigned(10).unsigned(10).unsigned(reorder).unsigned(4);
}

export function pictureUnit({ id = 0, sequence = 0, groups = 1 } = {}): number[] {
  return new BitWriter()
    .unsigned(id)
    .unsigned(sequence)
    .flag(false)
    .flag(false)
    .unsigned(groups - 1)
    .bits(20, 0)
    .unit(0x68);
}

/** A slice as far as it is checked: what follows its first numbers is noise. */
export function sliceUnit({ key = false, first = 0, type = -1, parameters = 0 } = {}): number[] {
  const kind = type < 0 ? (key ? 7 : 5) : type;
  const bits = new BitWriter().unsigned(first).unsigned(kind).unsigned(parameters);
  return bits.bits(24, 0x5a_a5_5a).unit(key ? 0x65 : 0x41);
}

/** A byte stream (Annex B). */
export function stream(...units: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(units.flatMap(unit => [0, 0, 0, 1, ...unit]));
}

/** A picture that decoding can begin with, and one that goes on from it. */
export function keyPicture(wish: SequenceWish = {}): Uint8Array<ArrayBuffer> {
  return stream(sequenceUnit(wish), pictureUnit(), sliceUnit({ key: true }));
}

export function nextPicture(): Uint8Array<ArrayBuffer> {
  return stream(sliceUnit());
}
