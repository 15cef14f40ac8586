import type { XColor, XDisplay, XScreen, XVisual } from 'x11';
import { PeerglassError } from '../../core/errors.js';

/** Visual classes whose pixels contain the channels. Pixels of the other classes are indices of a colour map. */
const TRUE_COLOR = 4;
const DIRECT_COLOR = 5;
/** The most entries that a colour map of 8-bit pixels can have. */
export const FEW_COLORS = 256;

/** One channel of a pixel: a value from 0 to `max`, `shift` bits from the right. */
export interface Channel {
  readonly shift: number;
  readonly max: number;
}

interface ColourChannels {
  readonly red: Channel;
  readonly green: Channel;
  readonly blue: Channel;
}

/** The format of a drawable's pixels as GetImage returns them. */
export interface PixelLayout {
  readonly bytesPerPixel: 1 | 2 | 3 | 4;
  /** Rows start at multiples of this many bytes. */
  readonly rowAlignment: number;
  readonly bigEndian: boolean;
  /** `bgrx`: the framebuffers' own format; else the channels inside each pixel, or the id of the colour map. */
  readonly colours: 'bgrx' | ColourChannels | { readonly map: number };
}

/**
 * @param depth the drawable's
 * @throws PeerglassError E_CAPTURE for pixels that cannot be read
 */
export function pixelLayout(display: XDisplay, screen: XScreen, depth: number): PixelLayout {
  const format = display.format[depth];
  const bytesPerPixel = (format?.bits_per_pixel ?? 0) / 8;
  if (!format || !isWhole(bytesPerPixel)) throw unreadable(depth);
  const rowAlignment = format.scanline_pad / 8;
  const bigEndian = display.image_byte_order !== 0;
  const visual = visualOf(screen, depth);
  if (!visual) throw unreadable(depth);
  if (visual.class !== TRUE_COLOR && visual.class !== DIRECT_COLOR) {
    if (bytesPerPixel !== 1) throw unreadable(depth);
    return { bytesPerPixel, rowAlignment, bigEndian, colours: { map: screen.default_colormap } };
  }
  const [red, green, blue] = [visual.red_mask, visual.green_mask, visual.blue_mask].map(channelOf) as Channels;
  const native = same(red, 16) && same(green, 8) && same(blue, 0) && bytesPerPixel === 4 && !bigEndian;
  return { bytesPerPixel, rowAlignment, bigEndian, colours: native ? 'bgrx' : { red, green, blue } };
}

type Channels = [Channel, Channel, Channel];

/** The root's visual if it has this depth, else a TrueColor one, as windows of another depth usually have. */
function visualOf(screen: XScreen, depth: number): XVisual | undefined {
  const visuals = screen.depths[depth] ?? {};
  return visuals[screen.root_visual] ?? Object.values(visuals).find(each => each.class === TRUE_COLOR);
}

function channelOf(mask: number): Channel {
  const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
  return { shift, max: mask >>> shift };
}

function same({ shift, max }: Channel, wanted: number): boolean {
  return shift === wanted && max === 255;
}

function isWhole(bytes: number): bytes is PixelLayout['bytesPerPixel'] {
  return [1, 2, 3, 4].includes(bytes);
}

function unreadable(depth: number): PeerglassError {
  const remedy =
    'Run the X server with 24 bits a pixel (DefaultDepth 24 in its configuration, or Xvfb -screen 0 WxHx24).';
  return new PeerglassError('E_CAPTURE', `The screen's pixel format is not supported (depth ${depth}).`, remedy);
}

/** The length of a row as the server packs it. */
export function rowBytes({ bytesPerPixel, rowAlignment }: PixelLayout, width: number): number {
  return Math.ceil((width * bytesPerPixel) / rowAlignment) * rowAlignment;
}

/** BGRX by pixel value, for pixels of 8 bits. */
export type Palette = Uint32Array;

/** @param colors the colours of pixel 0 and up, 16 bits per channel */
export function paletteOf(colors: readonly XColor[]): Palette {
  const palette = new Uint32Array(FEW_COLORS);
  for (const [pixel, { red, green, blue }] of colors.entries()) {
    palette[pixel] = ((red >> 8) << 16) | (green & 0xff00) | (blue >> 8);
  }
  return palette;
}

/** Converts the server's rows to packed BGRX. @param palette for a layout with a colour map */
export function widen(
  rows: Uint8Array,
  layout: PixelLayout,
  width: number,
  height: number,
  palette: Palette | null = null,
): Buffer {
  const pixels = pixelsOf(rows, layout, width, height);
  const { colours } = layout;
  if (colours !== 'bgrx') {
    if ('map' in colours) lookUp(pixels, palette ?? new Uint32Array(FEW_COLORS));
    else scaleChannels(pixels, colours);
  }
  return Buffer.from(pixels.buffer);
}

// A screen has millions of pixels: plain loops, without a function call per pixel.

function pixelsOf(rows: Uint8Array, layout: PixelLayout, width: number, height: number): Uint32Array {
  const { bytesPerPixel, bigEndian } = layout;
  const stride = rowBytes(layout, width);
  const pixels = new Uint32Array(width * height);
  const [highest, towardsLow] = bigEndian ? [0, 1] : [bytesPerPixel - 1, -1];
  for (let y = 0, place = 0; y < height; y++) {
    let at = y * stride;
    for (const end = place + width; place < end; place++, at += bytesPerPixel) {
      let pixel = 0;
      for (let byte = 0, from = at + highest; byte < bytesPerPixel; byte++, from += towardsLow) {
        pixel = (pixel << 8) | rows[from]!;
      }
      pixels[place] = pixel;
    }
  }
  return pixels;
}

function lookUp(pixels: Uint32Array, palette: Palette): void {
  for (let place = 0; place < pixels.length; place++) pixels[place] = palette[pixels[place]!]!;
}

function scaleChannels(pixels: Uint32Array, { red, green, blue }: ColourChannels): void {
  const [reds, greens, blues] = [scaled(red), scaled(green), scaled(blue)];
  for (let place = 0; place < pixels.length; place++) {
    const pixel = pixels[place]!;
    pixels[place] =
      (reds[(pixel >>> red.shift) & red.max]! << 16) |
      (greens[(pixel >>> green.shift) & green.max]! << 8) |
      blues[(pixel >>> blue.shift) & blue.max]!;
  }
}

/** Maps a channel's values onto the full range 0-255: a maximum of 31 or of 1023 becomes 255. */
function scaled({ max }: Channel): Uint8Array {
  return Uint8Array.from({ length: max + 1 }, (_, value) => Math.round((value * 255) / Math.max(1, max)));
}
