import type { ShmExtension, ShmSegment } from 'x11';
import type { MemoryOverlay } from '../../native/memory-overlay.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import type { X11Connection } from './connection.js';

interface Direct {
  readonly memory: PixelMemory;
  readonly pointer: number;
  readonly segment: ShmSegment;
  readonly overlay: MemoryOverlay;
}

/**
 * The pictures that the server writes to itself: each has a segment of shared memory in the place of its pixels, so that
 * what is read of its whole width is where it belongs and need not be copied there.
 */
export class DirectPictures {
  readonly #connection: X11Connection;
  readonly #shm: ShmExtension;
  readonly #all: Direct[] = [];
  /** It did not work once: there may be no room for it, or no way to map memory. */
  #gaveUp = false;

  constructor(connection: X11Connection, shm: ShmExtension) {
    this.#connection = connection;
    this.#shm = shm;
  }

  /** The segment that is in the place of a picture, a new one the first time; null where that cannot be done. */
  async provide(picture: Framebuffer): Promise<ShmSegment | null> {
    const known = this.#segmentOf(picture);
    if (known || this.#gaveUp) return known;
    const { memory, pointer } = picture;
    let segment: ShmSegment | null = null;
    try {
      segment = await this.#connection.ask<ShmSegment>(reply =>
        this.#shm.createSegment(memory.lengthOf(pointer), reply),
      );
    } catch (error) {
      if (this.#connection.death) throw error;
    }
    const overlay = segment && this.#connection.shm.overlay(segment, memory, pointer);
    if (segment && overlay) {
      const direct = { memory, pointer, segment, overlay };
      this.#all.push(direct);
      memory.whenFreed(pointer, () => this.#drop(direct));
      return segment;
    }
    segment?.detach();
    this.#gaveUp = true;
    return null;
  }

  /**
   * All pictures have memory of their own again, and stay as they are. Nobody is waited for: other threads only read what a
   * share has captured, and the server may still be writing, into memory that is no picture's any more.
   */
  free(): void {
    for (const direct of [...this.#all]) this.#drop(direct);
  }

  #segmentOf(picture: Framebuffer): ShmSegment | null {
    const direct = this.#all.find(each => each.memory === picture.memory && each.pointer === picture.pointer);
    if (!direct) return null;
    if (direct.overlay.inPlace) return direct.segment;
    this.#drop(direct);
    return null;
  }

  #drop(direct: Direct): void {
    const index = this.#all.indexOf(direct);
    if (index === -1) return;
    this.#all.splice(index, 1);
    direct.overlay.remove();
    if (!this.#connection.death) direct.segment.detach();
  }
}
