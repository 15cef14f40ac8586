import type { Clock } from '../../core/clock.js';
import { PeerglassError } from '../../core/errors.js';
import type { Rectangle, Size } from '../../core/rectangle.js';
import type { Display } from '../../display/display.js';
import { Framebuffer } from '../../pixels/framebuffer.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { LIMITS } from '../share-options.js';
import type { Scale } from '../watch-options.js';
import type { WindowKeys } from '../window-keys.js';
import { BUSY_FOR_MS, BUSY_MS, IDLE_MS } from './tuning.js';

/** How long a key's feedback stays over the picture. */
const HINT_MS = 2500;
const HELP_MS = 10_000;
/** Steps to the right and down. */
const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  left: [-1, 0],
  right: [1, 0],
  up: [0, -1],
  down: [0, 1],
};

export interface PictureViewOptions<Action extends string> {
  readonly keys: WindowKeys<Action>;
  readonly fullscreen: boolean;
  readonly scale: Scale;
  title(): string;
  /** A key that the view does not handle itself. */
  onAction(action: Action, key: string): void;
  onClosed(): void;
  /** Drawing or opening the window failed while handling events. */
  onFailure(thrown: unknown): void;
}

/** The watched picture and its display. Both outlive connections. */
export class PictureView<Action extends string> {
  readonly #memory: PixelMemory;
  readonly #display: Display;
  readonly #clock: Clock;
  readonly #options: PictureViewOptions<Action>;
  #live: Framebuffer | null = null;
  /** Shown instead of the live picture while frozen. */
  #frozenFrame: Framebuffer | null = null;
  #opened = false;
  #drawn = false;
  #busyUntil = 0;
  #cancelPump: (() => void) | null = null;
  #scale: Scale;
  /** The banner stays while its condition holds; a hint, a key's feedback, covers it for a moment. */
  #banner: string | null = null;
  #hint: { readonly text: string; readonly cancel: () => void } | null = null;

  constructor(memory: PixelMemory, display: Display, clock: Clock, options: PictureViewOptions<Action>) {
    this.#memory = memory;
    this.#display = display;
    this.#clock = clock;
    this.#options = options;
    this.#scale = options.scale;
  }

  /** The picture on the screen, or null before the first frame. */
  get picture(): Framebuffer | null {
    return this.#drawn ? (this.#frozenFrame ?? this.#live) : null;
  }

  get size(): Size {
    return { width: this.#live?.width ?? 0, height: this.#live?.height ?? 0 };
  }

  get frozen(): boolean {
    return this.#frozenFrame !== null;
  }

  get scale(): Scale {
    return this.#scale;
  }

  /** See ProtocolHost.resize. */
  resize({ width, height }: Size): Framebuffer {
    const { least, most } = LIMITS.side;
    if (![width, height].every(side => Number.isInteger(side) && side >= least && side <= most)) {
      const message = `A picture of ${width}x${height} is too large: at most ${most} pixels a side can be shown.`;
      throw new PeerglassError('E_PICTURE_SIZE', message, 'Ask the sharer to share one monitor or a region.');
    }
    const same = this.#live?.width === width && this.#live.height === height;
    // A closed connection's decoder may still be painting: leave that framebuffer to it.
    if (this.#live && same && this.#live.whenReleased() === null) return this.#live;
    // Allocated first: if the memory cannot grow, the old picture is still there.
    const next = new Framebuffer(this.#memory, { width, height });
    if (this.#opened && !this.#frozenFrame && !same) this.#display.resize({ width, height });
    this.#live?.free();
    this.#live = next;
    return next;
  }

  /** Shows the changed parts of the picture. @throws PeerglassError E_SDL */
  present(dirty: readonly Rectangle[]): void {
    const live = this.#live;
    if (!live || this.#frozenFrame) return;
    if (!this.#opened) this.#open(live);
    const first = !this.#drawn;
    this.#drawn = true;
    if (first) this.#display.present(live, [live.bounds]);
    else if (dirty.length > 0) this.#display.present(live, dirty);
  }

  freeze(frozen: boolean): void {
    if (frozen === this.frozen || !this.#live || !this.#drawn) return;
    if (frozen) {
      this.#frozenFrame = new Framebuffer(this.#memory, this.#live);
      this.#frozenFrame.bytes().set(this.#live.bytes());
      this.#display.present(this.#frozenFrame, []);
      this.hint('Frozen. Space resumes.');
      return;
    }
    this.#dropHint();
    const still = this.#frozenFrame;
    this.#frozenFrame = null;
    if (still && (still.width !== this.#live.width || still.height !== this.#live.height)) {
      this.#display.resize(this.#live);
    }
    this.#display.present(this.#live, [this.#live.bounds]);
    still?.free();
  }

  setScale(scale: Scale): void {
    this.#scale = scale;
    if (this.#opened) this.#display.setScale(scale);
  }

  toggleFullscreen(): void {
    if (this.#opened) this.#display.toggleFullscreen();
  }

  /** Text over the picture until the next call; null: none. */
  setBanner(text: string | null): void {
    this.#banner = text;
    this.#showBanner();
  }

  /** Text over the picture for a moment. */
  hint(text: string, ms = HINT_MS): void {
    this.#hint?.cancel();
    this.#hint = { text, cancel: this.#clock.after(ms, () => this.#dropHint()) };
    this.#showBanner();
  }

  /** Updates the window title. */
  retitle(): void {
    if (this.#opened) this.#display.setTitle(this.#options.title());
  }

  close(): void {
    this.#cancelPump?.();
    this.#cancelPump = null;
    this.#hint?.cancel();
    this.#hint = null;
    if (this.#opened) this.#display.close();
    this.#opened = false;
  }

  #open({ width, height }: Size): void {
    const { fullscreen } = this.#options;
    this.#display.open({ width, height, title: this.#options.title(), fullscreen, scale: this.#scale });
    this.#opened = true;
    this.#showBanner();
    if (this.#display.interactive) this.#pump();
  }

  #showBanner(): void {
    if (this.#opened) this.#display.setBanner(this.#hint?.text ?? this.#banner);
  }

  #dropHint(): void {
    this.#hint?.cancel();
    this.#hint = null;
    this.#showBanner();
  }

  #onKey(key: string): void {
    const { keys } = this.#options;
    const found = keys.actionOf(key);
    if (found === null) return;
    const help = keys.text();
    const action: string = found;
    if (action === 'pan') this.#display.pan(...(ARROWS[key] ?? [0, 0]));
    else if (action === 'leave' && this.#display.fullscreen) this.#display.toggleFullscreen();
    else if (action === 'leave') this.hint(keys.endHint);
    else if (action === 'help' && this.#hint?.text === help) this.#dropHint();
    else if (action === 'help') this.hint(help, HELP_MS);
    else this.#options.onAction(found, key);
  }

  #pump(): void {
    const now = this.#clock.now();
    try {
      const events = this.#display.pump();
      if (events.length > 0) this.#busyUntil = now + BUSY_FOR_MS;
      for (const event of events) {
        if (event.type === 'closed') this.#options.onClosed();
        else this.#onKey(event.key);
      }
    } catch (thrown) {
      this.#options.onFailure(thrown);
    }
    if (!this.#opened) return;
    const busy = now < this.#busyUntil || this.#display.moving;
    this.#cancelPump = this.#clock.after(busy ? BUSY_MS : IDLE_MS, () => this.#pump());
  }
}
