import { area, type Rectangle } from '../../../core/rectangle.js';
import type { PixelMemory } from '../../../pixels/pixel-memory.js';
import { Region } from '../../../pixels/region.js';
import type { ScreenView } from '../../../pixels/screen.js';
import { ExactAreas } from './exact-areas.js';
import type { FilmScene, FilmViewer, StreamMember } from './film-viewer.js';
import type { VideoStream } from './video-stream.js';

/** Changes of what is exact that are remembered for viewers that lag. */
const MAX_ENTRIES = 64;
const NOTHING = new Region();
/** More make little difference: a film with grain has 40 dB. With fewer than the least it is seen. At so many pictures a second. */
const BITS_PER_PIXEL = { least: 0.1, most: 1 } as const;
const PICTURE_RATE = 30;

/** A viewer's part in one area's film. */
export interface FilmMember extends StreamMember {
  readonly area: FilmArea;
  stream: VideoStream;
  /** The version that its viewer has seen of the film; 0: none. */
  shown: number;
  /** What its viewer has exactly over the film. */
  exact: Region;
  /** Since when its stream's rate is not for it; null: it is. */
  misfitSince: number | null;
}

/** An area that changes like film: what is exact over it, and the streams that show it. */
export class FilmArea implements FilmScene {
  readonly id: number;
  readonly rectangle: Rectangle;
  /** One for each class of bit rates. */
  readonly streams: VideoStream[] = [];
  readonly members = new Set<FilmMember>();
  readonly #memory: PixelMemory;
  #exact: ExactAreas | null = null;
  #entered: { readonly version: number; readonly region: Region }[] = [];
  /** The version from which on `#entered` is complete. */
  #since = 0;
  #version = 0;
  #changedAt = 0;

  constructor(memory: PixelMemory, id: number, rectangle: Rectangle) {
    this.#memory = memory;
    this.id = id;
    this.rectangle = rectangle;
  }

  get maxRate(): number {
    return this.#rateOf(BITS_PER_PIXEL.most);
  }

  /** Bytes a second with which its film is good enough to be kept. */
  get keptRate(): number {
    return this.#rateOf(BITS_PER_PIXEL.least);
  }

  get version(): number {
    return this.#version;
  }

  get changedAt(): number {
    return this.#changedAt;
  }

  get exact(): Region {
    return this.#exact?.region ?? NOTHING;
  }

  /** Its pixels have changed. Costs nothing while nobody is sent its video. */
  changed(screen: ScreenView, capturedAt: number): void {
    this.#version = screen.version;
    this.#changedAt = capturedAt;
    if (this.members.size === 0) this.#forget();
    else this.#look(screen);
  }

  /** To be called before the first viewer joins. */
  begin(screen: ScreenView): void {
    if (this.#exact) return;
    this.#version ||= screen.version;
    this.#since = screen.version;
    this.#look(screen);
  }

  /** Lets a viewer in on the film by one of its streams. */
  enter(viewer: FilmViewer, stream: VideoStream): FilmMember {
    const member: FilmMember = {
      ...{ viewer, area: this, stream, joined: false, waitingSince: 0, queue: [], shown: 0 },
      ...{ exact: new Region(), misfitSince: null },
    };
    this.members.add(member);
    stream.add(member);
    return member;
  }

  /** What has become exact since a version, as far as it still is. */
  enteredSince(version: number): Region {
    if (version < this.#since) return this.exact.copy();
    const entered = new Region();
    for (const entry of this.#entered) if (entry.version > version) entered.add(entry.region);
    return entered.intersect(this.exact);
  }

  close(): void {
    for (const stream of this.streams.splice(0)) stream.close();
    this.#forget();
  }

  #rateOf(bitsPerPixel: number): number {
    return (area(this.rectangle) * bitsPerPixel * PICTURE_RATE) / 8;
  }

  #look(screen: ScreenView): void {
    this.#exact ??= new ExactAreas(this.#memory, this.rectangle);
    this.#exact.update(screen.framebuffer);
    const { entered } = this.#exact;
    if (!entered.isEmpty) this.#entered.push({ version: screen.version, region: entered });
    while (this.#entered.length > MAX_ENTRIES) this.#since = this.#entered.shift()!.version;
  }

  #forget(): void {
    this.#exact?.free();
    this.#exact = null;
    this.#entered = [];
  }
}
