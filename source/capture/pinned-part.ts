import { PeerglassError } from '../core/errors.js';
import { plainText } from '../core/plain-text.js';
import { bounds, contains, intersect, type Rectangle, sameRectangle, translate } from '../core/rectangle.js';
import type { MonitorTarget, ShareTarget } from './share-target.js';

/** A connector, and the identity of the monitor plugged into it. */
export interface Output {
  readonly name: string;
  /** The monitor's EDID or the system's id for it; empty if there is neither. */
  readonly id: string;
}

/** A monitor with its identity. Monitors that mirror each other have the same number. */
export interface PinnableMonitor extends MonitorTarget {
  /** More than one where several show the same picture, or parts of one picture. */
  readonly outputs: readonly Output[];
}

/** How the monitors of a system are told apart. */
export interface MonitorRules {
  /** Whether a monitor's id may change while it stays plugged in: then a unique name is enough to recognise it. */
  readonly idsChange: boolean;
}

export interface Located {
  /** In coordinates of the whole screen. */
  readonly area: Rectangle;
  /** What is shared, without its size, e.g. "monitor HDMI-1". */
  readonly description: string;
  /** The monitors that are a part of it. */
  readonly monitors: readonly string[];
}

export type ScreenTarget = Exclude<ShareTarget, { kind: 'window' }>;

/** The monitors without those that mirror an earlier one. */
export function withoutMirrors<Monitor extends MonitorTarget>(monitors: readonly Monitor[]): Monitor[] {
  return monitors.filter(({ number }, index) => monitors.findIndex(other => other.number === number) === index);
}

/** Numbers the monitors: the primary one first, then left to right and top to bottom. Mirrors share a number. */
export function numbered<Monitor extends Omit<MonitorTarget, 'number'>>(
  monitors: readonly Monitor[],
): (Monitor & { readonly number: number })[] {
  const places: Rectangle[] = [];
  return [...monitors]
    .sort((a, b) => {
      return Number(b.primary) - Number(a.primary) || a.geometry.x - b.geometry.x || a.geometry.y - b.geometry.y;
    })
    .map(monitor => {
      const place = places.findIndex(each => sameRectangle(each, monitor.geometry));
      return { ...monitor, number: place >= 0 ? place + 1 : places.push(monitor.geometry) };
    });
}

interface Anchor {
  readonly monitor: PinnableMonitor;
  /** Whether its name was unique when it was chosen. */
  readonly alone: boolean;
}

/**
 * The shared part of a screen. Numbers and coordinates are only valid at the moment of choice, so a monitor is
 * remembered by its identity (output and EDID) and a region by the monitors below it, wherever they move later. "All
 * monitors" means those that are on at any time.
 */
export class PinnedPart {
  readonly #target: ScreenTarget;
  readonly #rules: MonitorRules;
  readonly #anchors: readonly Anchor[];

  private constructor(target: ScreenTarget, rules: MonitorRules, anchors: readonly Anchor[]) {
    this.#target = target;
    this.#rules = rules;
    this.#anchors = anchors;
  }

  /**
   * @param monitors all that are on; the whole screen as one if there are none
   * @throws PeerglassError E_NO_SUCH_MONITOR, E_REGION
   */
  static choose(
    target: ScreenTarget,
    monitors: readonly PinnableMonitor[],
    screen: Rectangle,
    rules: MonitorRules,
  ): PinnedPart {
    const anchor = (monitor: PinnableMonitor): Anchor => ({ monitor, alone: isAlone(monitor, monitors) });
    if (target.kind === 'all') return new PinnedPart(target, rules, []);
    if (target.kind === 'region') {
      checkRegion(target.region, screen);
      return new PinnedPart(target, rules, monitorsBelow(target.region, monitors).map(anchor));
    }
    const monitor = target.kind === 'monitor' ? byNumber(target.number, monitors) : byName(target.output, monitors);
    return new PinnedPart(target, rules, [anchor(monitor)]);
  }

  /**
   * The part's present place.
   *
   * @throws PeerglassError E_SOURCE_GONE
   */
  locate(monitors: readonly PinnableMonitor[], screen: Rectangle): Located {
    const target = this.#target;
    if (target.kind === 'all') return locateAll(monitors, screen);
    const found = this.#anchors.map(each => ({ was: each.monitor, is: this.#find(each, monitors) }));
    const names = found.map(({ is }) => is.name);
    if (target.kind === 'region') {
      const { region } = target;
      const area = locateRegion(region, found, screen);
      return { area, description: `region at ${region.x},${region.y}`, monitors: names };
    }
    const { is } = found[0]!;
    const area = intersect(is.geometry, screen);
    if (!area) throw gone(`Monitor ${is.name} is off.`);
    return { area, description: `monitor ${is.name}`, monitors: names };
  }

  #find({ monitor, alone }: Anchor, monitors: readonly PinnableMonitor[]): PinnableMonitor {
    const same = monitors.filter(each => isSame(each, monitor));
    const found = same.length > 1 ? same.find(each => sameRectangle(each.geometry, monitor.geometry)) : same[0];
    if (found) return found;
    const namesakes = monitors.filter(({ name }) => name === monitor.name);
    if (this.#rules.idsChange && alone && namesakes.length === 1) return namesakes[0]!;
    const region = this.#target.kind === 'region' ? ', which the region is on,' : '';
    if (namesakes.length === 0) throw gone(`Monitor ${monitor.name}${region} is off or unplugged.`);
    throw gone(`Another monitor is now plugged in at ${monitor.name}.`);
  }
}

function isSame(a: PinnableMonitor, b: PinnableMonitor): boolean {
  return a.outputs.some(({ name, id }) => b.outputs.some(other => other.name === name && other.id === id));
}

function isAlone({ name }: PinnableMonitor, monitors: readonly PinnableMonitor[]): boolean {
  return monitors.filter(each => each.name === name).length === 1;
}

/** The monitors that show some of a region; only the first of those that show the same piece. */
function monitorsBelow(region: Rectangle, monitors: readonly PinnableMonitor[]): PinnableMonitor[] {
  const parts: Rectangle[] = [];
  return monitors.filter(({ geometry }) => {
    const part = intersect(geometry, region);
    if (!part || parts.some(each => contains(each, part))) return false;
    parts.push(part);
    return true;
  });
}

/** A region follows its monitors as long as they keep their arrangement and are large enough. */
function locateRegion(
  region: Rectangle,
  found: readonly { readonly was: PinnableMonitor; readonly is: PinnableMonitor }[],
  screen: Rectangle,
): Rectangle {
  const [first] = found;
  const x = first ? first.is.geometry.x - first.was.geometry.x : 0;
  const y = first ? first.is.geometry.y - first.was.geometry.y : 0;
  const area = translate(region, x, y);
  const whole = found.every(({ was, is }) => {
    const part = intersect(was.geometry, region);
    return part !== null && contains(is.geometry, translate(part, x, y));
  });
  if (whole && contains(screen, area)) return area;
  throw gone(`The region ${regionName(region)} is no longer on the screen.`);
}

function locateAll(monitors: readonly PinnableMonitor[], screen: Rectangle): Located {
  const apart = withoutMirrors(monitors);
  if (apart.length === 0) throw gone('All monitors are off.');
  const all = apart.map(({ geometry }) => geometry).reduce(bounds);
  return {
    area: intersect(all, screen) ?? screen,
    description: apart.length === 1 ? 'the whole screen' : `all ${apart.length} monitors`,
    monitors: monitors.map(({ name }) => name),
  };
}

function byNumber(number: number, monitors: readonly PinnableMonitor[]): PinnableMonitor {
  const found = monitors.find(each => each.number === number);
  if (!found) throw noSuchMonitor(`There is no monitor ${number}.`, monitors);
  return found;
}

function byName(wanted: string, monitors: readonly PinnableMonitor[]): PinnableMonitor {
  const called = (text: string) =>
    monitors.filter(({ name, outputs }) => name === text || outputs.some(output => output.name === text));
  const exact = called(wanted);
  const text = wanted.toLowerCase();
  const found = exact.length > 0 ? exact : monitors.filter(({ name }) => name.toLowerCase() === text);
  if (found.length === 1) return found[0]!;
  const message = found.length === 0 ? 'There is no monitor' : `${found.length} monitors are`;
  throw noSuchMonitor(`${message} called "${plainText(wanted, 60)}".`, monitors);
}

function checkRegion(region: Rectangle, screen: Rectangle): void {
  if (contains(screen, region) && region.width > 0 && region.height > 0) return;
  const remedy = `The screen is ${screen.width}x${screen.height}; give a region inside it as WxH+X+Y.`;
  throw new PeerglassError('E_REGION', `The region ${regionName(region)} does not fit on the screen.`, remedy);
}

function regionName({ x, y, width, height }: Rectangle): string {
  return `${width}x${height}+${x}+${y}`;
}

function noSuchMonitor(message: string, monitors: readonly PinnableMonitor[]): PeerglassError {
  const apart = withoutMirrors(monitors);
  const choices = apart.map(
    ({ number, name, geometry: { width, height } }) => `${number} (${name}, ${width}x${height})`,
  );
  const remedy = `There ${apart.length === 1 ? 'is' : 'are'}: ${choices.join(', ')}.`;
  return new PeerglassError('E_NO_SUCH_MONITOR', message, remedy);
}

function gone(message: string): PeerglassError {
  return new PeerglassError('E_SOURCE_GONE', message, 'Sharing resumes by itself when it is back.');
}
