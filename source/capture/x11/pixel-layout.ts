import type { XColor, XDisplay, XScreen, XVisual } from 'x11';
import { PeerglassError } from '../../core/errors.js';

/** Visual classes of the protocol whose pixels have their channels in them; those of the others are places in a colour map. */
const TRUE_COLOR = 4;
const DIRECT_COLOR = 5;
/** So many a colour map of 8-bit pixels has at most. */
export const FEW_COLORS = 256;

/** One channel of a pixel: the value below `max` stands `shift` bits from the right. */
export interface Channel {
  readonly shift: number;
  readonly max: number;
}

interface ColourChannels {
  readonly red: Channel;
  readonly green: Channel;
  readonly blue: Channel;
}

/** How a drawable's pixels come out of GetImage. */
export interface PixelLayout {
  readonly bytesPerPixel: 1 | 2 | 3 | 4;
  /** Rows start at multiples of so many bytes. */
  readonly rowAlignment: number;
  readonly bigEndian: boolean;
  /** `bgrx`: as the framebuffers have them; channels that are cut out of each pixel; or the colour map that has the colours. */
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

/** The screen's own where it has the depth, else one with channels, as programs with windows of another depth choose it. */
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
  return new PeerglassError(
    'E_CAPTURE',
    `The screen's pixels have a form that cannot be read (depth ${depth}).`,
    remedy,
  );
}

/** The length of a row as the server packs it. */
export function rowBytes({ bytesPerPixel, rowAlignment }: PixelLayout, width: number): number {
  return Math.ceil((width * bytesPerPixel) / rowAlignment) * rowAlignment;
}

/** BGRX for each pixel that there can be, where they are few. */
export type Palette = Uint32Array;

/** @param colors of the pixels from 0 on, 16 bits a channel */
export function paletteOf(colors: readonly XColor[]): Palette {
  const palette = new Uint32Array(FEW_COLORS);
  for (const [pixel, { red, green, blue }] of colors.entries()) {
    palette[pixel] = ((red >> 8) << 16) | (green & 0xff00) | (blue >> 8);
  }
  return palette;
}

/** Turns rows as the server packs them into BGRX without gaps. @param palette for a layout with a colour map */
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

// A screen has millions of pixels: plain loops, with no function called for each of them.

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

/** A channel's values as 0-255, the ends of the range onto each other (31 becomes 255, and so does 1023). */
function scaled({ max }: Channel): Uint8Array {
  return Uint8Array.from({ length: max + 1 }, (_, value) => Math.round((value * 255) / Math.max(1, max)));
}
