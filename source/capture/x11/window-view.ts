import type { CompositeExtension, XEvent } from 'x11';
import { PeerglassError } from '../../core/errors.js';
import { plainText } from '../../core/plain-text.js';
import { type X11Connection, XRequestError } from './connection.js';
import { pixelLayout } from './pixel-layout.js';
import { STRUCTURE_NOTIFY, type View, type ViewState } from './view.js';
import { findWindow } from './windows.js';

const VIEWABLE = 2;

/**
 * One window, wherever it is. The server is asked to keep its picture apart from the screen (COMPOSITE, redirected
 * automatically), so that windows on top of it are not shared with it, and its parts beyond the screen's edge are.
 * While it is minimised its last picture stands. All of this ends with the connection.
 */
export class WindowView implements View {
  readonly #connection: X11Connection;
  readonly #composite: CompositeExtension;
  readonly #window: number;
  readonly #title: string;
  #pixmap: number | null = null;
  #last: ViewState | null = null;

  private constructor(connection: X11Connection, composite: CompositeExtension, window: number, title: string) {
    this.#connection = connection;
    this.#composite = composite;
    this.#window = window;
    this.#title = title;
  }

  static async open(connection: X11Connection, wanted: string): Promise<WindowView> {
    const composite = await connection.extension<CompositeExtension>('composite');
    if (!composite) {
      const remedy = 'Share a monitor, or the region where the window is (--region WxH+X+Y).';
      throw new PeerglassError('E_CAPTURE', 'This X server cannot share a single window (no COMPOSITE).', remedy);
    }
    const { id, title } = await findWindow(connection, wanted);
    connection.client.ChangeWindowAttributes(Number(id), { eventMask: STRUCTURE_NOTIFY });
    return new WindowView(connection, composite, Number(id), plainText(title, 60) || id);
  }

  async resolve(): Promise<ViewState> {
    const { client } = this.#connection;
    const window = this.#window;
    try {
      const [geometry, { mapState }] = await this.#connection.together(() =>
        Promise.all([
          this.#connection.ask<Geometry>(reply => client.GetGeometry(window, reply)),
          this.#connection.ask<{ mapState: number }>(reply => client.GetWindowAttributes(window, reply)),
        ]),
      );
      if (mapState !== VIEWABLE) {
        if (this.#last && this.#pixmap !== null) return this.#last;
        throw this.#gone('is minimised or hidden');
      }
      const { width, height, borderWidth, depth } = geometry;
      this.#last = {
        readable: {
          drawable: this.#hold(),
          area: { x: borderWidth, y: borderWidth, width, height },
          layout: pixelLayout(this.#connection.display, this.#connection.screen, depth),
        },
        damaged: window,
        damageOrigin: { x: 0, y: 0 },
        description: `window "${this.#title}" (${width}x${height})`,
      };
      return this.#last;
    } catch (error) {
      if (error instanceof XRequestError) throw this.#gone('was closed');
      throw error;
    }
  }

  concerns(event: XEvent): boolean {
    const { name, wid } = event;
    if (name === 'DestroyNotify' || name === 'MapNotify') return wid === this.#window;
    return name === 'ConfigureNotify' && wid === this.#window && this.#resized(event);
  }

  async pointer(): Promise<{ x: number; y: number }> {
    // The package names the pointer's place in the window that was asked about after the window's child.
    const { childX, childY } = await this.#connection.ask<{ childX: number; childY: number }>(reply => {
      this.#connection.client.QueryPointer(this.#window, reply);
    });
    return { x: childX, y: childY };
  }

  /** The picture that the server keeps. A window that was resized or shown again has a new one. */
  #hold(): number {
    const { client } = this.#connection;
    if (this.#pixmap === null) this.#composite.RedirectWindow(this.#window, this.#composite.Redirect.Automatic);
    else client.FreePixmap(this.#pixmap);
    this.#pixmap = client.AllocID();
    this.#composite.NameWindowPixmap(this.#window, this.#pixmap);
    return this.#pixmap;
  }

  /** Moving a window changes nothing in its picture. */
  #resized(event: XEvent): boolean {
    const area = this.#last?.readable.area;
    return !('width' in event && 'height' in event) || area?.width !== event.width || area?.height !== event.height;
  }

  #gone(what: string): PeerglassError {
    const remedy = 'Open it again and share it anew, or share a monitor.';
    return new PeerglassError('E_NO_SUCH_WINDOW', `The window "${this.#title}" ${what}.`, remedy);
  }
}

interface Geometry {
  readonly width: number;
  readonly height: number;
  readonly borderWidth: number;
  readonly depth: number;
}
