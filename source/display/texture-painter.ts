import type { Rectangle } from '../core/rectangle.js';
import type { Framebuffer } from '../pixels/framebuffer.js';
import { type Painter, rowsOf } from './painter.js';
import { type PictureScale, place } from './placement.js';
import type { Pointer, RendererInfo, Sdl2 } from './sdl2.js';

/** Keeps the picture in a texture and lets SDL's renderer scale it: the way for machines with a GPU. */
export class TexturePainter implements Painter {
  readonly waits = false;
  readonly info: RendererInfo;
  readonly #sdl: Sdl2;
  readonly #renderer: Pointer;
  #texture: { readonly pointer: Pointer; readonly framebuffer: Framebuffer; readonly linear: boolean } | null = null;

  /** @throws Error when the window can have no renderer */
  constructor(sdl: Sdl2, window: Pointer) {
    this.#sdl = sdl;
    const { renderer, info } = sdl.createRenderer(window);
    this.#renderer = renderer;
    this.info = info;
  }

  get name(): string {
    return `texture (${this.info.name})`;
  }

  paint(framebuffer: Framebuffer, dirty: readonly Rectangle[], scale: PictureScale): void {
    const at = place(framebuffer, this.#sdl.rendererSize(this.#renderer), scale);
    // Pixel for pixel and at whole factors nothing may be blended.
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
      const rect = Int32Array.of(part.x, part.y, part.width, part.height);
      this.#sdl.updateTexture(texture.pointer, rect, rowsOf(framebuffer, part), framebuffer.stride);
    }
    this.#sdl.renderTexture(this.#renderer, texture.pointer, Int32Array.of(at.x, at.y, at.width, at.height));
  }

  repaint(framebuffer: Framebuffer, scale: PictureScale): void {
    // A renderer may lose its textures with the window's size (Direct3D): everything is handed over anew.
    this.paint(framebuffer, [framebuffer.bounds], scale);
  }

  close(): void {
    if (this.#texture) this.#sdl.destroyTexture(this.#texture.pointer);
    this.#texture = null;
    this.#sdl.destroyRenderer(this.#renderer);
  }
}
