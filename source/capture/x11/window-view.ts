import type { CompositeExtension, XEvent } from 'x11';
import type { ErrorCode } from '../../core/error-codes.js';
import { PeerglassError } from '../../core/errors.js';
import { plainText } from '../../core/plain-text.js';
import { NOT_SHOWN } from '../window-choice.js';
import { type X11Connection, XRequestError } from './connection.js';
import { pixelLayout } from './pixel-layout.js';
import { STRUCTURE_NOTIFY, type View, type ViewState } from './view.js';
import { findWindow, isIconic, parentOf } from './windows.js';

const VIEWABLE = 2;
/** PropertyChangeMask: a property of the window changes. */
const PROPERTY_CHANGE = 0x400000;
/** Window managers nest less deeply than this. */
const MAX_FRAMES = 8;

/**
 * One window, wherever it is. The server redirects it to an off-screen pixmap (COMPOSITE, automatic), so that windows
 * on top of it are not shared and its parts beyond the screen's edge are. The redirection ends with the connection.
 */
export class WindowView implements View {
  readonly #connection: X11Connection;
  readonly #composite: CompositeExtension;
  readonly #window: number;
  readonly #title: string;
  /** The window's ancestors, e.g. its frame: when one is unmapped, the window is hidden. */
  readonly #frames = new Set<number>();
  #pixmap: number | null = null;
  #last: ViewState | null = null;
  /** Set for good: the window's id may be reused by another window. */
  #closed = false;

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
    connection.client.ChangeWindowAttributes(Number(id), { eventMask: STRUCTURE_NOTIFY | PROPERTY_CHANGE });
    return new WindowView(connection, composite, Number(id), plainText(title, 60) || id);
  }

  async resolve(): Promise<ViewState> {
    const { client } = this.#connection;
    const window = this.#window;
    try {
      if (this.#closed) throw this.#gone();
      // Before the queries: later changes are reported by events.
      await this.#watchFrames();
      const [geometry, { mapState }, iconic] = await this.#connection.together(() =>
        Promise.all([
          this.#connection.ask<Geometry>(reply => client.GetGeometry(window, reply)),
          this.#connection.ask<{ mapState: number }>(reply => client.GetWindowAttributes(window, reply)),
          isIconic(this.#connection, window),
        ]),
      );
      if (this.#closed) throw this.#gone();
      if (mapState !== VIEWABLE || iconic) throw this.#hidden();
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
        monitors: [],
      };
      return this.#last;
    } catch (error) {
      if (error instanceof XRequestError) throw this.#gone();
      throw error;
    }
  }

  concerns(event: XEvent): boolean {
    const { name, wid } = event;
    const own = wid === this.#window;
    switch (name) {
      case 'DestroyNotify':
        if (own) this.#closed = true;
        return own;
      case 'MapNotify':
      case 'UnmapNotify':
      case 'ReparentNotify':
        return own || (wid !== undefined && this.#frames.has(wid));
      case 'PropertyNotify':
        return own && 'atom' in event && event.atom === this.#connection.client.atoms.WM_STATE;
      case 'ConfigureNotify':
        return own && this.#resized(event);
      default:
        return false;
    }
  }

  async pointer(): Promise<{ x: number; y: number }> {
    // The package x11 calls the protocol's win-x and win-y childX and childY.
    const { childX, childY } = await this.#connection.ask<{ childX: number; childY: number }>(reply => {
      this.#connection.client.QueryPointer(this.#window, reply);
    });
    return { x: childX, y: childY };
  }

  async #watchFrames(): Promise<void> {
    let frame = await parentOf(this.#connection, this.#window);
    for (let level = 0; frame !== null && level < MAX_FRAMES; level++) {
      if (!this.#frames.has(frame)) {
        this.#frames.add(frame);
        this.#connection.client.ChangeWindowAttributes(frame, { eventMask: STRUCTURE_NOTIFY });
      }
      // A frame that vanishes meanwhile has reparented the window, and an event reports that.
      frame = await parentOf(this.#connection, frame).catch(ignoreGone);
    }
  }

  /** The window's off-screen pixmap. The server creates a new one when the window is resized or mapped. */
  #hold(): number {
    const { client } = this.#connection;
    if (this.#pixmap === null) this.#composite.RedirectWindow(this.#window, this.#composite.Redirect.Automatic);
    else client.FreePixmap(this.#pixmap);
    this.#pixmap = client.AllocID();
    this.#composite.NameWindowPixmap(this.#window, this.#pixmap);
    return this.#pixmap;
  }

  /** A window that only moves keeps its picture. */
  #resized(event: XEvent): boolean {
    const area = this.#last?.readable.area;
    return !('width' in event && 'height' in event) || area?.width !== event.width || area?.height !== event.height;
  }

  #hidden(): PeerglassError {
    return this.#lost(
      'E_SOURCE_HIDDEN',
      'is minimised or hidden',
      'Sharing resumes by itself when the window is shown again.',
    );
  }

  #gone(): PeerglassError {
    this.#closed = true;
    return this.#lost('E_SOURCE_GONE', 'was closed', 'Share another window, or a monitor.');
  }

  /** Before the first picture the window is not lost: it cannot be shared at all. */
  #lost(code: ErrorCode, what: string, remedy: string): PeerglassError {
    const message = `The window "${this.#title}" ${what}.`;
    return new PeerglassError(this.#last ? code : 'E_NO_SUCH_WINDOW', message, this.#last ? remedy : NOT_SHOWN);
  }
}

function ignoreGone(error: unknown): null {
  if (error instanceof XRequestError) return null;
  throw error;
}

interface Geometry {
  readonly width: number;
  readonly height: number;
  readonly borderWidth: number;
  readonly depth: number;
}
