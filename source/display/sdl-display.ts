import { existsSync, readdirSync } from 'node:fs';
import { PeerglassError } from '../core/errors.js';
import type { Rectangle, Size } from '../core/rectangle.js';
import { EVENT, loadSdl2, type Pointer, type Sdl2, WINDOW, WINDOW_EVENT, type X11Window } from '../native/sdl2.js';
import { syncX11, watchX11 } from '../native/xlib.js';
import type { Framebuffer } from '../pixels/framebuffer.js';
import { Banner } from './banner.js';
import type { Display, DisplayEvent, DisplayOptions, Painter } from './display.js';
import { isDoubleClick, PanGestures } from './pan-gestures.js';
import { type PictureScale, type Point, panned, type View, windowSize, zoomed } from './placement.js';
import { SurfacePainter } from './surface-painter.js';
import { TexturePainter } from './texture-painter.js';
import { WindowFit } from './window-fit.js';

export type PaintPath = 'surface' | 'texture';

/** Forces a paint path, for tests and troubleshooting; by default the hardware decides. */
export const PAINT_VARIABLE = 'PEERGLASS_PAINT';

export interface SdlDisplayOptions {
  readonly path?: PaintPath | undefined;
  /** Whether there is a GPU, if known; otherwise it is detected. */
  readonly gpu?: boolean;
  /** A renderer that takes longer for a full picture is replaced by the window surface. */
  readonly trialMs?: number;
  /**
   * Called when the connection to the X server is gone, just before the process exits: SDL and libX11 cannot continue
   * without it.
   * @param killed whether the server is still there: a person had the window closed by force
   */
  readonly onDeath?: (killed: boolean) => void;
}

/** Full pictures timed before a slow renderer is replaced by the window surface. */
const TRIALS = 3;
const TRIAL_MS = 8;
/** Arrow key presses that pan by a full window. */
const PAN_STEPS = 8;
/** Displays with more rows show banners in larger letters. */
const BANNER_FACTOR_HEIGHT = 1080;

/** A native window by SDL 2. */
export class SdlDisplay implements Display {
  readonly interactive = true;
  readonly #options: SdlDisplayOptions;
  #sdl: Sdl2 | null = null;
  #window: Pointer | null = null;
  #fit: WindowFit | null = null;
  #painter: Painter | null = null;
  #framebuffer: Framebuffer | null = null;
  #view: View = { scale: 'fit', pan: { x: 0, y: 0 }, banner: null };
  readonly #gestures = new PanGestures();
  #moving = false;
  #trials: number[] | null = null;
  /** What another program has destroyed of libX11's; null: the window is there. */
  #destroyed: X11Window | null = null;
  #title = '';
  #size: Size = { width: 1, height: 1 };

  constructor(options: SdlDisplayOptions = {}) {
    const named = process.env[PAINT_VARIABLE];
    this.#options = { path: named === 'surface' || named === 'texture' ? named : undefined, ...options };
  }

  async prepare(): Promise<void> {
    const sdl = loadSdl2();
    requireDisplay();
    process.env.SDL_VIDEO_X11_WMCLASS ??= 'peerglass';
    sdl.setHint('SDL_APP_NAME', 'peerglass');
    // SIGINT and SIGTERM are handled by the session, not the window.
    sdl.setHint('SDL_NO_SIGNAL_HANDLERS', '1');
    sdl.setHint('SDL_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR', '0');
    try {
      sdl.start();
    } catch (cause) {
      throw noDisplay(cause);
    }
    if (['offscreen', 'dummy', 'evdev'].includes(sdl.videoDriver) && !process.env.SDL_VIDEODRIVER) {
      sdl.quit();
      throw noDisplay(new Error(`SDL would draw on ${sdl.videoDriver}`));
    }
    if (sdl.videoDriver === 'x11') {
      sdl.takeSystemEvents();
      watchX11({
        onNoWindow: id => this.#noWindow(id),
        onDeath: killed => this.#options.onDeath?.(killed),
      });
    }
    this.#sdl = sdl;
  }

  open(options: DisplayOptions): void {
    this.#title = options.title;
    this.#view = { ...this.#view, scale: options.scale };
    this.#size = { width: options.width, height: options.height };
    const path = this.#options.path ?? ((this.#options.gpu ?? hasGpu()) ? 'texture' : 'surface');
    this.#trials = path === 'texture' && !this.#options.path ? [] : null;
    this.#openWindow(path);
    if (options.fullscreen) this.toggleFullscreen();
  }

  resize(size: Size): void {
    this.#framebuffer = null;
    this.#size = { width: size.width, height: size.height };
    this.#fit?.follow(this.#size, this.#view.scale);
  }

  present(framebuffer: Framebuffer, dirty: readonly Rectangle[]): void {
    if (!this.#painter || this.#destroyed) return;
    this.#framebuffer = framebuffer;
    const begun = performance.now();
    this.#try(() => this.#painter?.paint(framebuffer, dirty, this.#view));
    if (this.#trials) this.#judge(performance.now() - begun, framebuffer, dirty);
  }

  setTitle(title: string): void {
    if (title === this.#title || !this.#window) return;
    this.#title = title;
    this.#sdl?.setTitle(this.#window, title);
  }

  setScale(scale: PictureScale): void {
    const pan = this.#painter ? zoomed(this.#size, this.#painter.size, this.#view, scale) : this.#view.pan;
    this.#view = { ...this.#view, scale, pan };
    this.#fit?.now(this.#size, scale);
    this.#repaint();
  }

  get fullscreen(): boolean {
    if (!this.#sdl || !this.#window) return false;
    return (this.#sdl.windowFlags(this.#window) & WINDOW.fullscreenDesktop) === WINDOW.fullscreenDesktop;
  }

  toggleFullscreen(): void {
    if (!this.#sdl || !this.#window) return;
    this.#sdl.setFullscreen(this.#window, !this.fullscreen);
    this.#repaint();
  }

  pan(right: number, down: number): void {
    if (!this.#painter) return;
    const { width, height } = this.#painter.size;
    this.#move({ x: Math.round((right * width) / PAN_STEPS), y: Math.round((down * height) / PAN_STEPS) });
  }

  setBanner(text: string | null): void {
    if (text === (this.#view.banner?.text ?? null)) return;
    this.#view = { ...this.#view, banner: text === null ? null : new Banner(text, this.#bannerFactor()) };
    this.#paintAgain();
  }

  get moving(): boolean {
    return this.#moving;
  }

  pump(): DisplayEvent[] {
    const events: DisplayEvent[] = [];
    if (!this.#sdl || !this.#window) return events;
    let uncovered = false;
    for (let event = this.#sdl.pollEvent(); event; event = this.#sdl.pollEvent()) {
      const type = event.getUint32(0, true);
      const by = this.#gestures.take(event, () => this.#sdl?.shiftHeld() ?? false);
      if (by.x !== 0 || by.y !== 0) this.#moveInWindow(by);
      if (isDoubleClick(event)) events.push({ type: 'key', key: 'f' });
      const key = type === EVENT.keyDown ? keyOfKeyDown(event) : type === EVENT.textInput ? keyOfText(event) : null;
      if (key !== null) events.push({ type: 'key', key });
      if (type === EVENT.system) this.#noWindow(this.#sdl.destroyedWindow(event));
      if (type === EVENT.quit) events.push({ type: 'closed' });
      if (type !== EVENT.window) continue;
      const change = event.getUint8(12);
      if (change === WINDOW_EVENT.close) events.push({ type: 'closed' });
      uncovered ||= REPAINTED.has(change);
    }
    if (this.#destroyed) return [...events, { type: 'closed' }];
    this.#fit?.catchUp(this.#size, this.#view.scale);
    this.#moving = this.#gestures.dragging || this.#moveAtEdge();
    if (uncovered || this.#painter?.waits) this.#repaint();
    return events;
  }

  describe(): string {
    if (!this.#sdl) return 'SDL 2';
    return [`SDL ${this.#sdl.version}`, this.#sdl.videoDriver, this.#painter?.name].filter(Boolean).join(', ');
  }

  close(): void {
    this.#closeWindow();
    this.#sdl?.quit();
    this.#sdl = null;
  }

  #openWindow(path: PaintPath): void {
    const sdl = this.#sdl;
    if (!sdl) throw new PeerglassError('E_SDL', 'A window was requested before SDL was initialised.');
    try {
      // Otherwise SDL would draw the window surface with the renderer that is avoided here.
      sdl.setHint('SDL_FRAMEBUFFER_ACCELERATION', '0');
      const { width, height } = windowSize(this.#size, sdl.usableBounds(0), this.#view.scale);
      this.#window = sdl.createWindow(this.#title, width, height, WINDOW.resizable | WINDOW.allowHighDpi);
      sdl.setMinimumSize(this.#window, 64, 36);
      this.#fit = new WindowFit(sdl, this.#window);
      this.#fit.now(this.#size, this.#view.scale);
      sdl.setIcon(this.#window, windowIcon(), ICON_SIDE);
      this.#painter = this.#createPainter(sdl, this.#window, path);
    } catch (cause) {
      throw new PeerglassError(
        'E_SDL',
        `SDL cannot open a window (${cause instanceof Error ? cause.message : cause}).`,
        TERMINAL_INSTEAD,
        { cause },
      );
    }
  }

  #noWindow(id: number | null): void {
    if (id === null || !this.#sdl || !this.#window || this.#destroyed) return;
    // A renderer of SDL's may have replaced its window by another one.
    const window = this.#sdl.x11Window(this.#window);
    if (window?.id === id) this.#destroyed = window;
  }

  #createPainter(sdl: Sdl2, window: Pointer, path: PaintPath): Painter {
    if (path === 'surface') return new SurfacePainter(sdl, window);
    const painter = new TexturePainter(sdl, window);
    if (painter.info.accelerated || this.#options.path) return painter;
    painter.close();
    this.#trials = null;
    return new SurfacePainter(sdl, window);
  }

  /** An "accelerated" renderer may be slow software: only its time counts. */
  #judge(ms: number, framebuffer: Framebuffer, dirty: readonly Rectangle[]): void {
    const whole = dirty.some(({ width, height }) => width === framebuffer.width && height === framebuffer.height);
    if (!this.#trials || !whole) return;
    this.#trials.push(ms);
    if (this.#trials.length < TRIALS) return;
    const slow = Math.min(...this.#trials) > (this.#options.trialMs ?? TRIAL_MS);
    this.#trials = null;
    if (!slow) return;
    const { fullscreen } = this;
    this.#closeWindow();
    this.#openWindow('surface');
    if (fullscreen) this.toggleFullscreen();
    this.#framebuffer = framebuffer;
    this.#repaint();
  }

  /** @param by in window units, which are not always pixels */
  #moveInWindow(by: Point): void {
    if (!this.#sdl || !this.#window || !this.#painter) return;
    const ratio = this.#painter.size.width / this.#sdl.windowSize(this.#window).width;
    this.#move({ x: Math.round(by.x * ratio), y: Math.round(by.y * ratio) });
  }

  /** Pans while the pointer rests at the edge of a full screen. @returns whether it does */
  #moveAtEdge(): boolean {
    if (!this.#sdl || !this.#window || this.#view.scale === 'fit' || !this.fullscreen) return false;
    const by = this.#gestures.atEdge(this.#sdl.windowSize(this.#window), performance.now());
    if (!by) return false;
    this.#moveInWindow(by);
    return true;
  }

  #move(by: Point): void {
    if (!this.#painter) return;
    const { pan } = this.#view;
    const moved = panned(this.#size, this.#painter.size, this.#view, by);
    if (moved.x === pan.x && moved.y === pan.y) return;
    this.#view = { ...this.#view, pan: moved };
    this.#paintAgain();
  }

  /** Legible text: larger letters on dense pixels. */
  #bannerFactor(): number {
    if (!this.#sdl || !this.#window || !this.#painter) return 1;
    const ratio = this.#painter.size.width / this.#sdl.windowSize(this.#window).width;
    const { height } = this.#sdl.usableBounds(this.#sdl.displayOf(this.#window));
    return Math.max(1, Math.round(ratio), Math.round(height / BANNER_FACTOR_HEIGHT));
  }

  /** Paints after a change of view, without new pixels. */
  #paintAgain(): void {
    const framebuffer = this.#framebuffer;
    if (framebuffer) this.#try(() => this.#painter?.paint(framebuffer, [], this.#view));
  }

  #repaint(): void {
    const framebuffer = this.#framebuffer;
    if (framebuffer) this.#try(() => this.#painter?.repaint(framebuffer, this.#view));
  }

  #try(paint: () => void): void {
    try {
      paint();
    } catch (cause) {
      const words = cause instanceof Error ? cause.message : String(cause);
      throw new PeerglassError('E_SDL', `SDL cannot draw (${words}).`, TERMINAL_INSTEAD, { cause });
    }
  }

  #closeWindow(): void {
    this.#painter?.close();
    this.#painter = null;
    if (this.#window) this.#sdl?.destroyWindow(this.#window);
    // SDL has tried to end it once more.
    if (this.#destroyed) syncX11(this.#destroyed.display);
    this.#destroyed = null;
    this.#window = null;
    this.#fit = null;
    this.#framebuffer = null;
  }
}

const REPAINTED: ReadonlySet<number> = new Set([
  WINDOW_EVENT.exposed,
  WINDOW_EVENT.resized,
  WINDOW_EVENT.sizeChanged,
  WINDOW_EVENT.restored,
]);

/** Other systems always have a GPU. On Linux without one, software fills the window surface faster. */
function hasGpu(): boolean {
  if (process.platform !== 'linux') return true;
  return existsSync('/dev/dri') && readdirSync('/dev/dri').some(name => name.startsWith('renderD'));
}

/** Checked before SDL falls back to a console or an invisible screen, which nobody could see. */
function requireDisplay(): void {
  const { platform, env } = process;
  if (platform === 'win32' || platform === 'darwin') return;
  if (env.DISPLAY || env.WAYLAND_DISPLAY || env.SDL_VIDEODRIVER) return;
  throw new PeerglassError('E_NO_DISPLAY', 'No display to open a window on: DISPLAY is not set.', NO_DISPLAY_REMEDY);
}

const TERMINAL_INSTEAD = 'Watch in the terminal instead: --view terminal';
const NO_DISPLAY_REMEDY =
  'Run it inside a desktop session, or watch in the terminal: --view terminal. For figures only: --view none';

function noDisplay(cause: unknown): PeerglassError {
  const words = cause instanceof Error ? cause.message : String(cause);
  const asked = process.env.SDL_VIDEODRIVER;
  if (asked) {
    const remedy = 'Unset SDL_VIDEODRIVER, or watch in the terminal: --view terminal';
    return new PeerglassError('E_SDL', `SDL cannot use its video driver "${asked}" (${words}).`, remedy, { cause });
  }
  const display = process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY;
  const message = display
    ? `The display "${display}" does not respond (${words}).`
    : `SDL finds no display (${words}).`;
  return new PeerglassError(display ? 'E_DISPLAY_CONNECT' : 'E_NO_DISPLAY', message, NO_DISPLAY_REMEDY, { cause });
}

const NAMED: Readonly<Record<number, string>> = {
  27: 'escape',
  13: 'return',
  9: 'tab',
  1073741903: 'right',
  1073741904: 'left',
  1073741905: 'down',
  1073741906: 'up',
  // F11, full screen everywhere else.
  1073741892: 'f',
};

const KEY_SYM = 20;
const TEXT = 12;
const TEXT_BYTES = 32;

/** The key of an SDL_KEYDOWN event that types no text. Others arrive as SDL_TEXTINPUT, in the user's layout. */
function keyOfKeyDown(event: DataView): string | null {
  return NAMED[event.getUint32(KEY_SYM, true)] ?? null;
}

/** The character of an SDL_TEXTINPUT event. */
function keyOfText(event: DataView): string | null {
  const bytes = new Uint8Array(event.buffer, event.byteOffset + TEXT, TEXT_BYTES);
  const end = bytes.indexOf(0);
  const text = new TextDecoder().decode(bytes.subarray(0, end < 0 ? TEXT_BYTES : end));
  return [...text].length === 1 ? text : null;
}

const ICON_SIDE = 32;

const FRAME = 0xff_2b_3a_42;
const BACK = 0xff_4f_8f_b8;
const FRONT = 0xff_e8_f4_fa;

/** Two overlapping panes of glass: BGRA, rows from the top. */
function windowIcon(): Uint8Array {
  const pixels = new Uint32Array(ICON_SIDE * ICON_SIDE);
  const pane = (left: number, top: number, right: number, bottom: number, colour: number) => {
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const edge = x < left + 2 || x >= right - 2 || y < top + 2 || y >= bottom - 2;
        pixels[y * ICON_SIDE + x] = edge ? FRAME : colour;
      }
    }
  };
  pane(1, 3, 23, 19, BACK);
  pane(9, 13, 31, 29, FRONT);
  return new Uint8Array(pixels.buffer);
}
