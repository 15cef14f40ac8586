import type { DamageExtension, FixesExtension, InputExtension } from 'x11';
import { systemClock } from '../../core/clock.js';
import { PeerglassError } from '../../core/errors.js';
import { Patience } from '../../core/patience.js';
import { intersect, type Rectangle, translate } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { CaptureEvents, CaptureSource, SourceDescription } from '../capture-source.js';
import { coalesce } from '../coalesce.js';
import type { ShareTarget } from '../share-target.js';
import { X11Connection, XRequestError } from './connection.js';
import { CursorTracker } from './cursor-tracker.js';
import { DamageTracker } from './damage-tracker.js';
import { ImageReader } from './image-reader.js';
import { ScreenView } from './screen-view.js';
import { sameView, type View, type ViewState } from './view.js';
import { WindowView } from './window-view.js';

/** A mode switch comes as a burst of events: it is looked at when they have gone quiet for that long. */
const SETTLE_MS = 40;
/** Questions about a screen that is changing may fail; when they only do so for so long, it has no answer any more. */
const UNSETTLED_MS = 1000;
const RETRY_MS = 100;

export interface X11SourceOptions {
  /** As DISPLAY takes it, or null for $DISPLAY. */
  readonly display: string | null;
  readonly target: ShareTarget;
  /** False reads over the connection, as on a remote display, also where shared memory could be had. */
  readonly sharedMemory?: boolean;
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
  settling: NodeJS.Timeout | null;
  readonly patience: Patience;
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
  /** Settles when what was last asked about the geometry is known. */
  #resolving: Promise<void> = Promise.resolve();
  #looking: Promise<boolean> | null = null;

  constructor(options: X11SourceOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const { display, target, sharedMemory } = this.#options;
    const connection = await X11Connection.open(display);
    try {
      const extensions = await loadExtensions(connection);
      const reader = await ImageReader.open(connection, sharedMemory);
      const view =
        target.kind === 'window'
          ? await WindowView.open(connection, target.window)
          : await ScreenView.open(connection, target);
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

  /** Requests made on the connection so far, and their bytes: none while the source is stopped. */
  get traffic(): { readonly requests: number; readonly bytes: number } {
    return this.#source().connection.traffic;
  }

  start(events: CaptureEvents): void {
    this.stop();
    const { connection, view } = this.#source();
    const run: Run = {
      events,
      ends: [],
      damage: null,
      settling: null,
      patience: new Patience(systemClock, UNSETTLED_MS),
    };
    this.#run = run;
    run.ends.push(connection.onDeath(error => this.#end(run, error)));
    run.ends.push(connection.onEvent(event => view.concerns(event) && this.#later(run, SETTLE_MS)));
    this.#find(run);
  }

  stop(): void {
    const run = this.#run;
    this.#run = null;
    if (!run) return;
    if (run.settling) clearTimeout(run.settling);
    run.damage?.stop();
    for (const end of run.ends) end();
  }

  onDeath(listener: (error: PeerglassError) => void): void {
    this.#source().connection.onDeath(listener);
  }

  async read(rectangles: readonly Rectangle[], incoming: Framebuffer): Promise<number> {
    await this.#resolving;
    const { connection, reader, state } = this.#source();
    const { area } = state.readable;
    // A resize has been told, but these are still the framebuffers from before it.
    if (rectangles.length === 0 || incoming.width !== area.width || incoming.height !== area.height) return 0;
    try {
      const pixels = await reader.read(state.readable, rectangles, incoming, () => this.#run?.damage?.begin());
      // What came in the meantime is known before it is decided what to do with this.
      this.#run?.damage?.tell();
      return pixels;
    } catch (error) {
      if (connection.death) throw connection.death;
      if (!(error instanceof XRequestError)) throw error;
      // Most likely the screen or window has just shrunk: that is known by now, or what tells of it is on its way.
      if (this.#source().state !== state || (await this.#lookAgain().catch(() => false))) return 0;
      throw connection.death ?? unreadable(error);
    }
  }

  async close(): Promise<void> {
    this.stop();
    const opened = this.#opened;
    this.#opened = null;
    opened?.reader.close();
    await opened?.connection.close();
  }

  #source(): Opened {
    if (!this.#opened) throw new Error('The source is not open');
    return this.#opened;
  }

  async #begin(run: Run): Promise<void> {
    const source = this.#source();
    if (source.connection.death) throw source.connection.death;
    const { width, height } = source.state.readable.area;
    const state = await source.view.resolve();
    if (this.#run !== run) return;
    source.state = state;
    const { area } = state.readable;
    if (area.width !== width || area.height !== height) run.events.resized({ width: area.width, height: area.height });
    this.#trackDamage(run);
    const { connection, extensions, view } = source;
    const cursor = new CursorTracker(
      connection,
      extensions,
      () => view.pointer(),
      pointer => run.events.cursor(pointer),
    );
    run.ends.push(() => cursor.stop());
    run.events.damage([whole(state)]);
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

  /** Finds the view once events have gone quiet for so long. */
  #later(run: Run, ms: number): void {
    if (run.settling) clearTimeout(run.settling);
    run.settling = setTimeout(() => {
      run.settling = null;
      this.#find(run);
    }, ms);
  }

  /** Between two of a burst of changes the server may know less than before or after them: then it is asked again. */
  #find(run: Run): void {
    const found = run.damage ? this.#lookAgain() : this.#begin(run);
    this.#resolving = found.then(
      () => run.patience.succeeded(),
      error => {
        if (this.#run !== run) return;
        if (error instanceof XRequestError && !run.patience.failed()) this.#later(run, RETRY_MS);
        else this.#end(run, error);
      },
    );
  }

  /** Looks where the view is now, and tells when that has changed. Returns whether it has. */
  #lookAgain(): Promise<boolean> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #look(): Promise<boolean> {
    const source = this.#source();
    const run = this.#run;
    const before = source.state;
    const state = await source.view.resolve();
    if (!run || this.#run !== run) return true;
    if (sameView(before, state)) return false;
    source.state = state;
    const { area } = state.readable;
    const { width, height } = before.readable.area;
    this.#trackDamage(run);
    if (area.width !== width || area.height !== height) run.events.resized({ width: area.width, height: area.height });
    run.events.damage([whole(state)]);
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

function whole(state: ViewState): Rectangle {
  const { width, height } = state.readable.area;
  return { x: 0, y: 0, width, height };
}

function unreadable(thrown: unknown): PeerglassError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const remedy = 'Share again; if it stays like that, try --source screenshots.';
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
  const remedy = 'Enable the extension in the X server, or use --source screenshots.';
  throw new PeerglassError(
    'E_CAPTURE',
    `The X server of ${connection.name} cannot tell what changes (no ${missing}).`,
    remedy,
  );
}
