import { memoryCalls } from '../native/memory-calls.js';
import { MemoryOverlay } from '../native/memory-overlay.js';
import type { Surface } from '../native/sdl2.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../pixels/framebuffer.js';

/** The largest page size; shared memory segments end on a page boundary. */
const PAGE = 4096;
/** The unused last byte of a pixel. */
const BESIDE = 3;

/**
 * A framebuffer that shares its memory with the window surface: decoded pixels are in the surface already and need no
 * copy. Where SDL shares the surface with the X server (MIT-SHM), the same memory is mapped over the framebuffer.
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
   * @param surface shows the whole picture 1:1 in the same layout; both share memory from now on
   * @returns null where that is impossible, or while somebody holds the framebuffer
   */
  static of(framebuffer: Framebuffer, { pixels, pitch, height }: Surface): SharedSurface | null {
    const { memory, pointer, stride } = framebuffer;
    const length = Math.ceil((pitch * height) / PAGE) * PAGE;
    const fits = pitch === stride && height === framebuffer.height && length <= memory.lengthOf(pointer);
    if (!fits || framebuffer.whenReleased() !== null) return null;
    const overlay = MemoryOverlay.again(memory, pointer, length, pixels);
    return overlay && new SharedSurface(framebuffer, pixels, overlay);
  }

  /** Whether the framebuffer still has the shared memory. */
  get inPlace(): boolean {
    return this.#overlay.inPlace;
  }

  /** Whether that memory is the surface's: a recreated surface may have the address of its predecessor. */
  aliases({ pixels }: Surface): boolean {
    const { framebuffer } = this;
    const seen = this.inPlace && pixels === this.pixels && memoryCalls()?.view(pixels, BYTES_PER_PIXEL);
    if (!seen) return false;
    // The X byte means nothing, so it can be flipped as a probe.
    const mine = framebuffer.bytes();
    mine[BESIDE]! ^= 0xff;
    return seen[BESIDE] === mine[BESIDE];
  }

  /** Gives the framebuffer private memory again, with the same pixels. @returns false while somebody holds it */
  leave(): boolean {
    if (this.framebuffer.whenReleased() !== null) return false;
    this.#overlay.remove();
    return true;
  }
}
