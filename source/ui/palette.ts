/**
 * The 256 colours of a terminal, as xterm defined them: 0-15 are the terminal's own, 16-231 a cube of six steps each
 * of red, green and blue, 232-255 a ramp of greys from #080808 to #eeeeee.
 */
const STEPS = [0, 95, 135, 175, 215, 255] as const;
const CUBE = 16;
const RAMP = 232;
const RAMP_STEPS = 24;
const RAMP_FIRST = 8;
const RAMP_STEP = 10;

export type Rgb = readonly [red: number, green: number, blue: number];

/** By the value of a component, the number of the nearest step. */
const NEAREST_STEP = Uint8Array.from({ length: 256 }, (_, value) => {
  let nearest = 0;
  for (let step = 1; step < STEPS.length; step++) {
    if (Math.abs(STEPS[step]! - value) < Math.abs(STEPS[nearest]! - value)) nearest = step;
  }
  return nearest;
});

function distance(red: number, green: number, blue: number, r: number, g: number, b: number): number {
  return (red - r) ** 2 + (green - g) ** 2 + (blue - b) ** 2;
}

/** The number of the nearest colour of the cube and the ramp. Components are 0-255. */
export function nearest256(red: number, green: number, blue: number): number {
  const [r, g, b] = [NEAREST_STEP[red]!, NEAREST_STEP[green]!, NEAREST_STEP[blue]!];
  const inCube = distance(red, green, blue, STEPS[r]!, STEPS[g]!, STEPS[b]!);
  const cube = CUBE + 36 * r + 6 * g + b;
  if (inCube === 0) return cube;
  const mean = (red + green + blue) / 3;
  const onRamp = Math.max(0, Math.min(RAMP_STEPS - 1, Math.round((mean - RAMP_FIRST) / RAMP_STEP)));
  const grey = RAMP_FIRST + RAMP_STEP * onRamp;
  return distance(red, green, blue, grey, grey, grey) < inCube ? RAMP + onRamp : cube;
}

/** "#30506b" as its components. */
export function rgbOf(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Relative luminance, 0 (black) to 1 (white), as WCAG 2 defines it. */
export function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map(value => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
