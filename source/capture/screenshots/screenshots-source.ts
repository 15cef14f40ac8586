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
} from '../capture-source.js';
import { Scratch } from '../pixel-reading.js';
import type { ShareTarget } from '../share-target.js';
import { X11Connection } from '../x11/connection.js';
import { blackRoot, hasBlackRoot, isWayland } from '../x11/targets.js';
import { CaptureProcessError, ShotProcess } from './shot-process.js';
import type { Shots } from './shots.js';

/** Nobody can see more pictures a second than that. */
const SHORTEST_INTERVAL_MS = 1000 / 60;
/** How often it is looked for once it is gone. */
const LOST_INTERVAL_MS = 1000;

/** What captures, and ends where it has something to end. */
export interface ShotTaker {
  capture(): Promise<Shots>;
  /** Of a process of its own, as of the last capture. */
  readonly use?: ChildUse | null;
  close?(): Promise<void>;
}

export interface ShotTakerOptions {
  readonly target: ShareTarget;
  readonly environment: NodeJS.ProcessEnv;
  /** To be called when it has failed and goes on all the same, with why. */
  readonly onRestart: (why: string) => void;
}

export interface ScreenshotsSourceOptions {
  readonly target: ShareTarget;
  readonly why: string;
  /** The X display that was asked for, or null. The library only knows the one of the process. */
  readonly display: string | null;
  readonly clock: Clock;
  readonly platform?: NodeJS.Platform;
  readonly environment?: NodeJS.ProcessEnv;
  /** Captures; a process of its own unless a test has another. */
  readonly shooter?: (options: ShotTakerOptions) => ShotTaker;
}

/**
 * Shares what node-screenshots can see: macOS, Windows, Wayland, and X11. Nothing there says what has changed, so the
 * whole picture is captured again as soon as it has been read and compared.
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
  #loss: PeerglassError | null = null;
  #tell: (news: SourceEvent) => void = () => {};

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
    if (this.#loss) this.#lookSoon();
    else this.#tellSoon();
  }

  onEvent(listener: (news: SourceEvent) => void): void {
    this.#tell = listener;
  }

  stop(): void {
    this.#events = null;
    this.#cancel?.();
    this.#cancel = null;
  }

  async read(rectangles: readonly Rectangle[], incoming: Framebuffer): Promise<number> {
    this.#opened();
    if (this.#loss) return 0;
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
    this.#tellSoon();
    if (incoming.width !== width || incoming.height !== height) return 0;
    for (const shot of shots.shots) this.#store(shot, rectangles, incoming);
    return rectangles.reduce((sum, rectangle) => sum + area(rectangle), 0);
  }

  get childUse(): ChildUse | null {
    return this.#shooter?.use ?? null;
  }

  async close(): Promise<void> {
    this.stop();
    this.#tell = () => {};
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

  /** Reports all of it once, as soon as the shortest interval since the last capture is over. */
  #tellSoon(): void {
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

  /** Tells when it has another size than before, and then all of it as damage. */
  #resized(shots: Shots): boolean {
    const before = this.#opened();
    const { width, height, name, monitors } = shots;
    this.#see(shots);
    if (monitors.join() !== before.monitors.join()) {
      this.#tell({ kind: 'changed', text: `${name} (${width}x${height}): ${monitors.join(', ')}` });
    }
    if (width === before.width && height === before.height) return false;
    this.#events?.resized({ width, height });
    this.#tellSoon();
    return true;
  }

  #restarted(why: string): void {
    this.#tell({ kind: 'changed', text: `${this.#opened().name}, in a new process: ${why}` });
  }

  /** Whether an error means that what was chosen is gone or hidden, which is told then. */
  #lose(error: unknown): boolean {
    if (!isLoss(error)) return false;
    if (this.#loss?.message !== error.message) {
      this.#loss = error;
      this.#tell({ kind: 'lost', error });
    }
    this.#lookSoon();
    return true;
  }

  /** Looks whether it is there again: nothing tells that. */
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
      this.#loss = null;
      if (!this.#resized(shots)) this.#tellSoon();
      this.#tell({ kind: 'back' });
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
    if (display === null && !environment.DISPLAY && !environment.WAYLAND_DISPLAY) {
      const remedy = 'Run peerglass inside a graphical session. The test pattern needs none: --source pattern.';
      throw new PeerglassError('E_NO_DISPLAY', 'There is no display to share: DISPLAY is not set.', remedy);
    }
    if (display === null || display === environment.DISPLAY) return this.#checkXwayland(environment);
    const remedy = `Use --source x11, or start it as: DISPLAY=${display} peerglass …`;
    throw new PeerglassError('E_CAPTURE', 'node-screenshots can only share the display that DISPLAY names.', remedy);
  }

  /** Outside of the Wayland session (sudo, ssh) the library would read the root of its XWayland. */
  async #checkXwayland(environment: NodeJS.ProcessEnv): Promise<void> {
    if (isWayland(environment) || this.#options.target.kind === 'window') return;
    // A display that cannot be opened is the library's to complain of.
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
    const { environment = process.env } = this.#options;
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (this.#platform === 'darwin' && !(cause instanceof CaptureProcessError)) return notPermitted(cause);
    if (this.#platform === 'linux' && environment.WAYLAND_DISPLAY) {
      const message = `This is a Wayland session, and its compositor did not let the screen be read (${reason}).`;
      const remedy =
        'Allow it when the desktop asks (xdg-desktop-portal must run), or log in to an Xorg session. One X window can be shared by --source x11 --window ID.';
      return new PeerglassError('E_WAYLAND', message, remedy, { cause });
    }
    const remedy =
      this.#platform === 'linux'
        ? 'Use --source x11: it reads the same screen without that library, and says what it lacks.'
        : 'Share again.';
    return new PeerglassError('E_CAPTURE', `Reading the screen failed: ${reason}.`, remedy, { cause });
  }
}

function shootApart({ target, ...options }: ShotTakerOptions): ShotTaker {
  return new ShotProcess(target, options);
}

/** macOS gives black pixels to whom it does not trust. */
function isBlack({ shots }: Shots): boolean {
  return shots.every(({ image }) => {
    const pixels = new Uint8Array(image.width * image.height * BYTES_PER_PIXEL);
    image.copyTo(pixels);
    return pixels.every((byte, place) => place % 4 === 3 || byte === 0);
  });
}

function notPermitted(cause?: unknown): PeerglassError {
  const remedy =
    'Open System Settings > Privacy & Security > Screen & System Audio Recording, allow your terminal program, quit it and start it again.';
  const message = 'macOS does not let this program read the screen.';
  return new PeerglassError('E_CAPTURE_PERMISSION', message, remedy, { cause });
}
