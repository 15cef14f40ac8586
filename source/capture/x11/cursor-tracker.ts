import type { FixesExtension, InputExtension, XEvent } from 'x11';
import type { CursorShape, PlacedCursor } from '../capture-source.js';
import { type X11Connection, XRequestError } from './connection.js';

const DISPLAY_CURSOR = 1;
/** While the pointer moves, its position is queried at most this often. */
const MOVING_MS = 1000 / 60;
/** At rest it is still queried this often: a program may warp the pointer without any motion event. */
const RESTING_MS = 500;
/** Without XInput 2 there are no motion events. */
const BLIND_MS = 1000 / 30;

/** Follows the pointer's position and shape; neither causes damage events. */
export class CursorTracker {
  readonly #connection: X11Connection;
  readonly #fixes: FixesExtension;
  readonly #input: InputExtension | null;
  readonly #locate: () => Promise<{ x: number; y: number }>;
  readonly #onChange: (state: PlacedCursor) => void;
  readonly #unsubscribe: () => void;
  #state: PlacedCursor | null = null;
  #timer: NodeJS.Timeout | null = null;
  #lastLook = 0;
  #looking = false;
  #moved = false;
  #stopped = false;

  /** @param locate queries the pointer's position, in the source's coordinates */
  constructor(
    connection: X11Connection,
    extensions: { readonly fixes: FixesExtension; readonly input: InputExtension | null },
    locate: () => Promise<{ x: number; y: number }>,
    onChange: (state: PlacedCursor) => void,
  ) {
    this.#connection = connection;
    this.#fixes = extensions.fixes;
    this.#input = extensions.input?.xi2 ? extensions.input : null;
    this.#locate = locate;
    this.#onChange = onChange;
    this.#unsubscribe = connection.onEvent(event => this.#handle(event));
    this.#fixes.SelectCursorInput(connection.root, DISPLAY_CURSOR);
    this.#input?.XISelectEvents(connection.root, { deviceId: this.#input.AllMasterDevices, mask: ['RawMotion'] });
    void this.#refreshShape();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#unsubscribe();
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#connection.death) return;
    this.#fixes.SelectCursorInput(this.#connection.root, 0);
    this.#input?.XISelectEvents(this.#connection.root, { deviceId: this.#input.AllMasterDevices, mask: 0 });
  }

  #handle(event: XEvent): void {
    if (event.name === 'XIRawMotion') this.#look();
    else if (event.name === 'CursorNotify') void this.#refreshShape();
  }

  /** Queries the position at once, or as soon as the last query is old enough. */
  #look(): void {
    if (this.#looking || this.#stopped) {
      this.#moved = true;
      return;
    }
    const wait = this.#lastLook + MOVING_MS - performance.now();
    this.#wake(Math.max(0, wait));
  }

  #wake(ms: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#lookNow(), ms);
  }

  async #lookNow(): Promise<void> {
    this.#timer = null;
    this.#looking = true;
    this.#moved = false;
    this.#lastLook = performance.now();
    try {
      const { x, y } = await this.#locate();
      if (this.#stopped) return;
      const before = this.#state;
      if (before && (before.x !== x || before.y !== y)) this.#tell({ ...before, x, y });
    } catch {
      // The connection or the window is gone: the source learns that from its own events.
    } finally {
      this.#looking = false;
      if (!this.#stopped && !this.#connection.death) {
        this.#wake(this.#moved ? MOVING_MS : this.#input ? RESTING_MS : BLIND_MS);
      }
    }
  }

  async #refreshShape(): Promise<void> {
    try {
      const [shape, place] = await Promise.all([this.#readShape(), this.#locate()]);
      if (this.#stopped) return;
      this.#tell({ ...place, shape });
      if (!this.#timer) this.#wake(RESTING_MS);
    } catch {
      // As above.
    }
  }

  /** The server answers with BadAccess when the client that created the cursor is gone. */
  async #readShape(): Promise<CursorShape | null> {
    try {
      return cursorShape(await this.#connection.ask<CursorImage>(reply => this.#fixes.GetCursorImage(reply)));
    } catch (error) {
      if (!(error instanceof XRequestError)) throw error;
      return this.#state?.shape ?? arrowCursor();
    }
  }

  #tell(state: PlacedCursor): void {
    this.#state = state;
    this.#onChange(state);
  }
}

interface CursorImage {
  readonly width: number;
  readonly height: number;
  readonly xhot: number;
  readonly yhot: number;
  readonly cursorSerial: number;
  readonly cursorImage: Buffer;
}

/** From the server's premultiplied 32-bit ARGB, little endian. A fully transparent image is a hidden pointer: null. */
function cursorShape(image: CursorImage): CursorShape | null {
  const { width, height, cursorImage } = image;
  const rgba = new Uint8Array(width * height * 4);
  let ink = 0;
  for (let place = 0; place < rgba.length; place += 4) {
    rgba[place] = cursorImage[place + 2]!;
    rgba[place + 1] = cursorImage[place + 1]!;
    rgba[place + 2] = cursorImage[place]!;
    const alpha = cursorImage[place + 3]!;
    rgba[place + 3] = alpha;
    ink |= alpha;
  }
  if (ink === 0) return null;
  return { width, height, rgba, hotspotX: image.xhot, hotspotY: image.yhot, serial: image.cursorSerial };
}

/** `#` is black, `.` white, the rest transparent; the hotspot is the tip. */
const ARROW = [
  '#           ',
  '##          ',
  '#.#         ',
  '#..#        ',
  '#...#       ',
  '#....#      ',
  '#.....#     ',
  '#......#    ',
  '#.......#   ',
  '#........#  ',
  '#.....####  ',
  '#..#..#     ',
  '#.# #..#    ',
  '##  #..#    ',
  '#    #..#   ',
  '     #..#   ',
  '      ##    ',
];

/** A plain arrow, for a pointer whose position is known but not its shape. */
function arrowCursor(): CursorShape {
  const width = ARROW[0]!.length;
  const rgba = Uint8Array.from(
    [...ARROW.join('')].flatMap(ink =>
      ink === '#' ? [0, 0, 0, 255] : ink === '.' ? [255, 255, 255, 255] : [0, 0, 0, 0],
    ),
  );
  return { width, height: ARROW.length, rgba, hotspotX: 0, hotspotY: 0, serial: 0 };
}
