import type { Display, DisplayEvent } from './display.js';

/** Shows nothing: for benchmarks, or when only the figures or the last picture matter. */
export class NoneDisplay implements Display {
  readonly interactive = false;
  readonly fullscreen = false;
  readonly moving = false;

  async prepare(): Promise<void> {}

  open(): void {}

  resize(): void {}

  present(): void {}

  setTitle(): void {}

  setScale(): void {}

  toggleFullscreen(): void {}

  pan(): void {}

  setBanner(): void {}

  pump(): DisplayEvent[] {
    return [];
  }

  describe(): string {
    return 'no window';
  }

  close(): void {}
}
