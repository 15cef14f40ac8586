import type { DamageExtension, DamageNotify, XEvent } from 'x11';
import type { Rectangle } from '../../core/rectangle.js';
import type { X11Connection } from './connection.js';

/**
 * A program that draws a great many small strokes must not flood the connection with events. After this many without a
 * read, the whole drawable counts as damaged and the server reports nothing until the next read.
 */
const MAX_EVENTS = 512;

/**
 * Changes of a drawable, from the DAMAGE extension. The server accumulates a damage region and reports each addition
 * once; `begin` (DamageSubtract) empties it. A reader calls `begin` right before its GetImage requests, in one write.
 * The server processes them in order, so the pixels read include all damage that was dropped, and later drawing is
 * reported again. That takes no round trip, and areas that are already dirty cause no further events.
 */
export class DamageTracker {
  readonly #connection: X11Connection;
  readonly #extension: DamageExtension;
  readonly #drawable: number;
  readonly #onDamage: (rectangles: readonly Rectangle[]) => void;
  readonly #unsubscribe: () => void;
  /** Null: everything has been reported as damaged, and the server tracks nothing. */
  #damage: number | null = null;
  /** Sequence number of the request that created the damage object. */
  #createdBy = 0;
  #pending: Rectangle[] = [];
  #events = 0;
  #stopped = false;

  /** @param onDamage gets rectangles in the drawable's coordinates, one call for a burst of events */
  constructor(
    connection: X11Connection,
    extension: DamageExtension,
    drawable: number,
    onDamage: (rectangles: readonly Rectangle[]) => void,
  ) {
    this.#connection = connection;
    this.#extension = extension;
    this.#drawable = drawable;
    this.#onDamage = onDamage;
    this.#unsubscribe = connection.onEvent(event => this.#handle(event));
    this.begin();
  }

  /** To be called before a read: everything reported so far will be read by the requests that follow. */
  begin(): void {
    this.#events = 0;
    if (this.#stopped || this.#connection.death) return;
    if (this.#damage === null) {
      this.#damage = this.#connection.client.AllocID();
      this.#extension.Create(this.#damage, this.#drawable, this.#extension.ReportLevel.DeltaRectangles);
      this.#createdBy = this.#connection.client.seq_num;
    }
    this.#extension.Subtract(this.#damage, 0, 0);
  }

  /** Reports the damage received so far. */
  flush(): void {
    const pending = this.#pending;
    this.#pending = [];
    if (!this.#stopped && pending.length > 0) this.#onDamage(pending);
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
    // A new damage object first reports the whole drawable, which is not a change.
    if (damage !== this.#damage || seq <= this.#createdBy) return;
    if (this.#pending.length === 0) this.#flushSoon();
    this.#pending.push({ x: area.x, y: area.y, width: area.w, height: area.h });
    if (++this.#events > MAX_EVENTS) {
      this.#pending = [{ x: 0, y: 0, width: geometry.w, height: geometry.h }];
      this.#forget();
    }
  }

  /**
   * The server sends one event at a time, even for one batch of requests. The rest of a batch has arrived by the time
   * the first event is handled, so one more turn of the event loop collects it and the picture is read in one piece.
   */
  #flushSoon(): void {
    setImmediate(() => setImmediate(() => this.flush()));
  }

  #forget(): void {
    if (this.#damage === null || this.#connection.death) return;
    this.#extension.Destroy(this.#damage);
    this.#connection.client.ReleaseID(this.#damage);
    this.#damage = null;
  }
}
