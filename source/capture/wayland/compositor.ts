import type { Clock } from '../../core/clock.js';
import { PeerglassError } from '../../core/errors.js';
import { NATIVE_VARIABLE } from '../../native/native-mode.js';
import { CaptureStream, type StreamEvents } from './capture-stream.js';
import { WaylandConnection, type WaylandObject } from './connection.js';
import { ExtCapturer } from './ext-capturer.js';
import { bestFormat } from './formats.js';
import {
  EXT_CAPTURE_MANAGER,
  EXT_OUTPUT_SOURCES,
  type EXT_SESSION,
  EXT_SOURCE,
  EXT_TOPLEVEL_SOURCES,
  type Interface,
  TOPLEVEL_LIST,
  WL_POINTER,
  WL_SEAT,
  WL_SHM,
  WLR_SCREENCOPY_MANAGER,
} from './interfaces.js';
import { type Output, Outputs } from './outputs.js';
import { PointerCapture, type PointerState } from './pointer-capture.js';
import { type Toplevel, Toplevels } from './toplevels.js';
import { WLR_WITH_DAMAGE, WlrCapturer } from './wlr-capturer.js';

const POINTER_CAPABILITY = 1;

/** The protocol for capturing a compositor's screen. */
export type Protocol = 'ext-image-copy-capture' | 'wlr-screencopy';

/** The best protocol that a compositor offers; null: only its desktop portal may help. */
export function protocolOf(connection: WaylandConnection): Protocol | null {
  const offers = (kind: Interface) => connection.version(kind) > 0;
  if (offers(EXT_CAPTURE_MANAGER) && offers(EXT_OUTPUT_SOURCES)) return 'ext-image-copy-capture';
  return connection.version(WLR_SCREENCOPY_MANAGER) >= WLR_WITH_DAMAGE ? 'wlr-screencopy' : null;
}

/** Whether a compositor lists its windows and can capture a single one. */
export function capturesWindows(connection: WaylandConnection): boolean {
  const needed = [EXT_CAPTURE_MANAGER, EXT_TOPLEVEL_SOURCES, TOPLEVEL_LIST];
  return needed.every(each => connection.version(each) > 0);
}

/** A monitor or a window. */
export type Captured = Output | Toplevel;

/** A compositor that can be captured. */
export class Compositor {
  readonly connection: WaylandConnection;
  readonly protocol: Protocol;
  readonly outputs: Outputs;
  readonly toplevels: Toplevels;
  /** Whether pictures show the pointer, for protocols that do not report it separately. */
  paintsPointer = true;
  readonly #clock: Clock;
  readonly #shm: WaylandObject<typeof WL_SHM>;
  readonly #manager: WaylandObject<typeof EXT_CAPTURE_MANAGER> | null;
  readonly #outputSources: WaylandObject<typeof EXT_OUTPUT_SOURCES> | null;
  readonly #windowSources: WaylandObject<typeof EXT_TOPLEVEL_SOURCES> | null;
  #pointer: WaylandObject<typeof WL_POINTER> | null = null;
  #onPointer: () => void = () => {};
  /** Serial number of the last pointer shape; the next compositor continues from there. */
  #serial: number;

  private constructor(connection: WaylandConnection, protocol: Protocol, clock: Clock) {
    this.connection = connection;
    this.protocol = protocol;
    this.#clock = clock;
    this.#serial = Math.trunc(clock.now());
    this.outputs = new Outputs(connection);
    this.toplevels = new Toplevels(connection);
    const shm = connection.bind(WL_SHM, 1);
    if (!shm) throw notCapturable();
    this.#shm = shm;
    this.#manager = connection.bind(EXT_CAPTURE_MANAGER, 1);
    this.#outputSources = connection.bind(EXT_OUTPUT_SOURCES, 1);
    this.#windowSources = connection.bind(EXT_TOPLEVEL_SOURCES, 1);
    if (protocol === 'ext-image-copy-capture') this.#attendSeat();
  }

  /**
   * Connects, and learns about monitors and windows.
   *
   * @throws PeerglassError E_WAYLAND where nothing can be captured, and as WaylandConnection.open does
   */
  static async open(environment: NodeJS.ProcessEnv, clock: Clock): Promise<Compositor> {
    const connection = await WaylandConnection.open(environment, clock);
    try {
      const protocol = protocolOf(connection);
      if (!protocol) throw notCapturable();
      if (!connection.passesDescriptors) throw withoutNative();
      const compositor = new Compositor(connection, protocol, clock);
      await compositor.settle();
      return compositor;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Resolves when all present monitors, windows and pointers have been described. */
  async settle(): Promise<void> {
    await this.connection.sync();
    // Objects made by the first answers are described after the second.
    await this.connection.sync();
  }

  /** A stream of a monitor's or window's pictures, not running yet. */
  capture(what: Captured, events: StreamEvents): CaptureStream {
    if (this.protocol === 'wlr-screencopy' && 'object' in what) {
      return new CaptureStream(
        this.connection,
        this.#shm,
        this.#clock,
        host => new WlrCapturer(this.connection, host, what.object, () => this.paintsPointer),
        events,
      );
    }
    return new CaptureStream(
      this.connection,
      this.#shm,
      this.#clock,
      host => {
        const source = this.#source(what);
        const begin = (session: WaylandObject<typeof EXT_SESSION>) => {
          this.#manager!.send('create_session', session as WaylandObject, source as WaylandObject, 0);
          source.send('destroy');
        };
        return new ExtCapturer(this.connection, host, begin, bestFormat);
      },
      events,
    );
  }

  /** Follows the pointer over a monitor or window; null where that is not possible now. */
  followPointer(what: Captured, onChange: (state: PointerState) => void): PointerCapture | null {
    const pointer = this.#pointer;
    if (!pointer) return null;
    const source = this.#source(what);
    return new PointerCapture(
      this.connection,
      this.#shm,
      this.#clock,
      session => {
        this.#manager!.send(
          'create_pointer_cursor_session',
          session as WaylandObject,
          source as WaylandObject,
          pointer as WaylandObject,
        );
        source.send('destroy');
      },
      () => ++this.#serial,
      onChange,
    );
  }

  /** Calls back when a pointer has come or gone. One listener. */
  onPointer(listener: () => void): void {
    this.#onPointer = listener;
  }

  close(): void {
    this.connection.close();
  }

  #source(what: Captured): WaylandObject<typeof EXT_SOURCE> {
    const source = this.connection.create(EXT_SOURCE);
    if ('object' in what)
      this.#outputSources!.send('create_source', source as WaylandObject, what.object as WaylandObject);
    else this.#windowSources!.send('create_source', source as WaylandObject, what.handle as WaylandObject);
    return source;
  }

  #attendSeat(): void {
    const seat = this.connection.bind(WL_SEAT, 5, {
      capabilities: capabilities => {
        const present = (capabilities & POINTER_CAPABILITY) !== 0;
        if (present === (this.#pointer !== null) || !seat) return;
        if (present) {
          this.#pointer = this.connection.create(WL_POINTER);
          seat.send('get_pointer', this.#pointer as WaylandObject);
        } else {
          this.#pointer?.send('release');
          this.#pointer = null;
        }
        this.#onPointer();
      },
    });
  }
}

/** The error of a compositor that offers neither protocol. */
export function notCapturable(): PeerglassError {
  const message =
    'This Wayland compositor offers no capture of its screen (ext-image-copy-capture or wlr-screencopy), as those of GNOME and KDE do not.';
  const remedy =
    'Use the desktop portal (--source portal), or log in to an Xorg session. To share one X window, give --source x11 --window ID.';
  return new PeerglassError('E_WAYLAND', message, remedy);
}

function withoutNative(): PeerglassError {
  const message = `Capturing a Wayland screen takes calls of the C library, which ${NATIVE_VARIABLE}=off forbids.`;
  const remedy = `Unset ${NATIVE_VARIABLE} or set it to safe (koffi must be installed). X programs' windows can be shared with --source x11 --window ID.`;
  return new PeerglassError('E_WAYLAND', message, remedy);
}
