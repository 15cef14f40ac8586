import type { DamageExtension, FixesExtension, InputExtension } from 'x11';
import { FailureTimeout } from '../../core/clock.js';
import { PeerglassError } from '../../core/errors.js';
import { intersect, type Rectangle, translate } from '../../core/rectangle.js';
import { systemClock } from '../../node/clock.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import {
  type CaptureEvents,
  type CaptureSource,
  isLoss,
  type SourceDescription,
  type SourceEvent,
  SourceReports,
} from '../capture-source.js';
import type { PinnedPart } from '../pinned-part.js';
import { coalesce } from '../pixel-reading.js';
import type { ShareTarget } from '../share-target.js';
import { X11Connection, XRequestError } from './connection.js';
import { CursorTracker } from './cursor-tracker.js';
import { DamageTracker } from './damage-tracker.js';
import { ImageReader } from './image-reader.js';
import { ScreenView } from './screen-view.js';
import { blackRoot, hasBlackRoot } from './targets.js';
import { sameView, type View, type ViewState } from './view.js';
import { WindowView } from './window-view.js';

/** A mode switch causes a burst of events: the view is queried once they have been quiet for this long. */
const SETTLE_MS = 40;
/** A burst may go on: the view is queried after this long at the latest. */
const LONGEST_SETTLE_MS = 250;
/** Queries about a screen that is being reconfigured may fail, and are repeated for this long before giving up. */
const UNSETTLED_MS = 1000;
const RETRY_MS = 100;

export interface X11SourceOptions {
  /** As DISPLAY takes it, or null for $DISPLAY. */
  readonly display: string | null;
  readonly target: ShareTarget;
  /** False reads over the connection, as from a remote display, even if shared memory is available. */
  readonly sharedMemory?: boolean;
  /** The part that was shared before the server was restarted. */
  readonly part?: PinnedPart | null;
  /** Why this source, e.g. "X11 display :0 answers". */
  readonly why: string;
}

interface Extensions {
  readonly damage: DamageExtension;
  readonly fixes: FixesExtension;
  readonly input: InputExtension | null;
}

/** State that exists only while somebody watches. */
interface Run {
  readonly events: CaptureEvents;
  readonly ends: (() => void)[];
  damage: DamageTracker | null;
  cursor: CursorTracker | null;
}

/** A burst of events that may change the geometry. */
interface Settling {
  readonly since: number;
  timer: NodeJS.Timeout | undefined;
  readonly over: () => void;
}

interface Opened {
  readonly connection: X11Connection;
  readonly extensions: Extensions;
  readonly reader: ImageReader;
  readonly view: View;
  state: ViewState;
}

/** Shares an X11 screen, a part of it, or a window. */
export class X11Source implements CaptureSource {
  readonly safetyCheckMs = 5_000;
  readonly #options: X11SourceOptions;
  #opened: Opened | null = null;
  #run: Run | null = null;
  /** Settles when the view's place is known. Reads wait for it: a stale place may show something that is not shared. */
  #resolving: Promise<void> = Promise.resolve();
  #settling: Settling | null = null;
  /** Counts events after which the view may be elsewhere. */
  #moves = 0;
  /** Pixels that were read while the view moved have been dropped. */
  #dropped = false;
  readonly #queryTimeout = new FailureTimeout(systemClock, UNSETTLED_MS);
  readonly #reports = new SourceReports();
  #looking: Promise<boolean> | null = null;

  constructor(options: X11SourceOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const { display, target, sharedMemory, part } = this.#options;
    const connection = await X11Connection.open(display);
    try {
      const extensions = await loadExtensions(connection);
      const reader = await ImageReader.open(connection, sharedMemory);
      if (target.kind !== 'window' && (await hasBlackRoot(connection))) throw blackRoot(connection.name);
      const view =
        target.kind === 'window'
          ? await WindowView.open(connection, target.window)
          : await ScreenView.open(connection, target, part);
      connection.onEvent(event => view.concerns(event) && this.#settle(SETTLE_MS));
      this.#opened = { connection, extensions, reader, view, state: await view.resolve() };
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  reportAgain(): void {
    this.#run?.damage?.begin();
  }

  describe(): SourceDescription {
    const { state } = this.#source();
    const { width, height } = state.readable.area;
    return { kind: 'x11', description: state.description, why: this.#options.why, width, height };
  }

  /** The shared part of the screen; null for a window. */
  get part(): PinnedPart | null {
    const { view } = this.#source();
    return view instanceof ScreenView ? view.part : null;
  }

  /** Requests made on the connection so far, and their bytes: none while the source is stopped. */
  get traffic(): { readonly requests: number; readonly bytes: number } {
    return this.#source().connection.traffic;
  }

  start(events: CaptureEvents): void {
    this.stop();
    const { connection } = this.#source();
    const run: Run = { events, ends: [], damage: null, cursor: null };
    this.#run = run;
    this.#queryTimeout.succeeded();
    run.ends.push(connection.onDeath(error => this.#end(run, error)));
    this.#settle(0);
  }

  stop(): void {
    const run = this.#run;
    this.#run = null;
    if (!run) return;
    unsubscribe(run);
    for (const end of run.ends) end();
  }

  onEvent(listener: (event: SourceEvent) => void): void {
    this.#reports.onEvent(listener);
  }

  onDeath(listener: (error: PeerglassError) => void): void {
    this.#source().connection.onDeath(listener);
  }

  async read(rectangles: readonly Rectangle[], incoming: Framebuffer): Promise<number> {
    await this.#located();
    const { connection, reader, state } = this.#source();
    const { area } = state.readable;
    // The resize has been reported, but these are still the old framebuffers.
    if (rectangles.length === 0 || incoming.width !== area.width || incoming.height !== area.height) return 0;
    if (this.#reports.loss) return 0;
    const moves = this.#moves;
    try {
      const pixels = await reader.read(state.readable, rectangles, incoming, () => this.#run?.damage?.begin());
      // An event came before the reply: the pixels may show another monitor by now.
      if (moves !== this.#moves) {
        this.#dropped = true;
        return 0;
      }
      // Report damage that came meanwhile before the caller decides what to do with these pixels.
      this.#run?.damage?.flush();
      return pixels;
    } catch (error) {
      if (connection.death) throw connection.death;
      if (!(error instanceof XRequestError)) throw error;
      // Most likely the screen or window has just shrunk; the event that says so has arrived or is on its way.
      if (moves !== this.#moves) {
        this.#dropped = true;
        return 0;
      }
      if (this.#source().state !== state || (await this.#lookAgain().catch(() => false))) return 0;
      throw connection.death ?? unreadable(error);
    }
  }

  async close(): Promise<void> {
    this.stop();
    this.#reports.end();
    if (this.#settling) clearTimeout(this.#settling.timer);
    this.#settling?.over();
    const opened = this.#opened;
    this.#opened = null;
    opened?.reader.close();
    await opened?.connection.close();
  }

  #source(): Opened {
    if (!this.#opened) throw new Error('The source is not open');
    return this.#opened;
  }

  /** The view's present state, or null while it is lost. Reports when it is lost or back. */
  async #resolve(): Promise<ViewState | null> {
    let state: ViewState;
    try {
      state = await this.#source().view.resolve();
    } catch (error) {
      if (!isLoss(error)) throw error;
      this.#lose(error);
      return null;
    }
    // Nobody watches: only report that it is back. `start` queries the view again.
    if (!this.#run) this.#reports.found();
    return state;
  }

  /** Reads from the new place from now on, and marks all of it dirty. */
  #show(run: Run, state: ViewState): void {
    const source = this.#source();
    const before = source.state;
    source.state = state;
    this.#dropped = false;
    this.#trackDamage(run);
    const { connection, extensions, view } = source;
    run.cursor ??= new CursorTracker(
      connection,
      extensions,
      () => view.pointer(),
      pointer => run.events.cursor(pointer),
    );
    const { width, height } = state.readable.area;
    const { area } = before.readable;
    if (area.width !== width || area.height !== height) run.events.resized({ width, height });
    run.events.damage([whole(state)]);
    this.#reports.found();
    if (before.monitors.length > 0 && before.monitors.join() !== state.monitors.join()) {
      this.#reports.changed(`${state.description}: ${state.monitors.join(', ')}`);
    }
  }

  #trackDamage(run: Run): void {
    const { connection, extensions, state } = this.#source();
    run.damage?.stop();
    run.damage = new DamageTracker(connection, extensions.damage, state.damaged, rectangles => {
      const { damageOrigin } = state;
      const bounds = whole(state);
      const inside = rectangles.flatMap(each => {
        return intersect(translate(each, -damageOrigin.x, -damageOrigin.y), bounds) ?? [];
      });
      if (inside.length > 0) run.events.damage(coalesce(inside));
    });
  }

  #lose(error: PeerglassError): void {
    if (this.#run) unsubscribe(this.#run);
    this.#reports.lose(error);
  }

  /** The view may have moved: nothing is read until events have been quiet for `quietMs` and its place is known. */
  #settle(quietMs: number): void {
    this.#moves++;
    const now = performance.now();
    this.#settling ??= this.#unsettled(now);
    this.#findIn(Math.min(quietMs, this.#settling.since + LONGEST_SETTLE_MS - now), this.#settling);
  }

  #unsettled(since: number): Settling {
    let over = () => {};
    const before = this.#resolving;
    this.#resolving = new Promise<void>(resolve => {
      over = resolve;
    }).then(() => before);
    return { since, timer: undefined, over };
  }

  #findIn(ms: number, settling: Settling): void {
    clearTimeout(settling.timer);
    settling.timer = setTimeout(() => {
      this.#settling = null;
      void this.#find(settling);
    }, ms);
  }

  /** In the middle of a reconfiguration queries may fail: they are repeated for a while. */
  async #find(settling: Settling): Promise<void> {
    // A query that began before the last event may still be running.
    await this.#looking?.catch(() => {});
    const run = this.#run;
    try {
      await this.#lookAgain();
      this.#queryTimeout.succeeded();
    } catch (error) {
      const again = error instanceof XRequestError && !this.#queryTimeout.failed();
      if (again && !this.#settling) {
        this.#settling = settling;
        return this.#findIn(RETRY_MS, settling);
      }
      if (!again && run) this.#end(run, error);
    }
    settling.over();
  }

  async #located(): Promise<void> {
    for (let waited: Promise<void> | null = null; waited !== this.#resolving; ) {
      waited = this.#resolving;
      await waited;
    }
  }

  /** Queries the view's place and shows the view there. Returns whether anything has changed. */
  #lookAgain(): Promise<boolean> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #look(): Promise<boolean> {
    if (!this.#opened) return true;
    const { death } = this.#opened.connection;
    if (death) throw death;
    const run = this.#run;
    const state = await this.#resolve();
    if (!state || !run || this.#run !== run) return true;
    if (run.damage && !this.#dropped && sameView(this.#source().state, state)) return false;
    this.#show(run, state);
    return true;
  }

  #end(run: Run, thrown: unknown): void {
    if (this.#run !== run) return;
    this.stop();
    const { connection } = this.#source();
    if (thrown instanceof PeerglassError) run.events.ended(thrown);
    else run.events.ended(connection.death ?? unreadable(thrown));
  }
}

/** Unsubscribes from damage and cursor events. */
function unsubscribe(run: Run): void {
  run.damage?.stop();
  run.cursor?.stop();
  run.damage = null;
  run.cursor = null;
}

function whole(state: ViewState): Rectangle {
  const { width, height } = state.readable.area;
  return { x: 0, y: 0, width, height };
}

function unreadable(thrown: unknown): PeerglassError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const remedy = 'Share again. If that fails too, please report it with the log that --log FILE writes.';
  return new PeerglassError('E_CAPTURE', `Reading the screen failed: ${message}.`, remedy, { cause: thrown });
}

async function loadExtensions(connection: X11Connection): Promise<Extensions> {
  const [fixes, damage, input] = await Promise.all([
    connection.extension<FixesExtension>('fixes'),
    connection.extension<DamageExtension>('damage'),
    connection.extension<InputExtension>('xinput'),
  ]);
  if (fixes && damage) return { fixes, damage, input };
  const missing = damage ? 'XFIXES' : 'DAMAGE';
  const remedy = `Over ssh -X, which hides it: run peerglass on the machine whose screen it is, or use ssh -Y. Else enable ${missing} in the X server.`;
  throw new PeerglassError(
    'E_CAPTURE',
    `The X server of ${connection.name} does not report changes (no ${missing} extension).`,
    remedy,
  );
}
