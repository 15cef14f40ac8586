import type { Rectangle } from '../../source/core/rectangle.js';
import type { CreateVideoEncoders } from '../../source/session/share/video/video-encoders.js';
import type { ShareOptions } from '../../source/session/share-options.js';
import { CanvasShare } from './canvas-share.js';
import type { RfbTestViewer } from './rfb-test-viewer.js';
import { noise, text } from './scenes.js';

const SIZE = { width: 420, height: 300 };
const FILM = { x: 31, y: 21, width: 320, height: 240 };
const PICTURE_MS = 33;
/** The film's rectangle, made even. */
export const FILM_REGION = { x: 30, y: 20, width: 322, height: 242 };
/** At no multiple of any block's side. */
export const FILM_MENU = { x: 103, y: 77, width: 91, height: 67 };

/** A share whose canvas plays a film. */
export class Cinema {
  readonly share: CanvasShare;
  /** Drawn over each picture. */
  over: (() => void) | null = null;
  #turn = 0;
  #timer: NodeJS.Timeout | null = null;

  private constructor(share: CanvasShare) {
    this.share = share;
  }

  /** @param encoders left out: the real ones */
  static async open(options: Partial<ShareOptions>, encoders?: CreateVideoEncoders): Promise<Cinema> {
    const given = { video: 'always', ...options } as const;
    return new Cinema(
      await (encoders ? CanvasShare.startWithVideo(SIZE, given, encoders) : CanvasShare.start(SIZE, given)),
    );
  }

  /** The film stops, and its share. */
  async close(): Promise<void> {
    this.stop();
    await this.share.stop();
  }

  get regions(): Rectangle[] {
    return this.share.sharer.viewers.film.areas.map(({ rectangle }) => rectangle);
  }

  play(): void {
    this.#timer = setInterval(() => this.#draw(), PICTURE_MS);
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** One picture, and what stands over it, as one change. */
  #draw(): void {
    const { canvas } = this.share;
    const turn = this.#turn++;
    const { colours, width } = canvas;
    for (let y = FILM.y; y < FILM.y + FILM.height; y++) {
      for (let x = FILM.x; x < FILM.x + FILM.width; x++) {
        const light = 128 + 50 * Math.sin((x + turn * 4) / 19) + 40 * Math.cos((y - turn * 3) / 13);
        const grain = noise(x + turn * 7, y) & 0x0f0f0f;
        colours[y * width + x] = Math.round(light) * 0x010101 + grain;
      }
    }
    this.over?.();
    canvas.damage(FILM);
  }

  menu(place: Rectangle = FILM_MENU): void {
    const { colours, width } = this.share.canvas;
    for (let y = place.y; y < place.y + place.height; y++) {
      for (let x = place.x; x < place.x + place.width; x++) colours[y * width + x] = text(x - place.x, y - place.y);
    }
  }

  wrongPixels({ picture }: RfbTestViewer, { x, y, width, height }: Rectangle): number {
    let wrong = 0;
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++) {
        if (picture.at(column, row) !== this.share.canvas.at(column, row)) wrong++;
      }
    }
    return wrong;
  }
}
