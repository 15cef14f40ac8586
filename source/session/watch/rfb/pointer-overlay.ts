import type { CursorImage } from '../../../codecs/decode/cursor-decoder.js';
import { intersect, type Rectangle } from '../../../core/rectangle.js';
import type { Framebuffer } from '../../../pixels/framebuffer.js';

/**
 * The cursor that the viewer draws itself, for servers that send its position. It is drawn into the framebuffer over
 * saved pixels (a save-under) and removed before anything else is painted: decoding and CopyRect must never see it.
 */
export class PointerOverlay {
  #image: CursorImage | null = null;
  #position: { readonly x: number; readonly y: number } | null = null;
  #shown = true;
  /** The pixels under the cursor; null: it is not drawn. */
  #saveUnder: { readonly area: Rectangle; readonly pixels: Uint8Array } | null = null;
  /** Where the screen shows it, drawn or not. */
  #seen: Rectangle | null = null;
  #changed = false;

  setImage(image: CursorImage): void {
    this.#image = image;
    this.#changed = true;
  }

  /** Servers that never send the position paint the cursor into the picture themselves. */
  moveTo(x: number, y: number): void {
    this.#changed ||= this.#position?.x !== x || this.#position.y !== y;
    this.#position = { x, y };
  }

  show(shown: boolean): void {
    this.#changed ||= this.#shown !== shown;
    this.#shown = shown;
  }

  /** Whether the cursor changed since it was last drawn. */
  get changed(): boolean {
    return this.#changed;
  }

  /** The cursor and its place; null: the server does not say where it is. */
  get placed(): { readonly image: CursorImage | null; readonly x: number; readonly y: number } | null {
    return this.#position && { image: this.#image, ...this.#position };
  }

  /** Restores the pixels under the cursor. */
  restore(framebuffer: Framebuffer): void {
    if (!this.#saveUnder) return;
    const { area, pixels } = this.#saveUnder;
    eachRow(framebuffer, area, (row, at) => row.set(pixels.subarray(at, at + row.length)));
    this.#saveUnder = null;
  }

  /** Drops the save-under: the framebuffer has been replaced. */
  forget(): void {
    this.#saveUnder = null;
    this.#seen = null;
    this.#changed = true;
  }

  /** Draws the cursor, which must not be drawn already. @returns the areas that differ from those shown before */
  draw(framebuffer: Framebuffer): Rectangle[] {
    const area = this.#visible(framebuffer);
    const dirty = this.#changed ? [this.#seen, area].filter(each => each !== null) : [];
    this.#changed = false;
    this.#seen = area;
    if (!area || !this.#image || !this.#position) return dirty;
    const pixels = new Uint8Array(area.width * area.height * 4);
    const image = this.#image;
    const left = this.#position.x - image.hotspotX;
    const top = this.#position.y - image.hotspotY;
    let y = area.y;
    eachRow(framebuffer, area, (row, at) => {
      pixels.set(row, at);
      blend(row, image.rgba, ((y - top) * image.width + area.x - left) * 4);
      y++;
    });
    this.#saveUnder = { area, pixels };
    return dirty;
  }

  #visible(framebuffer: Framebuffer): Rectangle | null {
    if (!this.#shown || !this.#image || !this.#position) return null;
    const { width, height, hotspotX, hotspotY } = this.#image;
    const { x, y } = this.#position;
    return intersect(framebuffer.bounds, { x: x - hotspotX, y: y - hotspotY, width, height });
  }
}

/** Calls back with each row of an area, and its offset among the area's packed pixels. */
function eachRow(framebuffer: Framebuffer, area: Rectangle, visit: (row: Uint8Array, at: number) => void): void {
  const bytes = framebuffer.bytes();
  const start = framebuffer.at(area.x, area.y) - framebuffer.pointer;
  const length = area.width * 4;
  for (let y = 0; y < area.height; y++) {
    const from = start + y * framebuffer.stride;
    visit(bytes.subarray(from, from + length), y * length);
  }
}

/** Premultiplied RGBA over BGRX. */
function blend(row: Uint8Array, rgba: Uint8Array, from: number): void {
  for (let at = 0; at < row.length; at += 4) {
    const rest = 255 - rgba[from + at + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      const under = Math.round((row[at + 2 - channel]! * rest) / 255);
      row[at + 2 - channel] = Math.min(rgba[from + at + channel]! + under, 255);
    }
  }
}
