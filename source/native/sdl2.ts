import { PeerglassError } from '../core/errors.js';
import type { Rectangle } from '../core/rectangle.js';
import { loadNative, NativeIsOff } from './load-native.js';
import { NATIVE_VARIABLE } from './native-mode.js';
import { libraryNames, SDL_REMEDY } from './sdl2-library.js';

/** An SDL pointer. Only SDL's own functions access the memory behind it. */
export type Pointer = bigint;

/** Sizes and places are in pixels; an SDL_Rect is four 32-bit integers: x, y, width, height. */
export interface Surface {
  readonly width: number;
  readonly height: number;
  readonly format: number;
  readonly pitch: number;
  readonly pixels: Pointer;
}

/** A window's libX11 handles. */
export interface X11Window {
  readonly display: Pointer;
  readonly id: number;
}

/** A texture, and its SDL_Rect in the window. */
export interface Layer {
  readonly texture: Pointer;
  readonly target: Int32Array;
}

/** A window manager's frame around a window. */
export interface Borders {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

export interface RendererInfo {
  readonly name: string;
  readonly accelerated: boolean;
}

export const PIXELS_BGRX = 0x16161804; // SDL_PIXELFORMAT_XRGB8888: B, G, R, X in memory on little-endian machines
export const WINDOW = { fullscreenDesktop: 0x1001, resizable: 0x20, maximized: 0x80, allowHighDpi: 0x2000 } as const;
export const EVENT = {
  ...{ quit: 0x100, window: 0x200, system: 0x201, keyDown: 0x300, textInput: 0x303 },
  ...{ mouseMotion: 0x400, mouseDown: 0x401, mouseUp: 0x402, mouseWheel: 0x403 },
} as const;
export const WINDOW_EVENT = { exposed: 3, resized: 5, sizeChanged: 6, restored: 9, leave: 11, close: 14 } as const;
const KEYMOD_SHIFT = 3;
const INIT_VIDEO = 0x20;
export const NO_BORDERS: Borders = { top: 0, left: 0, bottom: 0, right: 0 };
const WINDOW_POSITION_CENTERED = 0x2fff0000;
const TEXTURE_STREAMING = 1;
const RENDERER_ACCELERATED = 2;
const EVENT_BYTES = 128;
/** SDL_SysWMinfo on 64-bit machines: version, SDL_SYSWM_TYPE, and for X11 the Display and the Window. */
const WM_INFO = { size: 256, kindAt: 4, kindX11: 2, displayAt: 8, windowAt: 16 } as const;

/** An event of libX11 on 64-bit machines: its place in SDL's event, its type, and the window that was destroyed. */
const X_EVENT = { messageAt: 8, typeAt: 8, destroyType: 17, destroyedAt: 48 } as const;
const ENABLE = 1;

/** The used part of SDL 2. Functions throw an Error with SDL's message when they fail. */
export interface Sdl2 {
  readonly version: string;
  /** @throws Error e.g. when no display responds */
  start(): void;
  readonly videoDriver: string;
  quit(): void;
  setHint(name: string, value: string): void;
  /** The usable area of a display: without panels and docks, if the window system reports them. */
  usableBounds(display: number): Rectangle;
  displayOf(window: Pointer): number;
  /** No borders where windows are undecorated or the window system does not report them. */
  borders(window: Pointer): Borders;
  /** Size of the client area. */
  position(window: Pointer): { x: number; y: number };
  setPosition(window: Pointer, x: number, y: number): void;
  createWindow(title: string, width: number, height: number, flags: number): Pointer;
  destroyWindow(window: Pointer): void;
  setTitle(window: Pointer, title: string): void;
  setIcon(window: Pointer, bgra: Uint8Array, side: number): void;
  setFullscreen(window: Pointer, on: boolean): void;
  setWindowSize(window: Pointer, width: number, height: number): void;
  setMinimumSize(window: Pointer, width: number, height: number): void;
  windowSize(window: Pointer): { width: number; height: number };
  windowFlags(window: Pointer): number;
  /** Valid until the window's size changes. */
  windowSurface(window: Pointer): { pointer: Pointer; surface: Surface };
  /** The window's libX11 handles, or null where it is not on an X server. */
  x11Window(window: Pointer): X11Window | null;
  /** Events of the window system come too, as EVENT.system. */
  takeSystemEvents(): void;
  /** The id of the window that an event of libX11 says was destroyed; null for other events. */
  destroyedWindow(event: DataView): number | null;
  /** @param rects packed SDL_Rects */
  updateWindow(window: Pointer, rects: Int32Array, count: number): void;
  fill(surface: Pointer, colour: number): void;
  /** Copies width x height BGRX pixels from `from` into a surface, in the surface's format. */
  convertInto(surface: Surface, x: number, y: number, from: Uint8Array, pitch: number, w: number, h: number): void;
  createRenderer(window: Pointer): { renderer: Pointer; info: RendererInfo };
  destroyRenderer(renderer: Pointer): void;
  rendererSize(renderer: Pointer): { width: number; height: number };
  createTexture(renderer: Pointer, width: number, height: number, linear: boolean): Pointer;
  destroyTexture(texture: Pointer): void;
  updateTexture(texture: Pointer, rect: Int32Array, from: Uint8Array, pitch: number): void;
  /** Shows a texture on a black window, and another one over it. */
  render(renderer: Pointer, picture: Layer, over: Layer | null): void;
  shiftHeld(): boolean;
  /** The next event, in a buffer that the next call overwrites, or null. */
  pollEvent(): DataView | null;
}

/** @throws PeerglassError E_SDL_MISSING */
export function loadSdl2(names: readonly string[] = libraryNames()): Sdl2 {
  const koffi = loadKoffi();
  const failures: string[] = [];
  for (const name of names) {
    try {
      return bind(koffi, koffi.load(name));
    } catch (thrown) {
      failures.push(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
  throw new PeerglassError('E_SDL_MISSING', 'The window needs the SDL 2 library, which is not installed.', SDL_REMEDY, {
    cause: new Error(failures.join('\n')),
  });
}

type Koffi = typeof import('koffi');
type Library = ReturnType<Koffi['load']>;

function loadKoffi(): Koffi {
  try {
    return loadNative('koffi');
  } catch (cause) {
    if (cause instanceof NativeIsOff) {
      const message = `The window needs SDL 2, which is disabled by ${NATIVE_VARIABLE}=off.`;
      const remedy = `Watch in the terminal (--view terminal), or unset ${NATIVE_VARIABLE}.`;
      throw new PeerglassError('E_SDL_MISSING', message, remedy, { cause });
    }
    throw new PeerglassError(
      'E_SDL_MISSING',
      'The package koffi, through which SDL 2 is used, is missing.',
      'Install it with "npm install" in the folder of peerglass, or watch in the terminal: --view terminal',
      { cause },
    );
  }
}

function bind(koffi: Koffi, library: Library): Sdl2 {
  const surfaceStruct = koffi.struct({
    flags: 'uint32_t',
    format: 'void *',
    w: 'int',
    h: 'int',
    pitch: 'int',
    pixels: 'void *',
  });
  const formatStruct = koffi.struct({ format: 'uint32_t' });
  const rendererInfoStruct = koffi.struct({ name: 'const char *', flags: 'uint32_t' });

  const c = {
    SetMainReady: library.func('void SDL_SetMainReady()'),
    Init: library.func('int SDL_Init(uint32_t)'),
    Quit: library.func('void SDL_Quit()'),
    GetError: library.func('const char *SDL_GetError()'),
    GetVersion: library.func('void SDL_GetVersion(_Out_ uint8_t *)'),
    GetCurrentVideoDriver: library.func('const char *SDL_GetCurrentVideoDriver()'),
    SetHint: library.func('int SDL_SetHint(const char *, const char *)'),
    EnableScreenSaver: library.func('void SDL_EnableScreenSaver()'),
    GetDisplayUsableBounds: library.func('int SDL_GetDisplayUsableBounds(int, _Out_ int32_t *)'),
    GetWindowDisplayIndex: library.func('int SDL_GetWindowDisplayIndex(void *)'),
    GetWindowBordersSize: library.func(
      'int SDL_GetWindowBordersSize(void *, _Out_ int32_t *, _Out_ int32_t *, _Out_ int32_t *, _Out_ int32_t *)',
    ),
    GetWindowPosition: library.func('void SDL_GetWindowPosition(void *, _Out_ int32_t *, _Out_ int32_t *)'),
    SetWindowPosition: library.func('void SDL_SetWindowPosition(void *, int, int)'),
    GetModState: library.func('int SDL_GetModState()'),
    CreateWindow: library.func('void *SDL_CreateWindow(const char *, int, int, int, int, uint32_t)'),
    DestroyWindow: library.func('void SDL_DestroyWindow(void *)'),
    SetWindowTitle: library.func('void SDL_SetWindowTitle(void *, const char *)'),
    SetWindowIcon: library.func('void SDL_SetWindowIcon(void *, void *)'),
    SetWindowFullscreen: library.func('int SDL_SetWindowFullscreen(void *, uint32_t)'),
    SetWindowSize: library.func('void SDL_SetWindowSize(void *, int, int)'),
    SetWindowMinimumSize: library.func('void SDL_SetWindowMinimumSize(void *, int, int)'),
    GetWindowSize: library.func('void SDL_GetWindowSize(void *, _Out_ int32_t *, _Out_ int32_t *)'),
    GetWindowFlags: library.func('uint32_t SDL_GetWindowFlags(void *)'),
    GetWindowSurface: library.func('void *SDL_GetWindowSurface(void *)'),
    GetWindowWMInfo: library.func('int SDL_GetWindowWMInfo(void *, uint8_t *)'),
    UpdateWindowSurfaceRects: library.func('int SDL_UpdateWindowSurfaceRects(void *, const int32_t *, int)'),
    FillRect: library.func('int SDL_FillRect(void *, void *, uint32_t)'),
    ConvertPixels: library.func(
      'int SDL_ConvertPixels(int, int, uint32_t, const uint8_t *, int, uint32_t, void *, int)',
    ),
    CreateRGBSurfaceWithFormatFrom: library.func(
      'void *SDL_CreateRGBSurfaceWithFormatFrom(uint8_t *, int, int, int, int, uint32_t)',
    ),
    FreeSurface: library.func('void SDL_FreeSurface(void *)'),
    CreateRenderer: library.func('void *SDL_CreateRenderer(void *, int, uint32_t)'),
    DestroyRenderer: library.func('void SDL_DestroyRenderer(void *)'),
    GetRendererInfo: library.func('int SDL_GetRendererInfo(void *, _Out_ uint8_t *)'),
    GetRendererOutputSize: library.func('int SDL_GetRendererOutputSize(void *, _Out_ int32_t *, _Out_ int32_t *)'),
    SetRenderDrawColor: library.func('int SDL_SetRenderDrawColor(void *, uint8_t, uint8_t, uint8_t, uint8_t)'),
    CreateTexture: library.func('void *SDL_CreateTexture(void *, uint32_t, int, int, int)'),
    DestroyTexture: library.func('void SDL_DestroyTexture(void *)'),
    UpdateTexture: library.func('int SDL_UpdateTexture(void *, const int32_t *, const uint8_t *, int)'),
    RenderClear: library.func('int SDL_RenderClear(void *)'),
    RenderCopy: library.func('int SDL_RenderCopy(void *, void *, const int32_t *, const int32_t *)'),
    RenderPresent: library.func('void SDL_RenderPresent(void *)'),
    EventState: library.func('uint8_t SDL_EventState(uint32_t, int)'),
    PollEvent: library.func('int SDL_PollEvent(uint8_t *)'),
  };

  const failed = (what: string) => new Error(`${what}: ${String(c.GetError())}`);
  const succeed = (status: unknown, what: string) => {
    if (status !== 0) throw failed(what);
  };
  const exist = (pointer: unknown, what: string): Pointer => {
    if (typeof pointer !== 'bigint' || pointer === 0n) throw failed(what);
    return pointer;
  };
  const pair = (call: (a: Int32Array, b: Int32Array) => void) => {
    const [width, height] = [new Int32Array(1), new Int32Array(1)];
    call(width, height);
    return { width: width[0]!, height: height[0]! };
  };

  const event = new Uint8Array(EVENT_BYTES);
  const eventView = new DataView(event.buffer);
  const versionBytes = new Uint8Array(3);
  c.GetVersion(versionBytes);

  return {
    version: versionBytes.join('.'),
    start() {
      c.SetMainReady();
      succeed(c.Init(INIT_VIDEO), 'SDL cannot start');
      c.EnableScreenSaver();
    },
    get videoDriver() {
      return String(c.GetCurrentVideoDriver() ?? 'none');
    },
    quit: () => c.Quit(),
    setHint: (name, value) => c.SetHint(name, value),
    usableBounds(display) {
      const rect = new Int32Array(4);
      succeed(c.GetDisplayUsableBounds(display, rect), 'The size of the display is unknown');
      return { x: rect[0]!, y: rect[1]!, width: rect[2]!, height: rect[3]! };
    },
    displayOf: window => Math.max(0, Number(c.GetWindowDisplayIndex(window))),
    borders(window) {
      const [top, left, bottom, right] = [new Int32Array(1), new Int32Array(1), new Int32Array(1), new Int32Array(1)];
      if (c.GetWindowBordersSize(window, top, left, bottom, right) !== 0) return NO_BORDERS;
      return { top: top[0]!, left: left[0]!, bottom: bottom[0]!, right: right[0]! };
    },
    position(window) {
      const { width, height } = pair((x, y) => c.GetWindowPosition(window, x, y));
      return { x: width, y: height };
    },
    setPosition: (window, x, y) => c.SetWindowPosition(window, x, y),
    createWindow(title, width, height, flags) {
      const at = WINDOW_POSITION_CENTERED;
      return exist(c.CreateWindow(title, at, at, width, height, flags), 'No window');
    },
    destroyWindow: window => c.DestroyWindow(window),
    setTitle: (window, title) => c.SetWindowTitle(window, title),
    setIcon(window, bgra, side) {
      const argb8888 = 0x16362004;
      const icon = exist(c.CreateRGBSurfaceWithFormatFrom(bgra, side, side, 32, side * 4, argb8888), 'No icon');
      c.SetWindowIcon(window, icon);
      c.FreeSurface(icon);
    },
    setFullscreen(window, on) {
      succeed(c.SetWindowFullscreen(window, on ? WINDOW.fullscreenDesktop : 0), 'No full screen');
    },
    setWindowSize: (window, width, height) => c.SetWindowSize(window, width, height),
    setMinimumSize: (window, width, height) => c.SetWindowMinimumSize(window, width, height),
    windowSize: window => pair((width, height) => c.GetWindowSize(window, width, height)),
    windowFlags: window => Number(c.GetWindowFlags(window)),
    windowSurface(window) {
      const pointer = exist(c.GetWindowSurface(window), 'No window surface');
      const { w, h, pitch, pixels, format } = koffi.decode(pointer, surfaceStruct);
      const surface = { width: w, height: h, pitch, pixels, format: koffi.decode(format, formatStruct).format };
      return { pointer, surface };
    },
    x11Window(window) {
      if (koffi.sizeof('void *') !== 8) return null;
      const info = Buffer.alloc(WM_INFO.size);
      info.set(versionBytes);
      if (c.GetWindowWMInfo(window, info) !== 1 || info.readUInt32LE(WM_INFO.kindAt) !== WM_INFO.kindX11) return null;
      return { display: info.readBigUInt64LE(WM_INFO.displayAt), id: Number(info.readBigUInt64LE(WM_INFO.windowAt)) };
    },
    takeSystemEvents() {
      if (koffi.sizeof('void *') === 8) c.EventState(EVENT.system, ENABLE);
    },
    destroyedWindow(event) {
      const message = event.getBigUint64(X_EVENT.messageAt, true);
      if (koffi.decode(message, X_EVENT.typeAt, 'int') !== X_EVENT.destroyType) return null;
      return Number(koffi.decode(message, X_EVENT.destroyedAt, 'unsigned long'));
    },
    updateWindow(window, rects, count) {
      succeed(c.UpdateWindowSurfaceRects(window, rects, count), 'The window cannot be updated');
    },
    fill: (surface, colour) => succeed(c.FillRect(surface, null, colour), 'The window cannot be cleared'),
    convertInto({ format, pitch: targetPitch, pixels }, x, y, from, pitch, width, height) {
      const target = pixels + BigInt(y * targetPitch + x * bytesPerPixel(format));
      const status = c.ConvertPixels(width, height, PIXELS_BGRX, from, pitch, format, target, targetPitch);
      succeed(status, 'Pixels cannot be converted');
    },
    createRenderer(window) {
      const renderer = exist(c.CreateRenderer(window, -1, 0), 'No renderer');
      const info = new Uint8Array(koffi.sizeof(rendererInfoStruct) + 256);
      succeed(c.GetRendererInfo(renderer, info), 'No renderer');
      const { name, flags } = koffi.decode(info, rendererInfoStruct);
      c.SetRenderDrawColor(renderer, 0, 0, 0, 255);
      return { renderer, info: { name: String(name), accelerated: (Number(flags) & RENDERER_ACCELERATED) !== 0 } };
    },
    destroyRenderer: renderer => c.DestroyRenderer(renderer),
    rendererSize(renderer) {
      return pair((width, height) => succeed(c.GetRendererOutputSize(renderer, width, height), 'No size'));
    },
    createTexture(renderer, width, height, linear) {
      c.SetHint('SDL_RENDER_SCALE_QUALITY', linear ? 'linear' : 'nearest');
      return exist(c.CreateTexture(renderer, PIXELS_BGRX, TEXTURE_STREAMING, width, height), 'No texture');
    },
    destroyTexture: texture => c.DestroyTexture(texture),
    updateTexture(texture, rect, from, pitch) {
      succeed(c.UpdateTexture(texture, rect, from, pitch), 'The texture cannot be updated');
    },
    render(renderer, picture, over) {
      succeed(c.RenderClear(renderer), 'The window cannot be cleared');
      succeed(c.RenderCopy(renderer, picture.texture, null, picture.target), 'The picture cannot be drawn');
      if (over) succeed(c.RenderCopy(renderer, over.texture, null, over.target), 'The banner cannot be drawn');
      c.RenderPresent(renderer);
    },
    shiftHeld: () => (Number(c.GetModState()) & KEYMOD_SHIFT) !== 0,
    pollEvent: () => (c.PollEvent(event) === 1 ? eventView : null),
  };
}

/** The lowest byte of an SDL pixel format. */
function bytesPerPixel(format: number): number {
  return format & 0xff;
}
