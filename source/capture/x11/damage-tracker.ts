import type { DamageExtension, DamageNotify, FixesExtension, XEvent } from 'x11';
import type { Rectangle } from '../../core/rectangle.js';
import type { X11Connection } from './connection.js';

/**
 * A program that draws without pause must not make a round trip of each stroke: in the long run nobody looks more often
 * than this, but the next strokes of one picture are fetched at once.
 */
const INTERVAL_MS = 5;
const BURST = 3;

/**
 * What changes in a drawable, as the server's DAMAGE extension has it: the server collects the exact region and says
 * once that it is no longer empty; the region is then taken and emptied in one step, so nothing is missed in between.
 */
export class DamageTracker {
  readonly #connection: X11Connection;
  readonly #extension: DamageExtension;
  readonly #fixes: FixesExtension;
  readonly #report: (rectangles: readonly Rectangle[]) => void;
  readonly #damage: number;
  readonly #region: number;
  readonly #unsubscribe: () => void;
  #timer: NodeJS.Timeout | null = null;
  /** When the next fetch would be at an even pace. */
  #due = 0;
  #stopped = false;

  /** @param report gets disjoint rectangles in the drawable's coordinates */
  constructor(
    connection: X11Connection,
    extensions: { readonly damage: DamageExtension; readonly fixes: FixesExtension },
    drawable: number,
    report: (rectangles: readonly Rectangle[]) => void,
  ) {
    const { client } = connection;
    this.#connection = connection;
    this.#extension = extensions.damage;
    this.#fixes = extensions.fixes;
    this.#report = report;
    this.#damage = client.AllocID();
    this.#region = client.AllocID();
    this.#unsubscribe = connection.onEvent(event => this.#handle(event));
    connection.together(() => {
      this.#fixes.CreateRegion(this.#region, []);
      this.#extension.Create(this.#damage, drawable, this.#extension.ReportLevel.NonEmpty);
      // A new damage object starts with all of the drawable in it.
      this.#extension.Subtract(this.#damage, 0, 0);
    });
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#unsubscribe();
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#connection.death) return;
    const { client } = this.#connection;
    this.#connection.together(() => {
      this.#extension.Destroy(this.#damage);
      this.#fixes.DestroyRegion(this.#region);
    });
    client.ReleaseID(this.#damage);
    client.ReleaseID(this.#region);
  }

  #handle(event: XEvent): void {
    if (event.name !== 'DamageNotify' || (event as DamageNotify).damage !== this.#damage || this.#timer) return;
    const wait = this.#due - (BURST - 1) * INTERVAL_MS - performance.now();
    if (wait <= 0) {
      void this.#fetch();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#fetch();
    }, wait);
  }

  async #fetch(): Promise<void> {
    this.#due = Math.max(this.#due, performance.now()) + INTERVAL_MS;
    try {
      const { rectangles } = await this.#connection.together(() => {
        this.#extension.Subtract(this.#damage, 0, this.#region);
        return this.#connection.ask<{ rectangles: readonly Rectangle[] }>(reply => {
          this.#fixes.FetchRegion(this.#region, reply);
        });
      });
      if (!this.#stopped && rectangles.length > 0) this.#report(rectangles);
    } catch {
      // The connection or the drawable is gone: the source hears of that by the events of its own.
    }
  }
}
