import type { Clock } from '../../core/clock.js';
import { asPeerglassError, PeerglassError } from '../../core/errors.js';
import { area, intersect, type Rectangle } from '../../core/rectangle.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../../pixels/framebuffer.js';
import {
  type CaptureEvents,
  type CaptureSource,
  type ChildUse,
  isLoss,
  type SourceDescription,
  type SourceEvent,
  SourceReports,
} from '../capture-source.js';
import { Scratch } from '../pixel-reading.js';
import type { ShareTarget } from '../share-target.js';
import { X11Connection } from '../x11/connection.js';
import { blackRoot, hasBlackRoot, isWayland } from '../x11/targets.js';
import { CaptureProcessError, ShotProcess } from './shot-process.js';
import type { Shots } from './shots.js';

/** Capturing more often than this is never visible. */
const SHORTEST_INTERVAL_MS = 1000 / 60;
/** How often to look for the target while it is lost. */
const LOST_INTERVAL_MS = 1000;

/** Captures pictures of a target. */
export interface ShotTaker {
  capture(): Promise<Shots>;
  /** Resource use of its own process, if it has one, as of the last capture. */
  readonly use?: ChildUse | null;
  close?(): Promise<void>;
}

export interface ShotTakerOptions {
  readonly target: ShareTarget;
  readonly environment: NodeJS.ProcessEnv;
  /** To be called with the reason after a failure that it has recovered from. */
  readonly onRestart: (why: string) => void;
}

export interface ScreenshotsSourceOptions {
  readonly target: ShareTarget;
  readonly why: string;
  /** The X display that was asked for, or null. The library only uses the process's own $DISPLAY. */
  readonly display: string | null;
  readonly clock: Clock;
  readonly platform?: NodeJS.Platform;
  readonly environment?: NodeJS.ProcessEnv;
  /** Creates what captures: a separate process, except in tests. */
  readonly shooter?: (options: ShotTakerOptions) => ShotTaker;
}

/**
 * Shares screens through node-screenshots: macOS, Windows and X11 (on Wayland it asks at each start, and may abort).
 * The library does not report changes, so the whole picture is captured again as soon as the last one has been read and
 * compared.
 */
export class ScreenshotsSource implements CaptureSource {
  readonly safetyCheckMs = null;
  readonly #options: ScreenshotsSourceOptions;
  readonly #scratch = new Scratch();
  #shooter: ShotTaker | null = null;
  #seen: Omit<Shots, 'shots' | 'identity'> | null = null;
  #events: CaptureEvents | null = null;
  #cancel: (() => void) | null = null;
  #captured = 0;
  readonly #reports = new SourceReports();

  constructor(options: ScreenshotsSourceOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const { target, environment = process.env, shooter = shootApart } = this.#options;
    await this.#checkDisplay();
    this.#shooter = shooter({ target, environment, onRestart: why => this.#restarted(why) });
    try {
      const shots = await this.#capture();
      if (this.#platform === 'darwin' && isBlack(shots)) throw notPermitted();
      this.#see(shots);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  describe(): SourceDescription {
    const { width, height, name } = this.#opened();
    return { kind: 'screenshots', description: `${name} (${width}x${height})`, why: this.#options.why, width, height };
  }

  start(events: CaptureEvents): void {
    this.stop();
    this.#events = events;
    if (this.#reports.loss) this.#lookSoon();
    else this.#damageSoon();
  }

  onEvent(listener: (event: SourceEvent) => void): void {
    this.#reports.onEvent(listener);
  }

  stop(): void {
    this.#events = null;
    this.#cancel?.();
    this.#cancel = null;
  }

  async read(rectangles: readonly Rectangle[], incoming: Framebuffer): Promise<number> {
    this.#opened();
    if (this.#reports.loss) return 0;
    this.#captured = this.#options.clock.now();
    let shots: Shots;
    try {
      shots = await this.#capture();
    } catch (error) {
      if (this.#lose(error)) return 0;
      throw this.#end(error);
    }
    const { width, height } = shots;
    if (this.#resized(shots)) return 0;
    this.#damageSoon();
    if (incoming.width !== width || incoming.height !== height) return 0;
    for (const shot of shots.shots) this.#store(shot, rectangles, incoming);
    return rectangles.reduce((sum, rectangle) => sum + area(rectangle), 0);
  }

  get childUse(): ChildUse | null {
    return this.#shooter?.use ?? null;
  }

  async close(): Promise<void> {
    this.stop();
    this.#reports.end();
    this.#scratch.free();
    const shooter = this.#shooter;
    this.#shooter = null;
    this.#seen = null;
    await shooter?.close?.();
  }

  get #platform(): NodeJS.Platform {
    return this.#options.platform ?? process.platform;
  }

  #opened(): Omit<Shots, 'shots' | 'identity'> {
    if (!this.#seen) throw new Error('The source is not open');
    return this.#seen;
  }

  #see({ width, height, name, monitors }: Shots): void {
    this.#seen = { width, height, name, monitors };
  }

  /** Reports the whole picture as damage, once the shortest interval since the last capture is over. */
  #damageSoon(): void {
    const { clock } = this.#options;
    this.#cancel?.();
    this.#cancel = null;
    const events = this.#events;
    if (!events) return;
    const wait = Math.max(0, this.#captured + SHORTEST_INTERVAL_MS - clock.now());
    this.#cancel = clock.after(wait, () => {
      const { width, height } = this.#opened();
      events.damage([{ x: 0, y: 0, width, height }]);
    });
  }

  /** Reports a change of size, and then the whole picture as damage. @returns whether the size has changed */
  #resized(shots: Shots): boolean {
    const before = this.#opened();
    const { width, height, name, monitors } = shots;
    this.#see(shots);
    if (monitors.join() !== before.monitors.join()) {
      this.#reports.changed(`${name} (${width}x${height}): ${monitors.join(', ')}`);
    }
    if (width === before.width && height === before.height) return false;
    this.#events?.resized({ width, height });
    this.#damageSoon();
    return true;
  }

  #restarted(why: string): void {
    this.#reports.changed(`${this.#opened().name}, in a new process: ${why}`);
  }

  /** Reports the loss if the error is one. @returns whether it is */
  #lose(error: unknown): boolean {
    if (!isLoss(error)) return false;
    this.#reports.lose(error);
    this.#lookSoon();
    return true;
  }

  /** Polls for the lost target: no event reports its return. */
  #lookSoon(): void {
    this.#cancel?.();
    this.#cancel = null;
    const events = this.#events;
    if (events) this.#cancel = this.#options.clock.after(LOST_INTERVAL_MS, () => void this.#look(events));
  }

  async #look(events: CaptureEvents): Promise<void> {
    try {
      const shots = await this.#capture();
      if (this.#events !== events) return;
      if (!this.#resized(shots)) this.#damageSoon();
      this.#reports.found();
    } catch (error) {
      if (this.#events === events && !this.#lose(error)) this.#end(error);
    }
  }

  #end(thrown: unknown): PeerglassError {
    const failure = asPeerglassError(thrown);
    const events = this.#events;
    this.stop();
    events?.ended(failure);
    return failure;
  }

  #store({ image, from, to }: Shots['shots'][number], rectangles: readonly Rectangle[], incoming: Framebuffer): void {
    const { memory } = incoming;
    const length = image.width * image.height * BYTES_PER_PIXEL;
    const pointer = this.#scratch.take(memory, length);
    image.copyTo(memory.bytes(pointer, length));
    const stride = image.width * BYTES_PER_PIXEL;
    for (const rectangle of rectangles) {
      const part = intersect(rectangle, { ...to, width: from.width, height: from.height });
      if (!part) continue;
      const source = pointer + (part.y - to.y + from.y) * stride + (part.x - to.x + from.x) * BYTES_PER_PIXEL;
      const target = incoming.at(part.x, part.y);
      memory.kernels.swapRedBlue(source, stride, target, incoming.stride, part.width, part.height);
    }
  }

  async #checkDisplay(): Promise<void> {
    const { display, environment = process.env } = this.#options;
    if (this.#platform !== 'linux') return;
    if (display === null && isWayland(environment)) throw notOnWayland();
    if (display === null && !environment.DISPLAY) {
      const remedy = 'Run peerglass inside a graphical session. The test pattern needs none: --source pattern.';
      throw new PeerglassError('E_NO_DISPLAY', 'There is no display to share: DISPLAY is not set.', remedy);
    }
    if (display === null || display === environment.DISPLAY) return this.#checkXwayland(environment);
    const remedy = `Use --source x11, or start it as: DISPLAY=${display} peerglass …`;
    throw new PeerglassError('E_CAPTURE', 'node-screenshots can only share the display that DISPLAY names.', remedy);
  }

  /** Outside of a Wayland session (sudo, ssh) the library would read the black root of its XWayland. */
  async #checkXwayland(environment: NodeJS.ProcessEnv): Promise<void> {
    if (isWayland(environment) || this.#options.target.kind === 'window') return;
    // If the display cannot be opened, the library reports that.
    const connection = await X11Connection.open(null, environment).catch(() => null);
    if (!connection) return;
    try {
      if (await hasBlackRoot(connection)) throw blackRoot(connection.name);
    } finally {
      await connection.close();
    }
  }

  async #capture(): Promise<Shots> {
    try {
      return await this.#shooter!.capture();
    } catch (error) {
      if (error instanceof PeerglassError) throw error;
      throw this.#failed(error);
    }
  }

  #failed(cause: unknown): PeerglassError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (this.#platform === 'darwin' && !(cause instanceof CaptureProcessError)) return notPermitted(cause);
    const remedy =
      this.#platform === 'linux'
        ? 'Use --source x11: it captures the same screen without node-screenshots.'
        : 'Share again.';
    return new PeerglassError('E_CAPTURE', `Reading the screen failed: ${reason}.`, remedy, { cause });
  }
}

function shootApart({ target, ...options }: ShotTakerOptions): ShotTaker {
  return new ShotProcess(target, options);
}

/** Without permission macOS returns black pixels. */
function isBlack({ shots }: Shots): boolean {
  return shots.every(({ image }) => {
    const pixels = new Uint8Array(image.width * image.height * BYTES_PER_PIXEL);
    image.copyTo(pixels);
    return pixels.every((byte, place) => place % 4 === 3 || byte === 0);
  });
}

function notOnWayland(): PeerglassError {
  const message = 'node-screenshots is not used in a Wayland session.';
  const remedy = 'Leave out --source: the screen is captured by the Wayland compositor or the desktop portal.';
  return new PeerglassError('E_WAYLAND', message, remedy);
}

function notPermitted(cause?: unknown): PeerglassError {
  const remedy =
    'Open System Settings > Privacy & Security > Screen & System Audio Recording, allow your terminal program, quit it and start it again.';
  const message = 'macOS does not allow this program to record the screen.';
  return new PeerglassError('E_CAPTURE_PERMISSION', message, remedy, { cause });
}
