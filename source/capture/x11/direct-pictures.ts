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
 * Framebuffers that the X server writes to directly: a segment of shared memory is mapped over their pixels, so that
 * full-width reads need no copy.
 */
export class DirectPictures {
  readonly #connection: X11Connection;
  readonly #shm: ShmExtension;
  readonly #all: Direct[] = [];
  /** Set after the first failure: there may be no room for a segment, or memory cannot be mapped here. */
  #gaveUp = false;

  constructor(connection: X11Connection, shm: ShmExtension) {
    this.#connection = connection;
    this.#shm = shm;
  }

  /** The segment mapped over a framebuffer, created on first use; null if that is impossible. */
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
   * Gives all framebuffers ordinary memory again, with their pixels. There is nothing to wait for: other threads only
   * read captured pixels, and whatever the server still writes goes to memory that no framebuffer uses any more.
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
