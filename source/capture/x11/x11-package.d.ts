/** The part of the npm package `x11` that is used here; the package has no types. */
declare module 'x11' {
  import type { EventEmitter } from 'node:events';
  import type { Duplex } from 'node:stream';

  /** A request's callback returns true when it has handled the error. */
  type Reply<Result> = (error: XError | Error | null | undefined, result: Result) => unknown;

  /** An error that the server sent; `error` is its number (X11 protocol, "Errors"). */
  interface XError extends Error {
    readonly error: number;
    readonly badParam: number;
    readonly majorOpcode: number;
    readonly minorOpcode: number;
  }

  interface XEvent {
    readonly type: number;
    readonly name?: string;
    readonly wid?: number;
  }

  interface XVisual {
    readonly class: number;
    /** Number of entries of a colour map. */
    readonly map_ent: number;
    readonly red_mask: number;
    readonly green_mask: number;
    readonly blue_mask: number;
  }

  interface XScreen {
    readonly root: number;
    readonly root_depth: number;
    readonly root_visual: number;
    readonly default_colormap: number;
    readonly pixel_width: number;
    readonly pixel_height: number;
    readonly depths: Readonly<Record<number, Readonly<Record<number, XVisual>>>>;
  }

  interface XDisplay {
    readonly client: XClient;
    readonly screen: readonly XScreen[];
    readonly format: Readonly<Record<number, { readonly bits_per_pixel: number; readonly scanline_pad: number }>>;
    /** 0: little endian. */
    readonly image_byte_order: number;
    readonly vendor: string;
    readonly max_request_length: number;
    readonly isLocalSocket: boolean;
  }

  interface WindowValues {
    backgroundPixel?: number;
    overrideRedirect?: number;
    eventMask?: number;
    cursor?: number;
  }

  /** A colour map's entry, 16 bits per channel. */
  interface XColor {
    readonly red: number;
    readonly green: number;
    readonly blue: number;
  }

  interface XColour {
    /** 16 bits each. */
    readonly R: number;
    readonly G: number;
    readonly B: number;
  }

  interface XClient extends EventEmitter {
    readonly stream?: Duplex;
    /** Atoms by name, and names by atom. */
    atoms: Record<string, number>;
    atom_names: Record<number, string>;
    /** Sequence number of the last request sent. */
    seq_num: number;
    readonly pack_stream: {
      readonly stats: { readonly packets: number; readonly bytes: number };
      put(request: Buffer): void;
      submit(expectsReply: boolean): void;
    };
    /** By sequence number: the parser of the reply (without its first eight bytes), and its callback. */
    readonly replies: Record<number, [unpack: (body: Buffer, detail: number) => unknown, callback: Reply<never>]>;
    readonly eventParsers: Record<
      number,
      (type: number, sequence: number, extra: number, code: number, raw: Buffer) => XEvent
    >;
    require(extension: string, callback: Reply<unknown>): void;
    terminate(): void;
    close(callback: (error?: Error) => void): void;
    AllocID(): number;
    ReleaseID(id: number): void;

    CreateWindow(
      window: number,
      parent: number,
      x: number,
      y: number,
      width: number,
      height: number,
      borderWidth: number,
      depth: number,
      windowClass: number,
      visual: number,
      values: WindowValues,
    ): void;
    ChangeWindowAttributes(window: number, values: WindowValues, callback?: Reply<null>): void;
    GetWindowAttributes(
      window: number,
      callback: Reply<{ readonly klass: number; readonly mapState: number; readonly overrideRedirect: number }>,
    ): void;
    DestroyWindow(window: number): void;
    MapWindow(window: number): void;
    UnmapWindow(window: number): void;
    MoveResizeWindow(window: number, x: number, y: number, width: number, height: number): void;
    GetGeometry(
      drawable: number,
      callback: Reply<{
        readonly depth: number;
        readonly xPos: number;
        readonly yPos: number;
        readonly width: number;
        readonly height: number;
        readonly borderWidth: number;
      }>,
    ): void;
    QueryTree(window: number, callback: Reply<{ readonly parent: number; readonly children: readonly number[] }>): void;
    InternAtom(onlyIfExists: boolean, name: string, callback: Reply<number>): void;
    GetAtomName(atom: number, callback: Reply<string>): void;
    SetSelectionOwner(owner: number, selection: number): void;
    GetSelectionOwner(selection: number, callback: Reply<number>): void;
    QueryExtension(name: string, callback: Reply<{ readonly present: number }>): void;
    ChangeProperty(mode: number, window: number, name: number, type: number, format: number, data: Buffer): void;
    GetProperty(
      remove: number,
      window: number,
      name: number,
      type: number,
      offset: number,
      length: number,
      callback: Reply<{ readonly type: number; readonly format: number; readonly data: Buffer }>,
    ): void;
    QueryPointer(
      window: number,
      callback: Reply<{
        readonly rootX: number;
        readonly rootY: number;
        readonly childX: number;
        readonly childY: number;
      }>,
    ): void;
    TranslateCoordinates(
      from: number,
      to: number,
      x: number,
      y: number,
      callback: Reply<{ readonly destX: number; readonly destY: number }>,
    ): void;
    WarpPointer(
      from: number,
      to: number,
      fromX: number,
      fromY: number,
      fromWidth: number,
      fromHeight: number,
      toX: number,
      toY: number,
    ): void;
    QueryColors(map: number, pixels: readonly number[], callback: Reply<readonly XColor[]>): void;
    AllocColor(
      map: number,
      red: number,
      green: number,
      blue: number,
      callback: Reply<{ readonly pixel: number }>,
    ): void;
    GetInputFocus(callback: Reply<unknown>): void;
    OpenFont(font: number, name: string): void;
    CreateGlyphCursor(
      cursor: number,
      font: number,
      maskFont: number,
      character: number,
      maskCharacter: number,
      foreground: XColour,
      background: XColour,
    ): void;
    CreatePixmap(pixmap: number, drawable: number, depth: number, width: number, height: number): void;
    FreePixmap(pixmap: number): void;
    CreateCursor(
      cursor: number,
      source: number,
      mask: number,
      foreground: XColour,
      background: XColour,
      hotspotX: number,
      hotspotY: number,
    ): void;
    CreateGC(gc: number, drawable: number, values: Readonly<Record<string, number>>): void;
    ChangeGC(gc: number, values: Readonly<Record<string, number>>): void;
    CopyArea(
      from: number,
      to: number,
      gc: number,
      fromX: number,
      fromY: number,
      toX: number,
      toY: number,
      width: number,
      height: number,
    ): void;
    PolyFillRectangle(drawable: number, gc: number, rectangles: readonly number[]): void;
    PutImage(
      format: number,
      drawable: number,
      gc: number,
      width: number,
      height: number,
      x: number,
      y: number,
      leftPad: number,
      depth: number,
      data: Buffer,
    ): void;
    GetImage(
      format: number,
      drawable: number,
      x: number,
      y: number,
      width: number,
      height: number,
      planeMask: number,
      callback: Reply<{ readonly depth: number; readonly data: Buffer }>,
    ): void;
  }

  /** A shared memory segment made by a provider. */
  interface ShmProviderSegment {
    readonly size: number;
    readonly fd: number;
    readonly buffer: Buffer;
  }

  interface ShmProvider {
    readonly flavor: 'fd';
    readonly zeroCopy: boolean;
    create(size: number): ShmProviderSegment;
    commit(segment: ShmProviderSegment, offset?: number, length?: number): void;
    sync(segment: ShmProviderSegment, offset?: number, length?: number): void;
    destroy(segment: ShmProviderSegment): void;
  }

  interface ShmSegment {
    readonly shmseg: number;
    readonly size: number;
    readonly buffer: Buffer;
    commit(offset?: number, length?: number): void;
    putImage(
      drawable: number,
      gc: number,
      options: {
        readonly width: number;
        readonly height: number;
        readonly depth: number;
        readonly dstX?: number;
        readonly dstY?: number;
        readonly autoCommit?: boolean;
      },
    ): void;
    detach(callback?: () => void): void;
  }

  interface ShmExtension {
    usable(callback: Reply<boolean>): void;
    createSegment(size: number, callback: Reply<ShmSegment>): void;
    GetImage(
      drawable: number,
      x: number,
      y: number,
      width: number,
      height: number,
      planeMask: number,
      format: number,
      segment: number,
      offset: number,
      callback: Reply<{ readonly depth: number; readonly size: number }>,
    ): void;
  }

  interface WireRectangle {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }

  interface DamageExtension {
    readonly ReportLevel: { readonly DeltaRectangles: number };
    Create(damage: number, drawable: number, level: number): void;
    Destroy(damage: number): void;
    Subtract(damage: number, repair: number, parts: number): void;
  }

  interface EventRectangle {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  }

  interface DamageNotify extends XEvent {
    readonly name: 'DamageNotify';
    /** Sequence number of the last request that the server had processed. */
    readonly seq: number;
    readonly damage: number;
    /** The area added, in the drawable's coordinates. */
    readonly area: EventRectangle;
    /** The drawable's geometry, in its parent's coordinates. */
    readonly geometry: EventRectangle;
  }

  interface FixesExtension {
    SelectCursorInput(window: number, mask: number): void;
    GetCursorImage(
      callback: Reply<{
        readonly x: number;
        readonly y: number;
        readonly width: number;
        readonly height: number;
        readonly xhot: number;
        readonly yhot: number;
        readonly cursorSerial: number;
        readonly cursorImage: Buffer;
      }>,
    ): void;
  }

  interface CompositeExtension {
    readonly Redirect: { readonly Automatic: number };
    RedirectWindow(window: number, update: number): void;
    NameWindowPixmap(window: number, pixmap: number): void;
  }

  interface InputExtension {
    readonly xi2: unknown;
    readonly AllMasterDevices: number;
    XISelectEvents(window: number, masks: { readonly deviceId: number; readonly mask: readonly string[] | 0 }): void;
  }

  interface ClientOptions {
    display?: string;
    shm?: ShmProvider | false;
    auth?: { readonly name: string; readonly data: string };
    stream?: Duplex;
  }

  const x11: {
    createClient(options: ClientOptions, callback: (error: Error | undefined, display: XDisplay) => void): XClient;
    readonly eventMask: Readonly<Record<'Exposure' | 'StructureNotify' | 'PropertyChange', number>>;
  };
  export default x11;
  export type {
    ClientOptions,
    CompositeExtension,
    DamageExtension,
    DamageNotify,
    FixesExtension,
    InputExtension,
    Reply,
    ShmExtension,
    ShmProvider,
    ShmProviderSegment,
    ShmSegment,
    XClient,
    XColor,
    XDisplay,
    XError,
    XEvent,
    XScreen,
    XVisual,
  };
}
