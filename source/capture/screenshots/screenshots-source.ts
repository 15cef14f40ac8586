import type { Clock } from '../../core/clock.js';
import { asPeerglassError, PeerglassError } from '../../core/errors.js';
import { area, intersect, type Rectangle } from '../../core/rectangle.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../../pixels/framebuffer.js';
import type { CaptureEvents, CaptureSource, SourceDescription } from '../capture-source.js';
import { Scratch } from '../scratch.js';
import type { ShareTarget } from '../share-target.js';
import { loadScreenshots, type ScreenshotsLibrary } from './library.js';
import { capture, type Shots } from './shots.js';

/** Nobody can see more pictures a second than that. */
const SHORTEST_INTERVAL_MS = 1000 / 60;

export interface ScreenshotsSourceOptions {
  readonly target: ShareTarget;
  readonly why: string;
  /** The X display that was asked for, or null. The library only knows the one of the process. */
  readonly display: string | null;
  readonly clock: Clock;
  readonly platform?: NodeJS.Platform;
  readonly environment?: NodeJS.ProcessEnv;
  readonly load?: () => ScreenshotsLibrary;
}

/**
 * Shares what node-screenshots can see: macOS, Windows, Wayland, and X11. Nothing there says what has changed, so the
 * whole picture is captured again as soon as it has been read and compared.
 */
export class ScreenshotsSource implements CaptureSource {
  readonly safetyCheckMs = null;
  readonly #options: ScreenshotsSourceOptions;
  readonly #scratch = new Scratch();
  #library: ScreenshotsLibrary | null = null;
  #size: { width: number; height: number; name: string } | null = null;
  #events: CaptureEvents | null = null;
  #cancel: (() => void) | null = null;
  #captured = 0;

  constructor(options: ScreenshotsSourceOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const { load = loadScreenshots } = this.#options;
    this.#checkDisplay();
    this.#library = load();
    const shots = await this.#capture();
    if (this.#platform === 'darwin' && isBlack(shots)) throw notPermitted();
    this.#size = { width: shots.width, height: shots.height, name: shots.name };
  }

  describe(): SourceDescription {
    const { width, height, name } = this.#opened();
    return { kind: 'screenshots', description: `${name} (${width}x${height})`, why: this.#options.why, width, height };
  }

  start(events: CaptureEvents): void {
    this.stop();
    this.#events = events;
    this.#tellSoon();
  }

  stop(): void {
    this.#events = null;
    this.#cancel?.();
    this.#cancel = null;
  }

  async read(rectangles: readonly Rectangle[], incoming: Framebuffer): Promise<number> {
    const before = this.#opened();
    this.#captured = this.#options.clock.now();
    let shots: Shots;
    try {
      shots = await this.#capture();
    } catch (error) {
      const failure = asPeerglassError(error);
      const events = this.#events;
      this.stop();
      events?.ended(failure);
      throw failure;
    }
    const { width, height, name } = shots;
    if (width !== before.width || height !== before.height) {
      this.#size = { width, height, name };
      this.#events?.resized({ width, height });
      this.#tellSoon();
      return 0;
    }
    this.#tellSoon();
    if (incoming.width !== width || incoming.height !== height) return 0;
    for (const shot of shots.shots) this.#store(shot, rectangles, incoming);
    return rectangles.reduce((sum, rectangle) => sum + area(rectangle), 0);
  }

  async close(): Promise<void> {
    this.stop();
    this.#scratch.free();
    this.#library = null;
    this.#size = null;
  }

  get #platform(): NodeJS.Platform {
    return this.#options.platform ?? process.platform;
  }

  #opened(): { width: number; height: number; name: string } {
    if (!this.#size) throw new Error('The source is not open');
    return this.#size;
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

  #store({ image, from, to }: Shots['shots'][number], rectangles: readonly Rectangle[], incoming: Framebuffer): void {
    const raw = image.toRawSync();
    const { memory } = incoming;
    const pointer = this.#scratch.take(memory, raw.length);
    memory.bytes(pointer, raw.length).set(raw);
    const stride = image.width * BYTES_PER_PIXEL;
    for (const rectangle of rectangles) {
      const part = intersect(rectangle, { ...to, width: from.width, height: from.height });
      if (!part) continue;
      const source = pointer + (part.y - to.y + from.y) * stride + (part.x - to.x + from.x) * BYTES_PER_PIXEL;
      const target = incoming.at(part.x, part.y);
      memory.kernels.swapRedBlue(source, stride, target, incoming.stride, part.width, part.height);
    }
  }

  #checkDisplay(): void {
    const { display, environment = process.env } = this.#options;
    if (this.#platform !== 'linux') return;
    if (!environment.DISPLAY && !environment.WAYLAND_DISPLAY) {
      const remedy = 'Run peerglass inside a graphical session. The test pattern needs none: --source pattern.';
      throw new PeerglassError('E_NO_DISPLAY', 'There is no display to share: DISPLAY is not set.', remedy);
    }
    if (display === null || display === environment.DISPLAY) return;
    const remedy = `Use --source x11, or start it as: DISPLAY=${display} peerglass …`;
    throw new PeerglassError('E_CAPTURE', 'node-screenshots can only share the display that DISPLAY names.', remedy);
  }

  async #capture(): Promise<Shots> {
    try {
      return await capture(this.#library!, this.#options.target);
    } catch (error) {
      if (error instanceof PeerglassError) throw error;
      throw this.#failed(error);
    }
  }

  #failed(cause: unknown): PeerglassError {
    const { environment = process.env } = this.#options;
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (this.#platform === 'darwin') return notPermitted(cause);
    if (this.#platform === 'linux' && environment.WAYLAND_DISPLAY) {
      const message = `This is a Wayland session, and its compositor did not let the screen be read (${reason}).`;
      const remedy =
        'Allow it when the desktop asks (xdg-desktop-portal must run), or log in to an Xorg session. --source x11 shares only what X programs show.';
      return new PeerglassError('E_WAYLAND', message, remedy, { cause });
    }
    const remedy = this.#platform === 'linux' ? 'Check DISPLAY, or try --source x11.' : 'Share again.';
    return new PeerglassError('E_CAPTURE', `Reading the screen failed: ${reason}.`, remedy, { cause });
  }
}

/** macOS gives black pixels to whom it does not trust. */
function isBlack({ shots }: Shots): boolean {
  return shots.every(({ image }) => image.toRawSync().every((byte, place) => place % 4 === 3 || byte === 0));
}

function notPermitted(cause?: unknown): PeerglassError {
  const remedy =
    'Open System Settings > Privacy & Security > Screen & System Audio Recording, allow your terminal program, quit it and start it again.';
  const message = 'macOS does not let this program read the screen.';
  return new PeerglassError('E_CAPTURE_PERMISSION', message, remedy, { cause });
}
