import type { Rectangle, Size } from '../../source/core/rectangle.js';
import { type ShmBuffer, XRGB8888 } from './shm-pixels.js';

/** Pixels that a client may capture: a monitor, a window, or the pointer's image. Words are 0xAARRGGBB. */
export class Surface {
  width = 0;
  height = 0;
  pixels = new Uint32Array(0);
  transform = 0;
  formats: number[] = [XRGB8888];

  constructor(size: Size) {
    this.resize(size);
  }

  resize({ width, height }: Size): void {
    this.width = width;
    this.height = height;
    this.pixels = new Uint32Array(width * height).fill(0xff00_0000);
  }

  get whole(): Rectangle {
    return { x: 0, y: 0, width: this.width, height: this.height };
  }
}

export interface FakeOutput extends Surface {
  readonly name: string;
  x: number;
  y: number;
  scale: number;
}

export class NamedSurface extends Surface {
  readonly name: string;
  x = 0;
  y = 0;
  scale = 1;

  constructor(name: string, size: Size) {
    super(size);
    this.name = name;
  }
}

/** A capture that waits for a change, or for its turn. */
export interface Pending {
  readonly surface: Surface;
  readonly buffer: ShmBuffer;
  /** Earlier changes that the buffer lacks: only these and new damage are written; null: everything. */
  readonly missing: Rectangle[] | null;
  ready(damage: readonly Rectangle[]): void;
  fail(): void;
}

/** One client's view of a surface: the changes since its last capture; null: all of it. */
export class Watcher {
  readonly surface: Surface;
  damage: Rectangle[] | null = null;
  pending: Pending | null = null;
  /** Receives the present shape. */
  readonly constrain: () => void;

  constructor(surface: Surface, constrain: () => void = () => {}) {
    this.surface = surface;
    this.constrain = constrain;
  }
}
