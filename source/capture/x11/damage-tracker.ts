import type { DamageExtension, DamageNotify, XEvent } from 'x11';
import type { Rectangle } from '../../core/rectangle.js';
import type { X11Connection } from './connection.js';

/**
 * A program that draws a great many small strokes must not make an event of each: after so many that nobody has read,
 * everything counts as changed, and the server tells no more until somebody reads.
 */
const MAX_EVENTS = 512;

/**
 * What changes in a drawable, by the server's DAMAGE extension. The server adds up what is damaged and tells of each
 * part once, when it is added; `begin` empties what it has added up. Whoever reads sends that before the requests that
 * read, in the same write: the server does them in order, so what it forgets is in the picture that is read, and what is
 * drawn later is told anew. Nothing else has to be asked, and nothing is told while nobody reads the same places again.
 */
export class DamageTracker {
  readonly #connection: X11Connection;
  readonly #extension: DamageExtension;
  readonly #drawable: number;
  readonly #report: (rectangles: readonly Rectangle[]) => void;
  readonly #unsubscribe: () => void;
  /** Null: everything has been reported, and the server tracks nothing. */
  #damage: number | null = null;
  /** The number of the request that made it. */
  #made = 0;
  #told: Rectangle[] = [];
  #events = 0;
  #stopped = false;

  /** @param report gets rectangles in the drawable's coordinates; what is told at about the same time comes in one call */
  constructor(
    connection: X11Connection,
    extension: DamageExtension,
    drawable: number,
    report: (rectangles: readonly Rectangle[]) => void,
  ) {
    this.#connection = connection;
    this.#extension = extension;
    this.#drawable = drawable;
    this.#report = report;
    this.#unsubscribe = connection.onEvent(event => this.#handle(event));
    this.begin();
  }

  /** What was reported so far is about to be read by requests that are sent after this one. */
  begin(): void {
    this.#events = 0;
    if (this.#stopped || this.#connection.death) return;
    if (this.#damage === null) {
      this.#damage = this.#connection.client.AllocID();
      this.#extension.Create(this.#damage, this.#drawable, this.#extension.ReportLevel.DeltaRectangles);
      this.#made = this.#connection.client.seq_num;
    }
    this.#extension.Subtract(this.#damage, 0, 0);
  }

  /** Reports what has come so far. */
  tell(): void {
    const told = this.#told;
    this.#told = [];
    if (!this.#stopped && told.length > 0) this.#report(told);
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#unsubscribe();
    this.#forget();
  }

  #handle(event: XEvent): void {
    if (event.name !== 'DamageNotify') return;
    const { damage, area, geometry, seq } = event as DamageNotify;
    // A new damage object starts with all of the drawable in it, which is no change.
    if (damage !== this.#damage || seq <= this.#made) return;
    if (this.#told.length === 0) this.#tellSoon();
    this.#told.push({ x: area.x, y: area.y, width: area.w, height: area.h });
    if (++this.#events > MAX_EVENTS) {
      this.#told = [{ x: 0, y: 0, width: geometry.w, height: geometry.h }];
      this.#forget();
    }
  }

  /**
   * The server sends each event by itself, also those of one program's one batch of requests. By the time of this one
   * has been handled the next ones are there: one more turn of the loop takes them in, and the picture is read whole.
   */
  #tellSoon(): void {
    setImmediate(() => setImmediate(() => this.tell()));
  }

  #forget(): void {
    if (this.#damage === null || this.#connection.death) return;
    this.#extension.Destroy(this.#damage);
    this.#connection.client.ReleaseID(this.#damage);
    this.#damage = null;
  }
}
