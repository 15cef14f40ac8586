import { memoryCalls } from '../native/memory-calls.js';
import { MemoryOverlay } from '../native/memory-overlay.js';
import type { Surface } from '../native/sdl2.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../pixels/framebuffer.js';

/** Of the system, at most; a segment of shared memory ends with one. */
const PAGE = 4096;
/** Of a pixel's four bytes the last. */
const BESIDE = 3;

/**
 * A picture whose pixels are those of the window's surface: what is painted into it is there already, and need not be copied.
 * Where SDL has the surface in memory that it shares with the X server, the same memory is put in the picture's place.
 */
export class SharedSurface {
  readonly framebuffer: Framebuffer;
  readonly pixels: bigint;
  readonly #overlay: MemoryOverlay;

  private constructor(framebuffer: Framebuffer, pixels: bigint, overlay: MemoryOverlay) {
    this.framebuffer = framebuffer;
    this.pixels = pixels;
    this.#overlay = overlay;
    framebuffer.memory.whenFreed(framebuffer.pointer, () => overlay.remove());
  }

  /**
   * @param surface shows all of the picture, pixel by pixel in its layout; from now on both are one
   * @returns null where that cannot be, or not now, since somebody works on the picture
   */
  static of(framebuffer: Framebuffer, { pixels, pitch, height }: Surface): SharedSurface | null {
    const { memory, pointer, stride } = framebuffer;
    const length = Math.ceil((pitch * height) / PAGE) * PAGE;
    const fits = pitch === stride && height === framebuffer.height && length <= memory.lengthOf(pointer);
    if (!fits || framebuffer.whenReleased() !== null) return null;
    const overlay = MemoryOverlay.again(memory, pointer, length, pixels);
    return overlay && new SharedSurface(framebuffer, pixels, overlay);
  }

  /** Whether the picture still has the memory that it was given. */
  get inPlace(): boolean {
    return this.#overlay.inPlace;
  }

  /** Whether that is the surface's memory now: a surface that was made anew may be where the one before it was. */
  aliases({ pixels }: Surface): boolean {
    const { framebuffer } = this;
    const seen = this.inPlace && pixels === this.pixels && memoryCalls()?.view(pixels, BYTES_PER_PIXEL);
    if (!seen) return false;
    // The byte beside a pixel's colours means nothing.
    const mine = framebuffer.bytes();
    mine[BESIDE]! ^= 0xff;
    return seen[BESIDE] === mine[BESIDE];
  }

  /** The picture has pixels of its own again, the same. @returns false: not now, since somebody works on it */
  leave(): boolean {
    if (this.framebuffer.whenReleased() !== null) return false;
    this.#overlay.remove();
    return true;
  }
}
