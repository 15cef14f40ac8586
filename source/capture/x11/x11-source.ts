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

/** A mode switch comes as a burst of events: it is looked at when they have gone quiet for that long, or go on for longer. */
const SETTLE_MS = 40;
/** Questions about a screen that is changing may fail; when they only do so for so long, it has no answer any more. */
const UNSETTLED_MS = 1000;
const RETRY_MS = 100;
const LONGEST_SETTLE_MS = 250;

export interface X11SourceOptions {
  /** As DISPLAY takes it, or null for $DISPLAY. */
  readonly display: string | null;
  readonly target: ShareTarget;
  /** False reads over the connection, as on a remote display, also where shared memory could be had. */
  readonly sharedMemory?: boolean;
  /** What was chosen on a server that was there before this one. */
  readonly part?: PinnedPart | null;
  /** Why this source, e.g. "X11 display :0 answers". */
  readonly why: string;
}

interface Extensions {
  readonly damage: DamageExtension;
  readonly fixes: FixesExtension;
  readonly input: InputExtension | null;
}

/** What exists only while somebody watches. */
interface Run {
  readonly events: CaptureEvents;
  readonly ends: (() => void)[];
  damage: DamageTracker | null;
  cursor: CursorTracker | null;
}

/** A burst of events that say that the geometry may be another one. */
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
  /** Settles when it is known where the view is by now: nothing is read before that, it might be something else. */
  #resolving: Promise<void> = Promise.resolve();
  #settling: Settling | null = null;
  /** Counts the events that say that the view may be elsewhere. */
  #moves = 0;
  /** Something was read while the view moved, and dropped. */
  #dropped = false;
  readonly #patience = new FailureTimeout(systemClock, UNSETTLED_MS);
  #loss: PeerglassError | null = null;
  #tell: (news: SourceEvent) => void = () => {};
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

  describe(): SourceDescription {
    const { state } = this.#source();
    const { width, height } = state.readable.area;
    return { kind: 'x11', description: state.description, why: this.#options.why, width, height };
  }

  /** What was chosen, by its identity; null for a window. */
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
    this.#patience.succeeded();
    run.ends.push(connection.onDeath(error => this.#end(run, error)));
    this.#settle(0);
  }

  stop(): void {
    const run = this.#run;
    this.#run = null;
    if (!run) return;
    ignore(run);
    for (const end of run.ends) end();
  }

  onEvent(listener: (news: SourceEvent) => void): void {
    this.#tell = listener;
  }

  onDeath(listener: (error: PeerglassError) => void): void {
    this.#source().connection.onDeath(listener);
  }

  async read(rectangles: readonly Rectangle[], incoming: Framebuffer): Promise<number> {
    await this.#located();
    const { connection, reader, state } = this.#source();
    const { area } = state.readable;
    // A resize has been told, but these are still the framebuffers from before it.
    if (rectangles.length === 0 || incoming.width !== area.width || incoming.height !== area.height) return 0;
    if (this.#loss) return 0;
    const moves = this.#moves;
    try {
      const pixels = await reader.read(state.readable, rectangles, incoming, () => this.#run?.damage?.begin());
      // An event from before the reply: what was read there may be another monitor by now.
      if (moves !== this.#moves) {
        this.#dropped = true;
        return 0;
      }
      // What came in the meantime is known before it is decided what to do with this.
      this.#run?.damage?.tell();
      return pixels;
    } catch (error) {
      if (connection.death) throw connection.death;
      if (!(error instanceof XRequestError)) throw error;
      // Most likely the screen or window has just shrunk: that is known by now, or what tells of it is on its way.
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
    this.#tell = () => {};
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

  /** Where the view is now, or null while it is lost. Tells when that has changed. */
  async #resolve(): Promise<ViewState | null> {
    let state: ViewState;
    try {
      state = await this.#source().view.resolve();
    } catch (error) {
      if (!isLoss(error)) throw error;
      this.#lose(error);
      return null;
    }
    // Nobody watches: what is read next is looked for anew, and only that it is there again is told.
    if (!this.#run) this.#found();
    return state;
  }

  /** From now on it is read where it is now, all of it. */
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
    this.#found();
    if (before.monitors.length > 0 && before.monitors.join() !== state.monitors.join()) {
      this.#tell({ kind: 'changed', text: `${state.description}: ${state.monitors.join(', ')}` });
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
    if (this.#run) ignore(this.#run);
    if (this.#loss?.code === error.code && this.#loss.message === error.message) return;
    this.#loss = error;
    this.#tell({ kind: 'lost', error });
  }

  #found(): void {
    if (!this.#loss) return;
    this.#loss = null;
    this.#tell({ kind: 'back' });
  }

  /** The view may be elsewhere: nothing is read until events have gone quiet for so long and it is known where. */
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

  /** Between two of a burst of changes the server may know less than before or after them: then it is asked again. */
  async #find(settling: Settling): Promise<void> {
    // One look may be under way that began before the last event.
    await this.#looking?.catch(() => {});
    const run = this.#run;
    try {
      await this.#lookAgain();
      this.#patience.succeeded();
    } catch (error) {
      const again = error instanceof XRequestError && !this.#patience.failed();
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

  /** Looks where the view is now, and tells when that has changed. Returns whether it has. */
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

/** The server is not asked to tell anything more. */
function ignore(run: Run): void {
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
  const remedy = 'Share again. If that fails too, please report it with what --log FILE wrote.';
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
    `The X server of ${connection.name} cannot tell what changes (no ${missing}).`,
    remedy,
  );
}
