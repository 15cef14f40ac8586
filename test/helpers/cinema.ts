import type { Rectangle } from '../../source/core/rectangle.js';
import { systemClock } from '../../source/node/clock.js';
import type { CreateVideoEncoders } from '../../source/session/share/video/video-encoders.js';
import type { ShareOptions } from '../../source/session/share-options.js';
import { LIVENESS } from '../../source/transport/liveness.js';
import type { WebFile } from '../../source/transport/web-listener.js';
import { CanvasShare } from './canvas-share.js';
import type { RfbTestViewer } from './rfb-test-viewer.js';
import { noise, text } from './scenes.js';

export const CINEMA = { width: 340, height: 240 };
const FILM = { x: 31, y: 21, width: 240, height: 180 };
const PICTURE_MS = 25;
/** The number of pictures, which repeat. */
export const FILM_PICTURES = 16;
/** The film's rectangle, made even. */
export const FILM_REGION = { x: 30, y: 20, width: 242, height: 182 };
/** At no multiple of any block size. */
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

  /** @param encoders default: the real ones */
  static async open(options: Partial<ShareOptions>, encoders?: CreateVideoEncoders): Promise<Cinema> {
    const given = { video: 'always', ...options } as const;
    return new Cinema(
      await (encoders ? CanvasShare.startWithVideo(CINEMA, given, encoders) : CanvasShare.start(CINEMA, given)),
    );
  }

  /** Also serves this page to browsers. */
  static async openWithPage(page: ReadonlyMap<string, WebFile>, options: Partial<ShareOptions> = {}): Promise<Cinema> {
    const given = { video: 'always', webPort: 0, ...options } as const;
    return new Cinema(await CanvasShare.start(CINEMA, given, systemClock, LIVENESS, [], () => page));
  }

  /** Stops the film and its share. */
  async close(): Promise<void> {
    this.stop();
    await this.share.stop();
  }

  get regions(): Rectangle[] {
    return this.share.sharer.viewers.film.areas.map(({ rectangle }) => rectangle);
  }

  /** Red, green and blue of an area of the screen. */
  rgb(area: Rectangle): Uint8Array {
    return rgbOf(area, (x, y) => this.share.canvas.at(x, y));
  }

  play(): void {
    this.#timer = setInterval(() => this.#draw(), PICTURE_MS);
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Shows a picture, with its overlay, as one change. */
  #draw(): void {
    const { canvas } = this.share;
    const picture = pictureOf(this.#turn++ % FILM_PICTURES);
    for (let row = 0; row < FILM.height; row++) {
      const line = picture.subarray(row * FILM.width, (row + 1) * FILM.width);
      canvas.colours.set(line, (FILM.y + row) * canvas.width + FILM.x);
    }
    this.over?.();
    canvas.damage(FILM);
  }

  menu(place: Rectangle = FILM_MENU): void {
    const { colours, width } = this.share.canvas;
    for (let y = place.y; y < place.y + place.height; y++) {
      for (let x = place.x; x < place.x + place.width; x++) colours[y * width + x] = menuAt(x, y, place);
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

const pictures: Uint32Array[] = [];

/** Moving waves with grain, drawn when first needed: drawing takes longer than showing. */
function pictureOf(turn: number): Uint32Array {
  const known = pictures[turn];
  if (known) return known;
  const colours = new Uint32Array(FILM.width * FILM.height);
  for (let y = 0; y < FILM.height; y++) {
    for (let x = 0; x < FILM.width; x++) {
      const light = 128 + 50 * Math.sin((x + turn * 4) / 19) + 40 * Math.cos((y - turn * 3) / 13);
      colours[y * FILM.width + x] = Math.round(light) * 0x010101 + (noise(x + turn * 7, y) & 0x0f0f0f);
    }
  }
  pictures[turn] = colours;
  return colours;
}

/** The film's colours, without the overlay. */
export function filmAt(x: number, y: number, turn: number): number {
  return pictureOf(turn % FILM_PICTURES)[(y - FILM.y) * FILM.width + x - FILM.x]!;
}

export function menuAt(x: number, y: number, place: Rectangle = FILM_MENU): number {
  return text(x - place.x, y - place.y);
}

/** Red, green and blue of an area whose colours are given by a function. */
export function rgbOf({ x, y, width, height }: Rectangle, at: (x: number, y: number) => number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, index) => {
    const pixel = Math.floor(index / 3);
    return (at(x + (pixel % width), y + Math.floor(pixel / width)) >> (16 - 8 * (index % 3))) & 255;
  });
}
