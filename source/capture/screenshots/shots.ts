import { PeerglassError } from '../../core/errors.js';
import { plainText } from '../../core/plain-text.js';
import { bounds, intersect, type Rectangle, sameRectangle, translate } from '../../core/rectangle.js';
import type { NativeImage, NativeMonitor, NativeWindow, ScreenshotsLibrary } from '../../native/load-native.js';
import {
  type Located,
  numbered,
  type PinnableMonitor,
  PinnedPart,
  type ScreenTarget,
  withoutMirrors,
} from '../pinned-part.js';
import type { MonitorTarget, ShareTarget, WindowTarget } from '../share-target.js';
import { windowByTitle } from '../window-choice.js';

/** Pixels are packed RGBA. */
export interface ShotImage {
  readonly width: number;
  readonly height: number;
  /** Copies all pixels. */
  copyTo(target: Uint8Array): void;
}

/** A captured image, and the place of its part in the shared picture. */
export interface Shot<Image = ShotImage> {
  readonly image: Image;
  /** The part, in the image's coordinates. */
  readonly from: Rectangle;
  /** Its top left corner in the shared picture. */
  readonly to: { readonly x: number; readonly y: number };
}

export interface Shots<Image = ShotImage> {
  readonly shots: readonly Shot<Image>[];
  readonly width: number;
  readonly height: number;
  /** What is shared, without its size. */
  readonly name: string;
  /** The monitors that are a part of it; none for a window. */
  readonly monitors: readonly string[];
  /** Identifies the shared thing, across processes too. */
  readonly identity: string;
}

/** An image in this process. */
class OwnImage implements ShotImage {
  readonly #native: NativeImage;

  constructor(native: NativeImage) {
    this.#native = native;
  }

  get width(): number {
    return this.#native.width;
  }

  get height(): number {
    return this.#native.height;
  }

  pixels(): Uint8Array {
    return this.#native.toRawSync();
  }

  copyTo(target: Uint8Array): void {
    target.set(this.pixels());
  }
}

type OwnShots = Shots<OwnImage>;

/** The primary monitor first, then left to right and top to bottom; mirrors are listed once. */
export function monitorTargets(library: ScreenshotsLibrary): MonitorTarget[] {
  const monitors = withoutMirrors(monitorsOf(library.Monitor.all()));
  return monitors.map(({ number, name, primary, geometry }) => ({ number, name, primary, geometry }));
}

/** The visible windows with a title. */
export function windowTargets(library: ScreenshotsLibrary): WindowTarget[] {
  return nativeWindows(library).map(window => ({
    id: String(window.id()),
    title: plainText(window.title()).trim(),
    geometry: geometry(window),
  }));
}

/** On Windows the ids of monitors may change when another one is plugged in. */
const RULES = { idsChange: true };

/**
 * Captures the chosen target and nothing else: the library's numbers, places and ids are only trusted the first time.
 */
export class TargetCapturer {
  readonly #library: ScreenshotsLibrary;
  readonly #target: ShareTarget;
  #part: PinnedPart | null = null;
  #window: PinnedWindow | null = null;

  constructor(library: ScreenshotsLibrary, target: ShareTarget) {
    this.#library = library;
    this.#target = target;
  }

  /**
   * Captures the target now.
   *
   * @throws PeerglassError E_NO_SUCH_MONITOR, E_NO_SUCH_WINDOW, E_REGION at first, later E_SOURCE_GONE, E_SOURCE_HIDDEN
   * @throws Error with the library's message when a capture fails
   */
  async capture(): Promise<OwnShots> {
    const target = this.#target;
    if (target.kind === 'window') return this.#captureWindow(target.window);
    const natives = this.#library.Monitor.all();
    if (natives.length === 0 && !this.#part) throw new Error('the system shows no monitor');
    if (target.kind === 'all' || target.kind === 'region') return this.#captureDesktop(target, natives);
    return this.#captureMonitor(target, natives);
  }

  async #captureMonitor(target: ScreenTarget, natives: readonly NativeMonitor[]): Promise<OwnShots> {
    const monitors = monitorsOf(natives);
    const located = this.#locate(target, monitors);
    const { native } = monitors.find(each => sameRectangle(each.geometry, located.area))!;
    const { description, monitors: names } = located;
    return single(await native.captureImage(), description, names, identityOf(description, names));
  }

  /** All monitors in their places, or a region of them, in pixels from the desktop's top left corner. */
  async #captureDesktop(target: ScreenTarget, natives: readonly NativeMonitor[]): Promise<OwnShots> {
    const images = await Promise.all(natives.map(monitor => monitor.captureImage()));
    const places = images.map((image, index) => {
      const monitor = natives[index]!;
      // Positions may be in points, several pixels each (Retina screens).
      const scale = image.width / Math.max(1, monitor.width());
      const x = Math.round(monitor.x() * scale);
      return { x, y: Math.round(monitor.y() * scale), width: image.width, height: image.height };
    });
    const desktop = places.reduce(bounds, places[0] ?? NOWHERE);
    const inDesktop = places.map(place => translate(place, -desktop.x, -desktop.y));
    const { area, description: name, monitors } = this.#locate(target, monitorsOf(natives, inDesktop));
    const shots = images.flatMap((image, index) => {
      const place = inDesktop[index]!;
      const part = intersect(place, area);
      if (!part) return [];
      return [
        {
          image: new OwnImage(image),
          from: translate(part, -place.x, -place.y),
          to: { x: part.x - area.x, y: part.y - area.y },
        },
      ];
    });
    return { shots, width: area.width, height: area.height, name, monitors, identity: identityOf(name, monitors) };
  }

  #locate(target: ScreenTarget, monitors: readonly PinnableMonitor[]): Located {
    const geometries = monitors.map(({ geometry }) => geometry);
    const screen = geometries.reduce(bounds, geometries[0] ?? NOWHERE);
    this.#part ??= PinnedPart.choose(target, monitors, screen, RULES);
    return this.#part.locate(monitors, screen);
  }

  async #captureWindow(wanted: string): Promise<OwnShots> {
    this.#window ??= pinWindow(findWindow(this.#library, wanted));
    const pinned = this.#window;
    const window = shownWindow(this.#library, pinned);
    try {
      const identity = `window ${pinned.id} of process ${pinned.pid}`;
      return single(await window.captureImage(), `window "${pinned.title}"`, [], identity);
    } catch (error) {
      // Was it closed or minimised just now? Then that is the error.
      shownWindow(this.#library, pinned);
      throw error;
    }
  }
}

const NOWHERE: Rectangle = { x: 0, y: 0, width: 0, height: 0 };

interface NativePlace extends PinnableMonitor {
  readonly native: NativeMonitor;
}

/** @param places the monitors' places, instead of the library's */
function monitorsOf(natives: readonly NativeMonitor[], places?: readonly Rectangle[]): NativePlace[] {
  return numbered(
    natives.map((native, index) => {
      const name = plainText(native.name(), 40);
      const outputs = [{ name, id: String(native.id()) }];
      return { native, name, outputs, primary: native.isPrimary(), geometry: places?.[index] ?? geometry(native) };
    }),
  );
}

/** A window's identity. The id alone is not enough: another program's window may have it later. */
interface PinnedWindow {
  readonly id: number;
  /** Null if the system does not report it. */
  readonly pid: number | null;
  readonly title: string;
}

function pinWindow(window: NativeWindow): PinnedWindow {
  return { id: window.id(), pid: pidOf(window), title: plainText(window.title(), 60) };
}

function pidOf(window: NativeWindow): number | null {
  try {
    return window.pid();
  } catch {
    return null;
  }
}

/** @throws PeerglassError E_SOURCE_GONE, E_SOURCE_HIDDEN */
function shownWindow(library: ScreenshotsLibrary, { id, pid, title }: PinnedWindow): NativeWindow {
  const window = allWindows(library).find(each => {
    try {
      return each.id() === id && pidOf(each) === pid;
    } catch {
      return false;
    }
  });
  if (!window) {
    const remedy = 'Share another window, or a monitor.';
    throw new PeerglassError('E_SOURCE_GONE', `The window "${title}" was closed.`, remedy);
  }
  if (!window.isMinimized()) return window;
  const remedy = 'Sharing resumes by itself when the window is shown again.';
  throw new PeerglassError('E_SOURCE_HIDDEN', `The window "${title}" is minimised.`, remedy);
}

/** @throws PeerglassError E_NO_SUCH_WINDOW */
function findWindow(library: ScreenshotsLibrary, wanted: string): NativeWindow {
  const windows = nativeWindows(library);
  const byId = windows.find(window => window.id() === Number(wanted));
  if (byId) return byId;
  const titled = windows.map(native => ({ id: String(native.id()), title: native.title(), native }));
  return windowByTitle(wanted, titled).native;
}

function single(native: NativeImage, name: string, monitors: readonly string[], identity: string): OwnShots {
  const image = new OwnImage(native);
  const { width, height } = image;
  const shots = [{ image, from: { x: 0, y: 0, width, height }, to: { x: 0, y: 0 } }];
  return { shots, width, height, name, monitors, identity };
}

function identityOf(name: string, monitors: readonly string[]): string {
  return [name, ...monitors].join('\n');
}

/** Without a window manager X11 has no list of windows, which the library reports as an error. */
function allWindows(library: ScreenshotsLibrary): NativeWindow[] {
  try {
    return library.Window.all();
  } catch {
    return [];
  }
}

function nativeWindows(library: ScreenshotsLibrary): NativeWindow[] {
  return allWindows(library).filter(window => {
    try {
      return !window.isMinimized() && window.title().trim() !== '';
    } catch {
      return false;
    }
  });
}

function geometry(area: NativeMonitor | NativeWindow): Rectangle {
  return { x: area.x(), y: area.y(), width: area.width(), height: area.height() };
}
