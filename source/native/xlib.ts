import type * as Koffi from 'koffi';
import { PeerglassError } from '../core/errors.js';
import type { Rectangle, Size } from '../core/rectangle.js';
import { loadNative } from './load-native.js';

type Pointer = bigint;

interface Functions {
  XOpenDisplay(name: string): Pointer | null;
  XDefaultScreen(display: Pointer): number;
  XDefaultVisual(display: Pointer, screen: number): Pointer;
  XDefaultDepth(display: Pointer, screen: number): number;
  XDefaultRootWindow(display: Pointer): number;
  XDefaultGC(display: Pointer, screen: number): Pointer;
  XCreateSimpleWindow(...values: [Pointer, number, number, number, number, number, number, number, number]): number;
  XChangeWindowAttributes(display: Pointer, window: number, mask: number, attributes: Buffer): number;
  XMapRaised(display: Pointer, window: number): number;
  XWarpPointer(...values: [Pointer, number, number, number, number, number, number, number, number]): number;
  XCreateBitmapFromData(display: Pointer, window: number, data: Buffer, width: number, height: number): number;
  XCreatePixmapCursor(...values: [Pointer, number, number, Buffer, Buffer, number, number]): number;
  XDefineCursor(display: Pointer, window: number, cursor: number): number;
  XSync(display: Pointer, discard: number): number;
  XShmCreateImage(...values: [Pointer, Pointer, number, number, Pointer, Buffer, number, number]): Pointer;
  XShmAttach(display: Pointer, info: Buffer): number;
  XShmPutImage(
    ...values: [Pointer, number, Pointer, Pointer, number, number, number, number, number, number, number]
  ): number;
  shmget(key: number, size: number, flags: number): number;
  shmat(id: number, address: Pointer | null, flags: number): Pointer;
  shmctl(id: number, command: number, buffer: Pointer | null): number;
  view(pointer: Pointer, length: number): ArrayBuffer;
}

const IPC_PRIVATE = 0;
const IPC_CREAT_OWNER_ONLY = 0o1600;
const IPC_RMID = 0;
const Z_PIXMAP = 2;
const CW_OVERRIDE_REDIRECT = 1 << 9;
/** XSetWindowAttributes on 64-bit machines: the offset of `override_redirect`, and the size. */
const OVERRIDE_REDIRECT_AT = 88;
const ATTRIBUTES_SIZE = 112;
/** Of XColor. */
const COLOUR_SIZE = 16;
/** Of XShmSegmentInfo on 64-bit machines. */
const SEGMENT_INFO = { size: 32, shmidAt: 8, addressAt: 16 } as const;

function loadFunctions(): Functions {
  const koffi = loadNative('koffi');
  const x11 = koffi.load('libX11.so.6');
  const xext = koffi.load('libXext.so.6');
  const c = koffi.load('libc.so.6');
  const of = (library: Koffi.LibraryHandle, ...definitions: string[]) =>
    definitions.map(definition => [/(\w+)\(/.exec(definition)?.[1] ?? '', library.func(definition)] as const);
  return Object.fromEntries([
    ...of(
      x11,
      'void *XOpenDisplay(const char *name)',
      'int XDefaultScreen(void *display)',
      'void *XDefaultVisual(void *display, int screen)',
      'int XDefaultDepth(void *display, int screen)',
      'unsigned long XDefaultRootWindow(void *display)',
      'void *XDefaultGC(void *display, int screen)',
      'unsigned long XCreateSimpleWindow(void *display, unsigned long parent, int x, int y, unsigned int width, unsigned int height, unsigned int border, unsigned long colour, unsigned long background)',
      'int XChangeWindowAttributes(void *display, unsigned long window, unsigned long mask, void *attributes)',
      'int XMapRaised(void *display, unsigned long window)',
      'int XWarpPointer(void *display, unsigned long from, unsigned long to, int x, int y, unsigned int width, unsigned int height, int toX, int toY)',
      'unsigned long XCreateBitmapFromData(void *display, unsigned long window, void *data, unsigned int width, unsigned int height)',
      'unsigned long XCreatePixmapCursor(void *display, unsigned long source, unsigned long mask, void *foreground, void *background, unsigned int x, unsigned int y)',
      'int XDefineCursor(void *display, unsigned long window, unsigned long cursor)',
      'int XSync(void *display, int discard)',
    ),
    ...of(
      xext,
      'void *XShmCreateImage(void *display, void *visual, unsigned int depth, int format, void *data, void *info, unsigned int width, unsigned int height)',
      'int XShmAttach(void *display, void *info)',
      'int XShmPutImage(void *display, unsigned long drawable, void *gc, void *image, int fromX, int fromY, int toX, int toY, unsigned int width, unsigned int height, int event)',
    ),
    ...of(
      c,
      'int shmget(int key, size_t size, int flags)',
      'void *shmat(int id, void *address, int flags)',
      'int shmctl(int id, int command, void *buffer)',
    ),
    ['view', (pointer: Pointer, length: number) => koffi.view(pointer, length)],
  ]) as unknown as Functions;
}

/** A picture in memory shared with the X server: BGRX, rows from the top, no padding. */
export interface Surface extends Size {
  readonly pixels: Uint32Array;
  readonly image: Pointer;
}

/** A window that covers a display and is painted from shared memory by Xlib: synchronous, at minimal cost. */
export class PaintedWindow implements Size {
  readonly width: number;
  readonly height: number;
  readonly #x: Functions;
  readonly #display: Pointer;
  readonly #window: number;
  readonly #gc: Pointer;
  readonly #screen: number;
  /** XShmPutImage reads these as long as their surface is used. */
  readonly #kept: Buffer[] = [];

  constructor(display: string, size: Size) {
    this.width = size.width;
    this.height = size.height;
    this.#x = loadFunctions();
    const opened = this.#x.XOpenDisplay(display);
    if (!opened) throw new PeerglassError('E_DISPLAY_CONNECT', `The display ${display} does not respond.`);
    this.#display = opened;
    this.#screen = this.#x.XDefaultScreen(opened);
    this.#gc = this.#x.XDefaultGC(opened, this.#screen);
    const root = this.#x.XDefaultRootWindow(opened);
    this.#window = this.#x.XCreateSimpleWindow(opened, root, 0, 0, size.width, size.height, 0, 0, 0);
    const attributes = Buffer.alloc(ATTRIBUTES_SIZE);
    attributes.writeInt32LE(1, OVERRIDE_REDIRECT_AT);
    this.#x.XChangeWindowAttributes(opened, this.#window, CW_OVERRIDE_REDIRECT, attributes);
    this.#hidePointer();
    this.#x.XMapRaised(opened, this.#window);
    this.#x.XWarpPointer(opened, 0, root, 0, 0, 0, 0, size.width - 1, size.height - 1);
    this.#x.XSync(opened, 0);
  }

  /** Hides the cursor: viewers that draw one would draw it into the pictures to compare. */
  #hidePointer(): void {
    const nothing = this.#x.XCreateBitmapFromData(this.#display, this.#window, Buffer.alloc(1), 1, 1);
    const black = Buffer.alloc(COLOUR_SIZE);
    const cursor = this.#x.XCreatePixmapCursor(this.#display, nothing, nothing, black, black, 0, 0);
    this.#x.XDefineCursor(this.#display, this.#window, cursor);
  }

  createSurface({ width, height }: Size): Surface {
    const length = width * height * 4;
    const id = this.#x.shmget(IPC_PRIVATE, length, IPC_CREAT_OWNER_ONLY);
    if (id < 0) throw new PeerglassError('E_INTERNAL', `Allocating ${length} bytes of shared memory failed.`);
    const address = this.#x.shmat(id, null, 0);
    const info = Buffer.alloc(SEGMENT_INFO.size);
    info.writeInt32LE(id, SEGMENT_INFO.shmidAt);
    info.writeBigUInt64LE(address, SEGMENT_INFO.addressAt);
    this.#kept.push(info);
    const visual = this.#x.XDefaultVisual(this.#display, this.#screen);
    const depth = this.#x.XDefaultDepth(this.#display, this.#screen);
    const image = this.#x.XShmCreateImage(this.#display, visual, depth, Z_PIXMAP, address, info, width, height);
    this.#x.XShmAttach(this.#display, info);
    this.#x.XSync(this.#display, 0);
    // Attached at both ends: the segment is removed with the last of them.
    this.#x.shmctl(id, IPC_RMID, null);
    return { width, height, image, pixels: new Uint32Array(this.#x.view(address, length)) };
  }

  /** Copies a rectangle of the surface to the window, in one request. */
  put(surface: Surface, from: Rectangle, toX: number, toY: number): void {
    const { x, y, width, height } = from;
    this.#x.XShmPutImage(
      ...([this.#display, this.#window, this.#gc, surface.image, x, y, toX, toY, width, height, 0] as const),
    );
  }

  /** Returns when the server has drawn everything. */
  sync(): void {
    this.#x.XSync(this.#display, 0);
  }
}

/** Of XErrorEvent on 64-bit machines: what the failed request was for, and why it failed. */
const ERROR = { resourceAt: 16, codeAt: 32 } as const;
/** BadWindow, BadDrawable. */
const NO_SUCH_WINDOW: ReadonlySet<number> = new Set([3, 9]);
/** A display of this machine: another one, which may not answer for minutes, is not asked again. */
const OWN_DISPLAY = /^(unix|localhost)?:/;

export interface X11Listeners {
  /** A request failed because there is no window, or other drawable, of that id any more. */
  onNoWindow(id: number): void;
  /**
   * The connection to the X server is gone, and the process about to end: save synchronously whatever must survive.
   * @param killed whether the server is still there: somebody had it close this connection, as xkill does
   */
  onDeath(killed: boolean): void;
}

/** libX11 has one handler of each kind per process. */
let listeners: X11Listeners | null = null;
let calls: { install(): void; sync(display: Pointer): void } | null = null;

/**
 * Listens to the errors of libX11, which would end the process; to be called after SDL has started, which sets handlers
 * of its own. Failed requests are ignored, as nothing was done. When the connection breaks, libX11 calls the listener
 * inside the failed call and then ends the process (exit status 1). Without libX11 or its symbols nothing is called, and
 * the process ends all the same.
 */
export function watchX11(next: X11Listeners): void {
  listeners = next;
  try {
    calls ??= createCalls();
    calls?.install();
  } catch (reason) {
    console.error('libX11 cannot be watched:', reason);
  }
}

/** Waits until the server has done everything, so that errors come while they are listened to. */
export function syncX11(display: Pointer): void {
  calls?.sync(display);
}

function createCalls(): typeof calls {
  const koffi = loadNative('koffi');
  const library = koffi.load('libX11.so.6');
  const broken = koffi.pointer(koffi.proto('int PeerglassXIOErrorHandler(void *display)'));
  const failed = koffi.pointer(koffi.proto('int PeerglassXErrorHandler(void *display, void *event)'));
  const setBroken = library.func('XSetIOErrorHandler', 'void *', [broken]);
  const setFailed = library.func('XSetErrorHandler', 'void *', [failed]);
  const sync = library.func('int XSync(void *, int)');
  const open = library.func('void *XOpenDisplay(const char *)');
  const onBroken = koffi.register(() => {
    listeners?.onDeath(OWN_DISPLAY.test(process.env.DISPLAY ?? '') && open(null) !== null);
    return 0;
  }, broken);
  const onFailed = koffi.register((_display: Pointer, event: Pointer) => {
    const code = Number(koffi.decode(event, ERROR.codeAt, 'uint8_t'));
    if (NO_SUCH_WINDOW.has(code)) listeners?.onNoWindow(Number(koffi.decode(event, ERROR.resourceAt, 'unsigned long')));
    else console.error(`libX11: a request failed with the error ${code}`);
    return 0;
  }, failed);
  return {
    install() {
      setBroken(onBroken);
      if (koffi.sizeof('void *') === 8) setFailed(onFailed);
    },
    sync: display => sync(display, 0),
  };
}
