import type { RandrExtension, XEvent } from 'x11';
import type { Rectangle } from '../../core/rectangle.js';
import { type Located, PinnedPart, type ScreenTarget } from '../pinned-part.js';
import type { X11Connection } from './connection.js';
import { findMonitors, screenBounds } from './monitors.js';
import { pixelLayout } from './pixel-layout.js';
import { STRUCTURE_NOTIFY, type View, type ViewState } from './view.js';

/** Our name for RRNotify, which reports CRTC and output changes; the package x11 does not parse it. */
const CONFIGURATION_CHANGED = 'PeerglassRandrNotify';

/** A monitor, all monitors or a region: a part of the root window. */
export class ScreenView implements View {
  readonly #connection: X11Connection;
  readonly #target: ScreenTarget;
  /** Null until the first `resolve`. */
  #part: PinnedPart | null;
  #area: Rectangle | null = null;

  private constructor(connection: X11Connection, target: ScreenTarget, part: PinnedPart | null) {
    this.#connection = connection;
    this.#target = target;
    this.#part = part;
  }

  /** @param part the part shared before the server was restarted; null to choose it now */
  static async open(
    connection: X11Connection,
    target: ScreenTarget,
    part: PinnedPart | null = null,
  ): Promise<ScreenView> {
    const randr = await connection.extension<RandrExtension>('randr');
    if (randr) {
      connection.client.eventParsers[randr.firstEvent + 1] = type => ({ type, name: CONFIGURATION_CHANGED });
      const { ScreenChange, CrtcChange, OutputChange } = randr.NotifyMask;
      randr.SelectInput(connection.root, ScreenChange | CrtcChange | OutputChange);
    }
    connection.client.ChangeWindowAttributes(connection.root, { eventMask: STRUCTURE_NOTIFY });
    return new ScreenView(connection, target, part);
  }

  get part(): PinnedPart | null {
    return this.#part;
  }

  async resolve(): Promise<ViewState> {
    const connection = this.#connection;
    const { area, description, monitors } = await this.#locate();
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
      monitors,
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

  async #locate(): Promise<Located> {
    const [screen, monitors] = await Promise.all([screenBounds(this.#connection), findMonitors(this.#connection)]);
    this.#part ??= PinnedPart.choose(this.#target, monitors, screen, { idsChange: false });
    return this.#part.locate(monitors, screen);
  }
}
