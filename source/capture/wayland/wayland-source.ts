import type { Clock } from '../../core/clock.js';
import { asPeerglassError, PeerglassError } from '../../core/errors.js';
import { plainText } from '../../core/plain-text.js';
import {
  area,
  bounds,
  contains,
  intersect,
  type Rectangle,
  type Size,
  sameRectangle,
  translate,
} from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import { Region } from '../../pixels/region.js';
import {
  type CaptureEvents,
  type CaptureSource,
  isLoss,
  type SourceDescription,
  type SourceEvent,
  SourceReports,
} from '../capture-source.js';
import { PinnedPart } from '../pinned-part.js';
import { coalesce } from '../pixel-reading.js';
import type { ShareTarget } from '../share-target.js';
import { NOT_SHOWN, windowByTitle } from '../window-choice.js';
import type { Captured as Capture, CaptureStream } from './capture-stream.js';
import { type Captured, Compositor, capturesWindows } from './compositor.js';
import { hung } from './connection.js';
import { monitorsOf, type Output, uprightSize } from './outputs.js';
import type { PointerCapture } from './pointer-capture.js';
import type { Toplevel } from './toplevels.js';
import { invertedTurn, type Turn, turned, turnedPoint, turnedSize, turnOf } from './turn.js';

/** A mode switch causes a burst of events: the monitors are laid out once they have been quiet for this long. */
const SETTLE_MS = 40;
/** When to capture again what the compositor has stopped capturing. */
const RESTART_MS = 1_000;
/** How long to wait for the shape of the pictures before the first one. */
const MEASURE_MS = 1_000;
/** While somebody watches, the compositor is asked this often whether it is alive. */
const HEARTBEAT_MS = 5_000;

export interface WaylandSourceOptions {
  readonly target: ShareTarget;
  /** The part that was shared before the compositor was restarted. */
  readonly part?: PinnedPart | null;
  /** The reason for this source, as text. */
  readonly why: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
}

/** A monitor or window in the picture. */
interface Piece {
  readonly what: Captured;
  readonly stream: CaptureStream;
  pointer: PointerCapture | null;
  /** As wl_output.transform, and whether rows run from the bottom. */
  transform: number;
  inverted: boolean;
  /** In the picture's coordinates; may extend beyond the picture. */
  place: Rectangle;
  /** Whether it delivers no pictures, because it is switched off or suspended. */
  off: boolean;
}

/** What is shared at present. */
interface Layout extends Size {
  /** What is shared, e.g. "monitor DP-1". */
  readonly name: string;
  readonly monitors: readonly string[];
}

/** State that exists only while somebody watches. */
interface Run {
  readonly events: CaptureEvents;
  pieces: Piece[];
  /** Parts of the picture without a monitor. */
  gaps: readonly Rectangle[];
  /** Whether the whole picture must be reported as damage once every piece has one. */
  starting: boolean;
  pointerShown: boolean;
}

/** Shares monitors, a region or a window of a Wayland compositor with a capture protocol. */
export class WaylandSource implements CaptureSource {
  readonly safetyCheckMs = null;
  readonly #options: WaylandSourceOptions;
  #compositor: Compositor | null = null;
  #part: PinnedPart | null = null;
  #window: Toplevel | null = null;
  #layout: Layout | null = null;
  #run: Run | null = null;
  readonly #reports = new SourceReports();
  #cancelSettling: (() => void) | null = null;
  #cancelHeartbeat: (() => void) | null = null;

  constructor(options: WaylandSourceOptions) {
    this.#options = options;
    this.#part = options.part ?? null;
  }

  async open(): Promise<void> {
    const { environment, clock, target } = this.#options;
    const compositor = await Compositor.open(environment, clock);
    try {
      if (target.kind === 'window') this.#window = findWindow(compositor, target.window);
      this.#compositor = compositor;
      this.#layout = await this.#measure(compositor);
    } catch (error) {
      this.#compositor = null;
      compositor.close();
      throw error;
    }
    compositor.outputs.onChange(() => this.#settleSoon());
    compositor.toplevels.onChange(() => this.#settleSoon());
    compositor.onPointer(() => this.#followPointers());
    compositor.connection.onDeath(error => this.#end(error));
  }

  describe(): SourceDescription {
    const { name, width, height } = this.#layout!;
    return {
      kind: 'wayland',
      description: `${name} (${width}x${height})`,
      why: this.#options.why,
      width,
      height,
    };
  }

  /** The shared part of the screen; null for a window. */
  get part(): PinnedPart | null {
    return this.#part;
  }

  start(events: CaptureEvents): void {
    this.stop();
    const compositor = this.#opened();
    const run: Run = { events, pieces: [], gaps: [], starting: true, pointerShown: false };
    this.#run = run;
    const { death } = compositor.connection;
    if (death) {
      this.#options.clock.soon(() => this.#end(death));
      return;
    }
    this.#heartbeat();
    this.#arrange();
  }

  stop(): void {
    const run = this.#run;
    this.#run = null;
    this.#cancelHeartbeat?.();
    for (const piece of run?.pieces ?? []) closePiece(piece);
  }

  onEvent(listener: (event: SourceEvent) => void): void {
    this.#reports.onEvent(listener);
  }

  onDeath(listener: (error: PeerglassError) => void): void {
    this.#opened().connection.onDeath(listener);
  }

  paintPointer(painted: boolean): void {
    const compositor = this.#opened();
    if (compositor.paintsPointer === painted) return;
    compositor.paintsPointer = painted;
    if (this.#run && compositor.protocol === 'wlr-screencopy') this.start(this.#run.events);
  }

  async read(rectangles: readonly Rectangle[], incoming: Framebuffer): Promise<number> {
    const run = this.#run;
    const { width, height } = this.#layout!;
    if (!run || run.starting || this.#reports.loss || incoming.width !== width || incoming.height !== height) return 0;
    for (const rectangle of rectangles) this.#read(run, rectangle, incoming);
    for (const { stream } of run.pieces) stream.taken();
    return rectangles.reduce((sum, rectangle) => sum + area(rectangle), 0);
  }

  async close(): Promise<void> {
    this.stop();
    this.#reports.end();
    this.#cancelSettling?.();
    this.#compositor?.close();
    this.#compositor = null;
  }

  #opened(): Compositor {
    if (!this.#compositor) throw new Error('The source is not open');
    return this.#compositor;
  }

  #read(run: Run, rectangle: Rectangle, incoming: Framebuffer): void {
    for (const piece of run.pieces) {
      const { place, stream } = piece;
      const part = intersect(rectangle, place);
      if (!part) continue;
      const { front } = stream;
      if (front) front.read(translate(part, -place.x, -place.y), turnOfPiece(piece), incoming, part);
      else fillBlack(part, incoming);
    }
    for (const gap of run.gaps) {
      const part = intersect(rectangle, gap);
      if (part) fillBlack(part, incoming);
    }
  }

  /** The layout before the first capture: a window's size and unreadable formats are reported only on request. */
  async #measure(compositor: Compositor): Promise<Layout> {
    const whats = this.#window ? [this.#window] : this.#locate(compositor, []).whats;
    const pieces: Piece[] = [];
    try {
      await new Promise<void>((resolve, reject) => {
        const known = () => pieces.every(({ off, stream }) => off || stream.shape) && resolve();
        this.#options.clock.after(MEASURE_MS, resolve);
        for (const what of whats) {
          const off = () => {
            piece.off = true;
            known();
          };
          const events = { shaped: known, frame: () => {}, failed: off, stopped: off, refused: reject };
          const piece = newPiece(what, compositor.capture(what, events));
          pieces.push(piece);
          piece.stream.measure();
        }
      });
      const layout = this.#window ? windowLayout(this.#window, pieces[0]!) : this.#locate(compositor, pieces).layout;
      if (layout) return layout;
      const message = `The window "${this.#window!.title}" shows nothing that could be shared.`;
      throw new PeerglassError('E_NO_SUCH_WINDOW', message, NOT_SHOWN);
    } finally {
      for (const piece of pieces) closePiece(piece);
    }
  }

  /** Where the shared part of the screen is. @throws PeerglassError E_SOURCE_GONE, E_NO_SUCH_MONITOR, E_REGION */
  #locate(compositor: Compositor, pieces: readonly Piece[]) {
    const { target } = this.#options;
    if (target.kind === 'window') throw new Error('a window is no part of the screen');
    const sizeOf = (output: Output): Size => {
      const piece = pieces.find(each => each.what === output);
      return piece?.stream.shape ? turnedSize(turnOfPiece(piece), piece.stream.shape) : uprightSize(output);
    };
    const monitors = monitorsOf(compositor.outputs.all, sizeOf);
    const screen = monitors.map(({ geometry }) => geometry).reduce(bounds, { x: 0, y: 0, width: 0, height: 0 });
    this.#part ??= PinnedPart.choose(target, monitors, screen, { idsChange: false });
    const { area: shown, description, monitors: names } = this.#part.locate(monitors, screen);
    const { width, height } = shown;
    const places = new Map<Captured, Rectangle>();
    for (const { output, geometry } of monitors) {
      const part = intersect(geometry, shown);
      // A monitor that mirrors another one adds nothing.
      const seen = part && [...places.values()].some(each => contains(each, translate(part, -shown.x, -shown.y)));
      if (part && !seen) places.set(output, translate(geometry, -shown.x, -shown.y));
    }
    const layout: Layout = { name: description, width, height, monitors: names };
    return { layout, places, whats: [...places.keys()] };
  }

  #settleSoon(): void {
    this.#cancelSettling?.();
    this.#cancelSettling = this.#options.clock.after(SETTLE_MS, () => this.#settle());
  }

  #settle(): void {
    this.#cancelSettling = null;
    if (!this.#compositor) return;
    if (this.#run) {
      this.#arrange();
      return;
    }
    // Nobody watches: only report whether it is still there.
    this.#attempt(() => {
      if (!this.#window) this.#locate(this.#opened(), []);
      else if (this.#window.closed) throw closed(this.#window);
      this.#reports.found();
    });
  }

  /** Lays out the shared monitors, starts capturing new ones, and reports changes. */
  #arrange(): void {
    this.#attempt(() => {
      const run = this.#run!;
      if (this.#window) this.#arrangeWindow(run, this.#window);
      else this.#arrangeScreen(run);
    });
  }

  #arrangeWindow(run: Run, window: Toplevel): void {
    if (window.closed) throw closed(window);
    if (run.pieces.length === 0) this.#add(run, window);
    const [piece] = run.pieces;
    const layout = windowLayout(window, piece!);
    if (!layout) return;
    piece!.place = { x: 0, y: 0, width: layout.width, height: layout.height };
    this.#show(run, layout, false);
  }

  #arrangeScreen(run: Run): void {
    const compositor = this.#opened();
    let moved = false;
    for (const piece of run.pieces) {
      const { transform } = (piece.what as Output).state;
      // The other protocol reports it with each picture.
      if (compositor.protocol !== 'wlr-screencopy' || piece.transform === transform) continue;
      piece.transform = transform;
      piece.stream.renew();
      moved = true;
    }
    const { layout, places } = this.#locate(compositor, run.pieces);
    for (const piece of [...run.pieces]) {
      if (places.has(piece.what)) continue;
      closePiece(piece);
      run.pieces = run.pieces.filter(each => each !== piece);
      moved = true;
    }
    for (const [what, place] of places) {
      const known = run.pieces.find(each => each.what === what);
      const piece = known ?? this.#add(run, what);
      const off = !(what as Output).state.on;
      if (!known || !sameRectangle(piece.place, place)) moved = true;
      piece.place = place;
      if (off) piece.off = true;
      else if (piece.off) piece.stream.run();
    }
    run.gaps = gapsOf(layout, [...places.values()]);
    this.#show(run, layout, moved);
  }

  #add(run: Run, what: Captured): Piece {
    const compositor = this.#opened();
    const current = () => this.#run === run && run.pieces.includes(piece);
    const stream: CaptureStream = compositor.capture(what, {
      shaped: () => current() && this.#arrange(),
      frame: (damage, result) => current() && this.#frame(run, piece, damage, result),
      failed: lasting => {
        if (!current() || !lasting || piece.off) return;
        piece.off = true;
        this.#checkOff(run);
        this.#begin(run);
      },
      stopped: () => current() && this.#restart(run, piece),
      refused: error => current() && this.#end(error),
    });
    const piece = newPiece(what, stream);
    run.pieces.push(piece);
    this.#follow(run, piece);
    stream.run();
    return piece;
  }

  /** If the monitor or window is gone, another event says so; otherwise capture it again. */
  #restart(run: Run, piece: Piece): void {
    closePiece(piece);
    run.pieces = run.pieces.filter(each => each !== piece);
    this.#options.clock.after(RESTART_MS, () => {
      if (this.#run === run) this.#arrange();
    });
  }

  /** @param moved whether a piece is new or has moved */
  #show(run: Run, layout: Layout, moved: boolean): void {
    const before = this.#layout!;
    this.#layout = layout;
    const resized = before.width !== layout.width || before.height !== layout.height;
    if (resized || moved || run.pieces.some(({ stream }) => !stream.front)) run.starting = true;
    if (resized) run.events.resized({ width: layout.width, height: layout.height });
    if (before.monitors.length > 0 && before.monitors.join() !== layout.monitors.join()) {
      this.#reports.changed(`${this.describe().description}: ${layout.monitors.join(', ')}`);
    }
    this.#checkOff(run);
    this.#begin(run);
  }

  /** Reports the whole picture once all pieces that deliver one have one. */
  #begin(run: Run): void {
    if (!run.starting || !run.pieces.every(({ off, stream }) => off || stream.front)) return;
    if (!run.pieces.some(({ off }) => !off)) return;
    run.starting = false;
    this.#reports.found();
    const { width, height } = this.#layout!;
    run.events.damage([{ x: 0, y: 0, width, height }]);
  }

  #frame(run: Run, piece: Piece, damage: readonly Rectangle[], result: Capture): void {
    if (piece.off) run.starting = true;
    piece.off = false;
    const { transform = piece.transform, inverted } = { ...result, transform: result.transform ?? undefined };
    if (transform !== piece.transform || inverted !== piece.inverted) {
      Object.assign(piece, { transform, inverted });
      run.starting = true;
      this.#arrange();
    }
    if (run.starting || this.#reports.loss) {
      this.#begin(run);
      return;
    }
    const { width, height } = this.#layout!;
    const whole = { x: 0, y: 0, width, height };
    const turn = turnOfPiece(piece);
    const inside = damage.flatMap(each => {
      const place = turned(turn, each, piece.stream.shape!);
      return intersect(translate(place, piece.place.x, piece.place.y), whole) ?? [];
    });
    if (inside.length > 0) run.events.damage(coalesce(inside));
    else piece.stream.taken();
  }

  /** Reports a loss when no monitor of the shared part delivers pictures. */
  #checkOff(run: Run): void {
    if (run.pieces.length === 0 || !run.pieces.every(({ off }) => off)) return;
    const { name } = this.#layout!;
    const message = `${name[0]!.toUpperCase()}${name.slice(1)} is switched off or suspended.`;
    this.#lose(new PeerglassError('E_SOURCE_HIDDEN', message, 'Sharing resumes by itself when it is on again.'));
  }

  #followPointers(): void {
    const run = this.#run;
    for (const piece of run?.pieces ?? []) {
      piece.pointer?.close();
      piece.pointer = null;
      this.#follow(run!, piece);
    }
  }

  #follow(run: Run, piece: Piece): void {
    if (this.#opened().protocol === 'wlr-screencopy') return;
    piece.pointer = this.#opened().followPointer(piece.what, () => this.#pointerChanged(run));
  }

  #pointerChanged(run: Run): void {
    if (this.#run !== run || this.#reports.loss) return;
    const piece = run.pieces.find(({ pointer }) => pointer?.state.inside);
    const shape = piece?.stream.shape;
    if (!piece || !shape) {
      if (run.pointerShown) run.events.cursor({ x: 0, y: 0, shape: null });
      run.pointerShown = false;
      return;
    }
    const { state } = piece.pointer!;
    const { x, y } = turnedPoint(turnOfPiece(piece), state.x, state.y, shape);
    run.pointerShown = true;
    run.events.cursor({ x: x + piece.place.x, y: y + piece.place.y, shape: state.shape });
  }

  /** An idle compositor is silent, and so is one that hangs. */
  #heartbeat(): void {
    this.#cancelHeartbeat?.();
    this.#cancelHeartbeat = this.#options.clock.after(HEARTBEAT_MS, async () => {
      const run = this.#run;
      const { connection } = this.#opened();
      try {
        await connection.sync();
        if (this.#reports.loss?.code === 'E_DISPLAY_HUNG' && this.#run === run) this.#arrange();
      } catch {
        if (!connection.death && this.#run === run) this.#lose(hung(connection.name));
      }
      if (this.#run === run && !connection.death) this.#heartbeat();
    });
  }

  /** Runs work that may find the shared thing lost. */
  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!isLoss(error)) {
        this.#end(asPeerglassError(error));
        return;
      }
      // Nothing else may be shown in its place.
      for (const piece of this.#run?.pieces.splice(0) ?? []) closePiece(piece);
      this.#lose(error);
    }
  }

  #lose(error: PeerglassError): void {
    if (this.#run) this.#run.starting = true;
    this.#reports.lose(error);
  }

  #end(error: PeerglassError): void {
    const run = this.#run;
    this.stop();
    run?.events.ended(error);
  }
}

function newPiece(what: Captured, stream: CaptureStream): Piece {
  const transform = 'object' in what ? what.state.transform : 0;
  const place = { x: 0, y: 0, width: 0, height: 0 };
  return { what, stream, transform, inverted: false, pointer: null, place, off: false };
}

function turnOfPiece({ transform, inverted }: Piece): Turn {
  return inverted ? invertedTurn(turnOf(transform)) : turnOf(transform);
}

function closePiece({ stream, pointer }: Piece): void {
  pointer?.close();
  stream.close();
}

/** Null while its size is not known. */
function windowLayout({ title }: Toplevel, piece: Piece): Layout | null {
  const { shape } = piece.stream;
  if (!shape) return null;
  const { width, height } = turnedSize(turnOfPiece(piece), shape);
  return { name: `window "${plainText(title, 60)}"`, width, height, monitors: [] };
}

function gapsOf({ width, height }: Size, places: readonly Rectangle[]): Rectangle[] {
  const gaps = Region.of([{ x: 0, y: 0, width, height }]);
  for (const place of places) gaps.subtract(place);
  return gaps.rectangles();
}

function fillBlack({ x, y, width, height }: Rectangle, incoming: Framebuffer): void {
  incoming.memory.kernels.fillRectangle(incoming.at(x, y), incoming.stride, width, height, 0);
}

/** @throws PeerglassError E_WAYLAND, E_NO_SUCH_WINDOW */
function findWindow({ connection, toplevels }: Compositor, wanted: string): Toplevel {
  if (!capturesWindows(connection)) {
    const remedy =
      'Share a monitor, or the region where the window is (--region WxH+X+Y). A window of an X program can be shared with --source x11 --window ID.';
    throw new PeerglassError('E_WAYLAND', 'This Wayland compositor cannot share a single window.', remedy);
  }
  return toplevels.all.find(({ id }) => id === wanted) ?? windowByTitle(wanted, toplevels.all);
}

function closed({ title }: Toplevel): PeerglassError {
  const message = `The window "${plainText(title, 60)}" was closed.`;
  return new PeerglassError('E_SOURCE_GONE', message, 'Share another window, or a monitor.');
}
