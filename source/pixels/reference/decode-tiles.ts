import { HEXTILE_ANSWER, TILE_ANSWER } from '../decode-kernels.js';
import type { Plane } from './compare.js';
import { colourAt, setPixel, type WireColour } from './decode-pixels.js';

/** A tile decoder's state between calls. */
export interface TileProgress {
  nextTile: number;
  consumed: number;
  /** ZRLE, TRLE: the last palette. Hextile: background and foreground. */
  colours: number[];
}

/** An error inside a tile: a result of the kernel. */
class Stopped extends Error {
  readonly answer: number;

  constructor(answer: number) {
    super();
    this.answer = answer;
  }
}

interface Tile {
  readonly bytes: Uint8Array;
  at: number;
  readonly to: Plane;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly wire: WireColour;
}

interface Tiles {
  readonly bytes: Uint8Array;
  readonly to: Plane;
  readonly width: number;
  readonly height: number;
  readonly wire: WireColour;
}

/** The plain version of kernels/decode-tiles.ts. @returns a TILE_ANSWER */
export function decodeTiles(tiles: Tiles, side: number, reuse: boolean, progress: TileProgress): number {
  return eachTile(tiles, side, progress, tile => decodeTile(tile, reuse, progress));
}

/** The plain version of kernels/decode-hextile.ts. @returns a HEXTILE_ANSWER */
export function decodeHextile(tiles: Tiles, progress: TileProgress): number {
  if (progress.colours.length === 0) progress.colours = [0, 0];
  return eachTile(tiles, 16, progress, tile => decodeHextileTile(tile, progress));
}

function eachTile(tiles: Tiles, side: number, progress: TileProgress, decode: (tile: Tile) => void): number {
  const columns = Math.ceil(tiles.width / side);
  const count = columns * Math.ceil(tiles.height / side);
  progress.consumed = 0;
  for (; progress.nextTile < count; progress.nextTile++) {
    const x = (progress.nextTile % columns) * side;
    const y = Math.floor(progress.nextTile / columns) * side;
    const [width, height] = [Math.min(side, tiles.width - x), Math.min(side, tiles.height - y)];
    const tile = { ...tiles, at: progress.consumed, x, y, width, height };
    try {
      decode(tile);
    } catch (thrown) {
      if (thrown instanceof Stopped) return thrown.answer;
      throw thrown;
    }
    progress.consumed = tile.at;
  }
  return TILE_ANSWER.done;
}

function decodeTile(tile: Tile, reuse: boolean, progress: TileProgress): void {
  const subencoding = byte(tile);
  if (subencoding === 0) raw(tile);
  else if (subencoding === 1) {
    const one = colour(tile);
    paint(tile, () => one);
  } else if (subencoding === 128) runs(tile, () => ({ colour: colour(tile), long: true }));
  else decodePalette(tile, subencoding, reuse, progress);
}

function decodePalette(tile: Tile, subencoding: number, reuse: boolean, progress: TileProgress): void {
  const again = subencoding === 127 || subencoding === 129;
  const palette = again ? progress.colours : null;
  const count = palette ? palette.length : subencoding > 128 ? subencoding - 128 : subencoding;
  if ((again && (!reuse || count === 0)) || (subencoding < 128 && count > 16)) {
    throw new Stopped(TILE_ANSWER.badSubencoding);
  }
  if (!palette) {
    need(tile, count * tile.wire.size);
    progress.colours = Array.from({ length: count }, () => colour(tile));
  }
  const entry = (index: number) => {
    if (index >= count) throw new Stopped(TILE_ANSWER.badIndex);
    return progress.colours[index]!;
  };
  if (subencoding > 128) {
    runs(tile, () => {
      const index = byte(tile);
      return { colour: entry(index & 127), long: index > 127 };
    });
    return;
  }
  const bits = count <= 2 ? 1 : count <= 4 ? 2 : 4;
  const rowBytes = Math.ceil((tile.width * bits) / 8);
  need(tile, rowBytes * tile.height);
  const start = tile.at;
  paint(tile, (x, y) => {
    const packed = tile.bytes[start + y * rowBytes + Math.floor((x * bits) / 8)]!;
    return entry((packed >> (8 - bits - ((x * bits) % 8))) & (2 ** bits - 1));
  });
  tile.at += rowBytes * tile.height;
}

function runs(tile: Tile, next: () => { readonly colour: number; readonly long: boolean }): void {
  const total = tile.width * tile.height;
  for (let done = 0; done < total; ) {
    const run = next();
    let length = 1;
    for (let more = run.long ? 255 : 0; more === 255; ) {
      more = byte(tile);
      length += more;
      if (done + length > total) throw new Stopped(TILE_ANSWER.badRun);
    }
    for (; length > 0; length--, done++) {
      setPixel(tile.to, tile.x + (done % tile.width), tile.y + Math.floor(done / tile.width), run.colour);
    }
  }
}

function decodeHextileTile(tile: Tile, progress: TileProgress): void {
  const mask = byte(tile);
  if (mask & 1) {
    raw(tile);
    return;
  }
  const background = mask & 2 ? colour(tile) : progress.colours[0]!;
  const foreground = mask & 4 ? colour(tile) : progress.colours[1]!;
  const count = mask & 8 ? byte(tile) : 0;
  need(tile, count * (mask & 16 ? tile.wire.size + 2 : 2));
  paint(tile, () => background);
  for (let left = count; left > 0; left--) {
    const own = mask & 16 ? colour(tile) : foreground;
    const [place, extent] = [byte(tile), byte(tile)];
    const part = { x: place >> 4, y: place & 15, width: (extent >> 4) + 1, height: (extent & 15) + 1 };
    if (part.x + part.width > tile.width || part.y + part.height > tile.height) {
      throw new Stopped(HEXTILE_ANSWER.badSubrectangle);
    }
    for (let y = part.y; y < part.y + part.height; y++) {
      for (let x = part.x; x < part.x + part.width; x++) setPixel(tile.to, tile.x + x, tile.y + y, own);
    }
  }
  progress.colours = [background, foreground];
}

function raw(tile: Tile): void {
  need(tile, tile.width * tile.height * tile.wire.size);
  paint(tile, () => colour(tile));
}

function paint(tile: Tile, next: (x: number, y: number) => number): void {
  for (let y = 0; y < tile.height; y++) {
    for (let x = 0; x < tile.width; x++) setPixel(tile.to, tile.x + x, tile.y + y, next(x, y));
  }
}

function need(tile: Tile, length: number): void {
  if (tile.bytes.length - tile.at < length) throw new Stopped(TILE_ANSWER.more);
}

function byte(tile: Tile): number {
  need(tile, 1);
  return tile.bytes[tile.at++]!;
}

function colour(tile: Tile): number {
  need(tile, tile.wire.size);
  const value = colourAt(tile.bytes, tile.at, tile.wire);
  tile.at += tile.wire.size;
  return value;
}
