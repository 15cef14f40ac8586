/** The quantile `share` (0 to 1) of unsorted values, interpolated; NaN if there are none. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  const below = sorted[low]!;
  const above = sorted[Math.min(low + 1, sorted.length - 1)]!;
  return below + (above - below) * (at - low);
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly count: number;
}

/** Median, minimum and maximum of the finite values; null if there are none. */
export function spread(values: readonly (number | null)[]): Spread | null {
  const finite = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (finite.length === 0) return null;
  return { median: quantile(finite, 0.5), least: Math.min(...finite), most: Math.max(...finite), count: finite.length };
}

/** Every third pixel is compared, which is plenty for the mean of a picture. */
const STEP = 3;

/** Mean squared errors of a picture: of its three channels, of its brightness, and of its two differences of colour. */
export interface PictureError {
  readonly rgb: number;
  readonly luma: number;
  readonly chroma: number;
}

/** Compares two BGRX pictures of the same size; 0 if they are equal. Luma and chroma are those of BT.601, full range. */
export function pictureError(a: Uint8Array, b: Uint8Array): PictureError {
  let [rgb, luma, chroma, pixels] = [0, 0, 0, 0];
  for (let at = 0; at + 3 < a.length; at += 4 * STEP) {
    const blue = a[at]! - b[at]!;
    const green = a[at + 1]! - b[at + 1]!;
    const red = a[at + 2]! - b[at + 2]!;
    rgb += blue * blue + green * green + red * red;
    const y = 0.299 * red + 0.587 * green + 0.114 * blue;
    const cb = (blue - y) * 0.564;
    const cr = (red - y) * 0.713;
    luma += y * y;
    chroma += cb * cb + cr * cr;
    pixels += 1;
  }
  return { rgb: rgb / (pixels * 3), luma: luma / pixels, chroma: chroma / (pixels * 2) };
}

/** Peak signal-to-noise ratio in dB from a mean squared error; null for identical pictures. */
export function psnr(error: number): number | null {
  return error === 0 ? null : 10 * Math.log10((255 * 255) / error);
}
