import type { Size } from '../core/rectangle.js';

/** `fit` follows the window; a number is the screen's own pixels for each of the picture's. */
export type Scale = 'fit' | number;

/** How far the arrow keys move a picture that is larger than the window, in CSS pixels. */
const PAN_STEP = 80;
/** A press that moves less than this, in CSS pixels, is a click. */
const CLICK = 6;

/** Lays the picture out so that its pixels fall on whole pixels of the screen, whatever the browser's zoom. */
export class Stage {
  readonly #stage: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  #size: Size | null = null;
  #scale: Scale = 'fit';
  #moved = false;
  /** The place in the middle of the window, as shares of the picture. */
  #middle = { x: 0.5, y: 0.5 };
  /** Of the window when the picture was last laid out, in CSS pixels. */
  #laidOut: Size = { width: 0, height: 0 };

  constructor(stage: HTMLElement, canvas: HTMLCanvasElement) {
    this.#stage = stage;
    this.#canvas = canvas;
    new ResizeObserver(() => this.#layOutAround(this.#middle)).observe(stage);
    stage.addEventListener('scroll', () => this.#noteMiddle(), { passive: true });
    this.#followPixelRatio();
    this.#panByDragging();
  }

  get scale(): Scale {
    return this.#scale;
  }

  /** Whether the last press moved the picture. */
  get moved(): boolean {
    return this.#moved;
  }

  setSize(size: Size): void {
    this.#size = size;
    this.#canvas.hidden = false;
    this.layOut();
  }

  setScale(scale: Scale): void {
    this.#noteMiddle();
    this.#scale = scale;
    this.#layOutAround(this.#middle);
  }

  pan(horizontal: number, vertical: number): void {
    this.#stage.scrollBy({ left: horizontal * PAN_STEP, top: vertical * PAN_STEP });
  }

  layOut(): void {
    const size = this.#size;
    if (!size) return;
    this.#laidOut = { width: this.#stage.clientWidth, height: this.#stage.clientHeight };
    const ratio = devicePixelRatio;
    const fits = this.#scale === 'fit';
    this.#stage.classList.toggle('fits', fits);
    const box = { width: this.#stage.clientWidth * ratio, height: this.#stage.clientHeight * ratio };
    const scale = this.#scale === 'fit' ? Math.min(box.width / size.width, box.height / size.height) : this.#scale;
    const width = Math.max(Math.round(size.width * scale), 1);
    const height = Math.max(Math.round(size.height * scale), 1);
    const { style } = this.#canvas;
    style.width = `${width / ratio}px`;
    style.height = `${height / ratio}px`;
    style.left = `${Math.max(Math.floor((box.width - width) / 2), 0) / ratio}px`;
    style.top = `${Math.max(Math.floor((box.height - height) / 2), 0) / ratio}px`;
    // Between whole factors, smoothing looks better than pixels of different sizes.
    this.#canvas.classList.toggle('exact', Number.isInteger(scale));
    this.#stage.classList.toggle('pans', !fits && (width > box.width || height > box.height));
  }

  #noteMiddle(): void {
    const { scrollLeft, scrollTop, scrollWidth, scrollHeight, clientWidth, clientHeight } = this.#stage;
    // A window that was just resized, which comes to `#layOutAround` next, may tell of scrolling first.
    if (clientWidth !== this.#laidOut.width || clientHeight !== this.#laidOut.height) return;
    this.#middle = {
      x: (scrollLeft + clientWidth / 2) / scrollWidth,
      y: (scrollTop + clientHeight / 2) / scrollHeight,
    };
  }

  #layOutAround({ x, y }: { readonly x: number; readonly y: number }): void {
    this.layOut();
    const { scrollWidth, scrollHeight, clientWidth, clientHeight } = this.#stage;
    this.#stage.scrollTo({ left: x * scrollWidth - clientWidth / 2, top: y * scrollHeight - clientHeight / 2 });
  }

  /** It changes with the browser's zoom, and when the window moves to another monitor. */
  #followPixelRatio(): void {
    const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    query.addEventListener(
      'change',
      () => {
        this.layOut();
        this.#followPixelRatio();
      },
      { once: true },
    );
  }

  /** A mouse drags; panning and pinching with fingers is left to the browser. */
  #panByDragging(): void {
    const stage = this.#stage;
    stage.addEventListener('pointerdown', event => {
      this.#moved = false;
      if (event.pointerType !== 'mouse' || event.button !== 0 || !stage.classList.contains('pans')) return;
      const start = { x: event.clientX + stage.scrollLeft, y: event.clientY + stage.scrollTop };
      const from = { x: event.clientX, y: event.clientY };
      stage.setPointerCapture(event.pointerId);
      stage.classList.add('panning');
      const move = (moved: PointerEvent) => {
        this.#moved ||= Math.abs(moved.clientX - from.x) + Math.abs(moved.clientY - from.y) > CLICK;
        stage.scrollTo({ left: start.x - moved.clientX, top: start.y - moved.clientY });
      };
      const over = () => {
        stage.classList.remove('panning');
        stage.removeEventListener('pointermove', move);
      };
      stage.addEventListener('pointermove', move);
      stage.addEventListener('lostpointercapture', over, { once: true });
    });
  }
}
