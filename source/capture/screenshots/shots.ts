import { PeerglassError } from '../../core/errors.js';
import { plainText } from '../../core/plain-text.js';
import { bounds, contains, intersect, type Rectangle, translate } from '../../core/rectangle.js';
import type { MonitorTarget, ShareTarget, WindowTarget } from '../share-target.js';
import type { NativeImage, NativeMonitor, NativeWindow, ScreenshotsLibrary } from './library.js';

/** One captured image and where its part lies in the picture that is shared. */
export interface Shot {
  readonly image: NativeImage;
  /** In the image. */
  readonly from: Rectangle;
  /** In the shared picture; the size is that of `from`. */
  readonly to: { readonly x: number; readonly y: number };
}

export interface Shots {
  readonly shots: readonly Shot[];
  readonly width: number;
  readonly height: number;
  /** What is shared, without its size. */
  readonly name: string;
}

/** The primary monitor first, then from left to right and from the top. */
export function sortedMonitors(library: ScreenshotsLibrary): NativeMonitor[] {
  return library.Monitor.all().sort((a, b) => {
    return Number(b.isPrimary()) - Number(a.isPrimary()) || a.x() - b.x() || a.y() - b.y();
  });
}

export function monitorTargets(library: ScreenshotsLibrary): MonitorTarget[] {
  return sortedMonitors(library).map((monitor, index) => ({
    number: index + 1,
    name: plainText(monitor.name(), 40),
    primary: monitor.isPrimary(),
    geometry: geometry(monitor),
  }));
}

/** The windows that have a title and are on the screen. */
export function windowTargets(library: ScreenshotsLibrary): WindowTarget[] {
  return nativeWindows(library).map(window => ({
    id: String(window.id()),
    title: plainText(window.title()).trim(),
    geometry: geometry(window),
  }));
}

/**
 * Captures what the target names, as it is now.
 *
 * @throws PeerglassError E_NO_SUCH_MONITOR, E_NO_SUCH_WINDOW, E_REGION
 * @throws Error whatever the library says when a capture fails
 */
export async function capture(library: ScreenshotsLibrary, target: ShareTarget): Promise<Shots> {
  if (target.kind === 'window') return captureWindow(library, target.window);
  const monitors = sortedMonitors(library);
  if (monitors.length === 0) throw new Error('the system shows no monitor');
  if (target.kind === 'monitor') return captureMonitor(monitors, target.number);
  return captureDesktop(monitors, target);
}

async function captureMonitor(monitors: readonly NativeMonitor[], number: number): Promise<Shots> {
  const monitor = monitors[number - 1];
  if (!monitor) {
    const remedy = monitors.length === 1 ? 'There is only monitor 1.' : `There are monitors 1 to ${monitors.length}.`;
    throw new PeerglassError('E_NO_SUCH_MONITOR', `There is no monitor ${number}.`, remedy);
  }
  return single(await monitor.captureImage(), `monitor ${number}`);
}

async function captureWindow(library: ScreenshotsLibrary, wanted: string): Promise<Shots> {
  const windows = nativeWindows(library);
  const text = wanted.toLowerCase();
  const id = Number(wanted);
  const exact = windows.filter(window => window.id() === id || window.title().toLowerCase() === text);
  const found = exact.length > 0 ? exact : windows.filter(window => window.title().toLowerCase().includes(text));
  const name = plainText(wanted, 60);
  if (found.length > 1) {
    const choices = found.slice(0, 5).map(window => `${window.id()} (${plainText(window.title(), 40)})`);
    const remedy = `Give the id of one: ${choices.join(', ')}.`;
    throw new PeerglassError('E_NO_SUCH_WINDOW', `${found.length} windows have "${name}" in their title.`, remedy);
  }
  const window = found[0];
  if (!window) {
    const remedy = 'peerglass list shows the windows; one that is minimised cannot be shared.';
    throw new PeerglassError('E_NO_SUCH_WINDOW', `No window on the screen has the id or title "${name}".`, remedy);
  }
  return single(await window.captureImage(), `window "${plainText(window.title(), 60)}"`);
}

/** All monitors in their places, or a region of that, in pixels from the top left corner of the whole desktop. */
async function captureDesktop(
  monitors: readonly NativeMonitor[],
  target: Extract<ShareTarget, { kind: 'all' | 'region' }>,
): Promise<Shots> {
  const images = await Promise.all(monitors.map(monitor => monitor.captureImage()));
  const places = images.map((image, index) => {
    const monitor = monitors[index]!;
    // Positions may be in points where a pixel is a part of one (a Retina screen).
    const scale = image.width / Math.max(1, monitor.width());
    const x = Math.round(monitor.x() * scale);
    return { x, y: Math.round(monitor.y() * scale), width: image.width, height: image.height };
  });
  const desktop = places.reduce(bounds);
  const whole = { x: 0, y: 0, width: desktop.width, height: desktop.height };
  const area = target.kind === 'all' ? whole : target.region;
  if (!contains(whole, area) || area.width < 1 || area.height < 1) {
    const text = `${area.width}x${area.height}+${area.x}+${area.y}`;
    const remedy = `The screen is ${whole.width}x${whole.height}; give a region inside it as WxH+X+Y.`;
    throw new PeerglassError('E_REGION', `The region ${text} lies outside of the screen.`, remedy);
  }
  const shots = images.flatMap((image, index) => {
    const place = translate(places[index]!, -desktop.x, -desktop.y);
    const part = intersect(place, area);
    if (!part) return [];
    return [{ image, from: translate(part, -place.x, -place.y), to: { x: part.x - area.x, y: part.y - area.y } }];
  });
  const all = monitors.length === 1 ? 'the whole screen' : `all ${monitors.length} monitors`;
  return { shots, width: area.width, height: area.height, name: target.kind === 'all' ? all : 'region' };
}

function single(image: NativeImage, name: string): Shots {
  const { width, height } = image;
  return { shots: [{ image, from: { x: 0, y: 0, width, height }, to: { x: 0, y: 0 } }], width, height, name };
}

/** Without a window manager an X11 server has no list, which the library calls an error. */
function nativeWindows(library: ScreenshotsLibrary): NativeWindow[] {
  let windows: NativeWindow[];
  try {
    windows = library.Window.all();
  } catch {
    return [];
  }
  return windows.filter(window => {
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
