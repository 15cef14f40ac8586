export const ICON_SIDE = 32;

const FRAME = 0xff_2b_3a_42;
const BACK = 0xff_4f_8f_b8;
const FRONT = 0xff_e8_f4_fa;

/** Two panes of glass, one before the other: BGRA, rows from the top. */
export function windowIcon(): Uint8Array {
  const pixels = new Uint32Array(ICON_SIDE * ICON_SIDE);
  const pane = (left: number, top: number, right: number, bottom: number, colour: number) => {
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const edge = x < left + 2 || x >= right - 2 || y < top + 2 || y >= bottom - 2;
        pixels[y * ICON_SIDE + x] = edge ? FRAME : colour;
      }
    }
  };
  pane(1, 3, 23, 19, BACK);
  pane(9, 13, 31, 29, FRONT);
  return new Uint8Array(pixels.buffer);
}
