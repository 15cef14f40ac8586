import type { Rectangle, Size } from '../core/rectangle.js';
import type { Layer, Pointer, RendererInfo, Sdl2 } from '../native/sdl2.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../pixels/framebuffer.js';
import type { Banner, BannerImage } from './banner.js';
import { type Painter, rowsOf } from './display.js';
import { place, type View } from './placement.js';

/** Keeps the picture in a texture that SDL's renderer scales: for machines with a GPU. */
export class TexturePainter implements Painter {
  readonly waits = false;
  readonly info: RendererInfo;
  readonly #sdl: Sdl2;
  readonly #renderer: Pointer;
  #texture: { readonly pointer: Pointer; readonly framebuffer: Framebuffer; readonly linear: boolean } | null = null;
  #banner: { readonly image: BannerImage; readonly layer: Layer } | null = null;

  /** @throws Error when the window cannot have a renderer */
  constructor(sdl: Sdl2, window: Pointer) {
    this.#sdl = sdl;
    const { renderer, info } = sdl.createRenderer(window);
    this.#renderer = renderer;
    this.info = info;
  }

  get name(): string {
    return `texture (${this.info.name})`;
  }

  get size(): Size {
    return this.#sdl.rendererSize(this.#renderer);
  }

  paint(framebuffer: Framebuffer, dirty: readonly Rectangle[], view: View): void {
    const { size } = this;
    const at = place(framebuffer, size, view);
    // No blending at 1:1 and at integer factors.
    const linear = at.width % framebuffer.width !== 0 || at.height % framebuffer.height !== 0;
    let texture = this.#texture;
    let parts = dirty;
    if (!texture || texture.framebuffer !== framebuffer || texture.linear !== linear) {
      if (texture) this.#sdl.destroyTexture(texture.pointer);
      this.#texture = null;
      const pointer = this.#sdl.createTexture(this.#renderer, framebuffer.width, framebuffer.height, linear);
      texture = { pointer, framebuffer, linear };
      this.#texture = texture;
      parts = [framebuffer.bounds];
    }
    for (const part of parts) {
      this.#sdl.updateTexture(texture.pointer, integers(part), rowsOf(framebuffer, part), framebuffer.stride);
    }
    const picture = { texture: texture.pointer, target: integers(at) };
    this.#sdl.render(this.#renderer, picture, this.#bannerLayer(view.banner, size));
  }

  repaint(framebuffer: Framebuffer, view: View): void {
    // A renderer may lose its textures when the window is resized (Direct3D): upload everything again.
    this.#dropBanner();
    this.paint(framebuffer, [framebuffer.bounds], view);
  }

  close(): void {
    if (this.#texture) this.#sdl.destroyTexture(this.#texture.pointer);
    this.#texture = null;
    this.#dropBanner();
    this.#sdl.destroyRenderer(this.#renderer);
  }

  #bannerLayer(banner: Banner | null, size: Size): Layer | null {
    const image = banner?.imageFor(size) ?? null;
    if (this.#banner && this.#banner.image !== image) this.#dropBanner();
    if (image && !this.#banner) {
      const { at, pixels } = image;
      const texture = this.#sdl.createTexture(this.#renderer, at.width, at.height, false);
      this.#sdl.updateTexture(texture, Int32Array.of(0, 0, at.width, at.height), pixels, at.width * BYTES_PER_PIXEL);
      this.#banner = { image, layer: { texture, target: integers(at) } };
    }
    return this.#banner?.layer ?? null;
  }

  #dropBanner(): void {
    if (this.#banner) this.#sdl.destroyTexture(this.#banner.layer.texture);
    this.#banner = null;
  }
}

function integers({ x, y, width, height }: Rectangle): Int32Array {
  return Int32Array.of(x, y, width, height);
}
