import type { RandrExtension, XEvent } from 'x11';
import { PeerglassError } from '../../core/errors.js';
import { bounds, contains, intersect, type Rectangle } from '../../core/rectangle.js';
import type { MonitorTarget, ShareTarget } from '../share-target.js';
import type { X11Connection } from './connection.js';
import { listMonitors, screenBounds } from './monitors.js';
import { pixelLayout } from './pixel-layout.js';
import { STRUCTURE_NOTIFY, type View, type ViewState } from './view.js';

/** RRNotify, which tells of CRTCs and outputs and which the package x11 does not read. */
const CONFIGURATION_CHANGED = 'PeerglassRandrNotify';
type ScreenTarget = Exclude<ShareTarget, { kind: 'window' }>;

/** A monitor, all of them, or a region: a part of the root window. */
export class ScreenView implements View {
  readonly #connection: X11Connection;
  readonly #target: ScreenTarget;
  readonly #randr: RandrExtension | null;
  #area: Rectangle | null = null;

  private constructor(connection: X11Connection, target: ScreenTarget, randr: RandrExtension | null) {
    this.#connection = connection;
    this.#target = target;
    this.#randr = randr;
  }

  static async open(connection: X11Connection, target: ScreenTarget): Promise<ScreenView> {
    const randr = await connection.extension<RandrExtension>('randr');
    if (randr) {
      connection.client.eventParsers[randr.firstEvent + 1] = type => ({ type, name: CONFIGURATION_CHANGED });
      const { ScreenChange, CrtcChange, OutputChange } = randr.NotifyMask;
      randr.SelectInput(connection.root, ScreenChange | CrtcChange | OutputChange);
    }
    connection.client.ChangeWindowAttributes(connection.root, { eventMask: STRUCTURE_NOTIFY });
    return new ScreenView(connection, target, randr);
  }

  async resolve(): Promise<ViewState> {
    const connection = this.#connection;
    const { area, description } = await this.#locate();
    this.#area = area;
    const { x, y, width, height } = area;
    return {
      readable: {
        drawable: connection.root,
        area,
        layout: pixelLayout(connection.display, connection.screen, connection.screen.root_depth),
      },
      damaged: connection.root,
      damageOrigin: { x, y },
      description: `${description} (${width}x${height})`,
    };
  }

  concerns(event: XEvent): boolean {
    const { name } = event;
    if (name === CONFIGURATION_CHANGED || name === 'RRScreenChangeNotify') return true;
    return name === 'ConfigureNotify' && event.wid === this.#connection.root;
  }

  async pointer(): Promise<{ x: number; y: number }> {
    const { client, root } = this.#connection;
    const { rootX, rootY } = await this.#connection.ask<{ rootX: number; rootY: number }>(reply => {
      client.QueryPointer(root, reply);
    });
    return { x: rootX - (this.#area?.x ?? 0), y: rootY - (this.#area?.y ?? 0) };
  }

  async #locate(): Promise<{ area: Rectangle; description: string }> {
    const screen = await screenBounds(this.#connection);
    const target = this.#target;
    if (target.kind === 'region') return { area: this.#region(target.region, screen), description: 'region' };
    const monitors = this.#randr ? await listMonitors(this.#connection) : wholeScreen(screen);
    if (target.kind === 'all') {
      const all = monitors.map(({ geometry }) => geometry).reduce(bounds);
      const description = monitors.length === 1 ? 'the whole screen' : `all ${monitors.length} monitors`;
      return { area: intersect(all, screen) ?? screen, description };
    }
    const monitor = monitors.find(({ number }) => number === target.number);
    const area = monitor && intersect(monitor.geometry, screen);
    if (!monitor || !area) throw noSuchMonitor(target.number, monitors);
    return { area, description: `monitor ${target.number}` };
  }

  /** At first all of it must be on the screen; when the screen shrinks later, what is left of it goes on. */
  #region(region: Rectangle, screen: Rectangle): Rectangle {
    if (contains(screen, region) && region.width > 0 && region.height > 0) return region;
    const left = this.#area && intersect(region, screen);
    if (left) return left;
    const text = `${region.width}x${region.height}+${region.x}+${region.y}`;
    const remedy = `The screen is ${screen.width}x${screen.height}; give a region inside it as WxH+X+Y.`;
    throw new PeerglassError('E_REGION', `The region ${text} lies outside of the screen.`, remedy);
  }
}

function wholeScreen(geometry: Rectangle): MonitorTarget[] {
  return [{ number: 1, name: 'screen', primary: true, geometry }];
}

function noSuchMonitor(number: number, monitors: readonly MonitorTarget[]): PeerglassError {
  const choices = monitors.map(
    ({ number, name, geometry: { width, height } }) => `${number} (${name}, ${width}x${height})`,
  );
  const remedy = `There ${monitors.length === 1 ? 'is' : 'are'}: ${choices.join(', ')}.`;
  return new PeerglassError('E_NO_SUCH_MONITOR', `There is no monitor ${number}.`, remedy);
}
