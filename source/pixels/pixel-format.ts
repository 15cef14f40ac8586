/** The kernels' side of pixel formats; the type lies in core, so that protocols know it too. */
export type { PixelFormat } from '../core/pixel-format.js';
export { BGR233, BGRX, pixelFormatKey, samePixelFormat } from '../core/pixel-format.js';
