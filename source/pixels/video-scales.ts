/** How the luma and chroma of a picture become colours. */
export interface VideoColours {
  readonly matrix: 'bt601' | 'bt709';
  /** Whether samples use 0 to 255, rather than 16 to 235 (240 for chroma). */
  readonly fullRange: boolean;
}

/** What the kernel `videoToBgrx` takes: fractions of 2^15 beside whole factors (1 of luma and V, 2 of U for blue). */
export interface VideoScales {
  /** The luma of black. */
  readonly black: number;
  readonly lumaScale: number;
  readonly redFromV: number;
  readonly greenFromU: number;
  readonly greenFromV: number;
  readonly blueFromU: number;
}

/** The luma of red and blue (ITU-R BT.601 and BT.709), from which all else follows. */
const LUMA = { bt601: { red: 0.299, blue: 0.114 }, bt709: { red: 0.2126, blue: 0.0722 } } as const;
/** Steps of luma and chroma in limited range. */
const LUMA_STEPS = 219;
const CHROMA_STEPS = 224;

export function scalesOf({ matrix, fullRange }: VideoColours): VideoScales {
  const { red, blue } = LUMA[matrix];
  const green = 1 - red - blue;
  const luma = fullRange ? 1 : 255 / LUMA_STEPS;
  const chroma = fullRange ? 1 : 255 / CHROMA_STEPS;
  const fraction = (value: number) => Math.round(value * 0x8000);
  return {
    black: fullRange ? 0 : 16,
    lumaScale: fraction(luma - 1),
    redFromV: fraction(2 * (1 - red) * chroma - 1),
    greenFromU: fraction((-2 * (1 - blue) * blue * chroma) / green),
    greenFromV: fraction((-2 * (1 - red) * red * chroma) / green),
    blueFromU: fraction(2 * (1 - blue) * chroma - 2),
  };
}
