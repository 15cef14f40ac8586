import type { Clock } from '../../core/clock.js';
import { asPeerglassError, PeerglassError } from '../../core/errors.js';
import { plainText } from '../../core/plain-text.js';
import { area, type Rectangle, type Size } from '../../core/rectangle.js';
import { NATIVE_VARIABLE, nativeMode } from '../../native/native-mode.js';
import { pipewireProblem } from '../../native/pipewire.js';
import type { CursorShape } from '../../pixels/cursor.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import {
  type CaptureEvents,
  type CaptureSource,
  type ChildUse,
  type Opening,
  type PlacedCursor,
  type SourceDescription,
  type SourceEvent,
  SourceReports,
} from '../capture-source.js';
import type { ShareTarget } from '../share-target.js';
import { CastProcess } from './cast-process.js';
import { DBusConnection, sessionBusAddress } from './dbus/connection.js';
import { RestoreTokens, type TokenKind } from './restore-tokens.js';
import { castClosed, type PortalAbilities, portalAbilities, ScreenCast } from './screen-cast.js';

/** The first frame comes as soon as the stream is linked. */
const FIRST_FRAME_MS = 10_000;
/** Streams pause for a moment while they are negotiated. */
const SUSPENDED_MS = 1_000;
/** A broken stream is reopened, unless it was reopened within this time. */
const MIN_REOPEN_MS = 30_000;

export interface PortalSourceOptions {
  readonly target: ShareTarget;
  readonly why: string;
  readonly clock: Clock;
  readonly environment: NodeJS.ProcessEnv;
  /** The folder of the restore tokens, or null. */
  readonly stateFolder: string | null;
}

interface Opened {
  readonly bus: DBusConnection;
  readonly cast: ScreenCast;
  readonly process: CastProcess;
}

/**
 * Shares what the user chooses in the desktop's dialog, through the portal and PipeWire: GNOME, KDE and others. The
 * desktop asks once; later starts show a token instead.
 */
export class PortalSource implements CaptureSource {
  /** The capture process hands over the whole picture now and then, but only after changes. */
  readonly safetyCheckMs = null;
  readonly #options: PortalSourceOptions;
  readonly #tokens: RestoreTokens;
  #opened: Opened | null = null;
  #events: CaptureEvents | null = null;
  readonly #reports = new SourceReports();
  #onDeath: (error: PeerglassError) => void = () => {};
  #size: Size | null = null;
  /** The size that the reader knows. */
  #told: Size | null = null;
  #count = 0;
  #shape: CursorShape | null = null;
  #cursor: PlacedCursor | null = null;
  #death: PeerglassError | null = null;
  #cancelSuspended: (() => void) | null = null;
  #reopenedAt = Number.NEGATIVE_INFINITY;
  #reopening: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: PortalSourceOptions) {
    this.#options = options;
    this.#tokens = new RestoreTokens(options.stateFolder);
  }

  async open(opening?: Opening): Promise<void> {
    checkPipeWire();
    const token = opening?.again ? null : this.#tokens.find(this.#kind);
    await this.#open(token, opening);
    this.#opened?.process.setActive(false);
    this.#told = this.#size;
  }

  /**
   * What can be shared through the portal, without asking anybody.
   * @throws PeerglassError E_WAYLAND (no session bus or no portal), E_PORTAL, E_PIPEWIRE
   */
  static async probe(environment: NodeJS.ProcessEnv, clock: Clock): Promise<PortalAbilities> {
    const bus = await openBus(environment, clock);
    try {
      const abilities = await portalAbilities(bus);
      checkPipeWire();
      return abilities;
    } finally {
      bus.close();
    }
  }

  describe(): SourceDescription {
    const size = this.#size;
    if (!size) throw new Error('The source is not open');
    const description = `${this.#name} (${size.width}x${size.height})`;
    return { kind: 'portal', description, why: this.#options.why, ...size };
  }

  start(events: CaptureEvents): void {
    this.stop();
    if (this.#death) {
      events.ended(this.#death);
      return;
    }
    this.#events = events;
    const [size, told] = [this.#size, this.#told];
    this.#told = size;
    if (size && (size.width !== told?.width || size.height !== told.height)) events.resized(size);
    if (this.#cursor) events.cursor(this.#cursor);
    this.#opened?.process.setActive(true);
  }

  stop(): void {
    this.#cancelSuspended?.();
    this.#cancelSuspended = null;
    if (this.#events) this.#opened?.process.setActive(false);
    this.#events = null;
  }

  onDeath(listener: (error: PeerglassError) => void): void {
    this.#onDeath = listener;
  }

  onEvent(listener: (event: SourceEvent) => void): void {
    this.#reports.onEvent(listener);
  }

  async read(rectangles: readonly Rectangle[], incoming: Framebuffer): Promise<number> {
    if (this.#death) throw this.#death;
    if (this.#reports.loss || !this.#opened) return 0;
    const done = await this.#opened.process.read(rectangles, incoming);
    if (this.#death) throw this.#death;
    return done ? rectangles.reduce((sum, rectangle) => sum + area(rectangle), 0) : 0;
  }

  get childUse(): ChildUse | null {
    return this.#opened?.process.use ?? null;
  }

  /** Of the present capture process. */
  get pid(): number | undefined {
    return this.#opened?.process.pid;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.stop();
    this.#reports.end();
    this.#onDeath = () => {};
    await this.#reopening;
    await this.#end();
  }

  get #kind(): TokenKind {
    const { kind } = this.#options.target;
    return kind === 'window' ? 'window' : kind === 'all' ? 'monitors' : 'monitor';
  }

  get #name(): string {
    const { target } = this.#options;
    if (target.kind === 'window') return 'the window chosen on the desktop';
    if (target.kind === 'region')
      return `region at ${target.region.x},${target.region.y} of the screen chosen on the desktop`;
    return this.#count > 1 ? `${this.#count} screens chosen on the desktop` : 'the screen chosen on the desktop';
  }

  /** @throws PeerglassError */
  async #open(token: string | null, opening?: Opening): Promise<void> {
    const { target, environment, clock } = this.#options;
    const bus = await openBus(environment, clock);
    try {
      const cast = await ScreenCast.open(bus, {
        what: target.kind === 'window' ? 'window' : 'monitor',
        several: target.kind === 'all',
        token,
        clock,
        signal: opening?.signal,
        onAsking: () => opening?.notice('Your desktop asks which screen to share: answer its dialog.'),
      });
      this.#tokens.replace(this.#kind, cast.token);
      this.#count = cast.streams.length;
      const region = target.kind === 'region' ? target.region : null;
      const remote = await cast.openRemote();
      const first = new FirstFrame(clock, opening?.signal);
      const process = new CastProcess({ streams: cast.streams, region, remote, environment }, this.#listen(first));
      const opened = { bus, cast, process };
      this.#opened = opened;
      cast.onClosed(() => this.#opened === opened && this.#die(castClosed()));
      bus.onDeath(() => this.#opened === opened && this.#die(castClosed()));
      await first.come;
    } catch (error) {
      if (this.#opened?.bus === bus) await this.#end();
      bus.close();
      throw error;
    }
  }

  async #end(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    opened?.cast.close();
    await opened?.process.close();
    // The portal also ends the cast when the connection closes.
    opened?.bus.close();
  }

  #listen(first: FirstFrame) {
    return {
      size: (size: Size) => this.#resized(size),
      changed: (rectangles: readonly Rectangle[]) => {
        first.resolve();
        if (!this.#reports.loss) this.#events?.damage(rectangles);
      },
      cursor: ({ x, y, shape }: { x: number; y: number; shape?: CursorShape | null | undefined }) => {
        if (shape !== undefined) this.#shape = shape;
        this.#cursor = { x, y, shape: this.#shape };
        if (!this.#reports.loss) this.#events?.cursor(this.#cursor);
      },
      streaming: (streaming: boolean) => this.#streaming(streaming),
      placed: (placed: boolean) => {
        if (placed) this.#found();
        else if (this.#size) this.#lose(regionGone());
        else first.reject(noSuchRegion());
      },
      stalled: () => {
        if (first.over && this.#tokens.find(this.#kind) !== null) this.#reopen(noPicture());
      },
      crashed: (error: PeerglassError) => {
        if (!first.reject(error)) this.#reopen(error);
      },
      ended: (error: PeerglassError) => {
        if (!first.reject(error)) this.#die(error);
      },
    };
  }

  #resized(size: Size): void {
    this.#size = size;
    if (!this.#events || (this.#told?.width === size.width && this.#told.height === size.height)) return;
    this.#told = size;
    this.#events.resized(size);
  }

  /** The compositor suspends streams while the screen is locked or off, or the window is minimised. */
  #streaming(streaming: boolean): void {
    this.#cancelSuspended?.();
    this.#cancelSuspended = null;
    if (streaming) this.#found();
    else if (this.#events) {
      this.#cancelSuspended = this.#options.clock.after(SUSPENDED_MS, () => this.#lose(suspended()));
    }
  }

  #lose(error: PeerglassError): void {
    if (!this.#reports.loss && !this.#death) this.#reports.lose(error);
  }

  #found(): void {
    if (this.#reports.found() && this.#events) this.#opened?.process.setActive(true);
  }

  /** Opens the same screen again if the desktop does not ask. @param reason why; ends the share if that fails */
  #reopen(reason: PeerglassError): void {
    const now = this.#options.clock.now();
    const token = this.#tokens.find(this.#kind);
    if (this.#closed || this.#death) return;
    if (token === null || now - this.#reopenedAt < MIN_REOPEN_MS) {
      this.#die(reason);
      return;
    }
    this.#reopenedAt = now;
    this.#reopening = this.#end()
      .then(() => this.#open(token))
      .then(() => {
        this.#reports.changed(`${this.#name}, started again: ${reason.message}`);
        this.#opened?.process.setActive(this.#events !== null);
      })
      .catch(error => this.#die(asPeerglassError(error)));
  }

  #die(error: PeerglassError): void {
    if (this.#death || this.#closed) return;
    this.#death = error;
    const events = this.#events;
    this.#events = null;
    this.#cancelSuspended?.();
    if (events) events.ended(error);
    else this.#onDeath(error);
  }
}

/** The wait for the first frame. */
class FirstFrame {
  readonly come: Promise<void>;
  resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};
  over = false;

  constructor(clock: Clock, signal: AbortSignal | undefined) {
    this.come = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.#reject = reject;
    });
    const cancel = clock.after(FIRST_FRAME_MS, () => this.reject(noPicture()));
    const onAbort = () => this.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    const end = () => {
      this.over = true;
      cancel();
      signal?.removeEventListener('abort', onAbort);
    };
    this.come.then(end, end);
    if (signal?.aborted) onAbort();
  }

  /** @returns false when it is over */
  reject(error: unknown): boolean {
    if (this.over) return false;
    this.#reject(error);
    return true;
  }
}

/** @throws PeerglassError E_WAYLAND */
/** @throws PeerglassError E_PIPEWIRE */
function checkPipeWire(): void {
  if (nativeMode() === 'off') throw nativeIsOff();
  const problem = pipewireProblem();
  if (problem !== null) throw noLibrary(problem);
}

async function openBus(environment: NodeJS.ProcessEnv, clock: Clock): Promise<DBusConnection> {
  try {
    return await DBusConnection.open(sessionBusAddress(environment), clock, environment);
  } catch (cause) {
    const reason = plainText(cause instanceof Error ? cause.message : String(cause));
    const message = `The desktop cannot be asked for its screen: there is no session bus (D-Bus) here (${reason}).`;
    const remedy =
      'Run peerglass inside the graphical session, as its user, with its DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR.';
    throw new PeerglassError('E_WAYLAND', message, remedy, { cause });
  }
}

function nativeIsOff(): PeerglassError {
  const message = `The desktop's picture comes from PipeWire, whose library ${NATIVE_VARIABLE}=off disables.`;
  return new PeerglassError('E_PIPEWIRE', message, `Unset ${NATIVE_VARIABLE} or set it to safe.`);
}

function noLibrary(reason: string): PeerglassError {
  const message = `The library of PipeWire, which delivers the desktop's picture, cannot be loaded (${plainText(reason)}).`;
  const remedy =
    'Install it: libpipewire-0.3-0 on Debian and Ubuntu, pipewire-libs on Fedora, libpipewire on Arch, libpipewire-0_3-0 on openSUSE.';
  return new PeerglassError('E_PIPEWIRE', message, remedy);
}

function noPicture(): PeerglassError {
  const message = 'The desktop allowed its screen to be shared, but PipeWire delivers no picture.';
  return new PeerglassError(
    'E_PIPEWIRE',
    message,
    'Restart PipeWire (systemctl --user restart pipewire wireplumber), or log in again.',
  );
}

function suspended(): PeerglassError {
  const message = 'The desktop has suspended the screen cast: the screen is locked or off, or the window is minimised.';
  return new PeerglassError('E_SOURCE_HIDDEN', message, 'Sharing resumes by itself when it is shown again.');
}

function regionGone(): PeerglassError {
  const message = 'The region is no longer on the screen.';
  return new PeerglassError('E_SOURCE_GONE', message, 'Sharing resumes by itself when it is back.');
}

function noSuchRegion(): PeerglassError {
  const message = 'The region does not fit on the screen chosen on the desktop.';
  return new PeerglassError('E_REGION', message, 'Give a region inside that screen as WxH+X+Y.');
}
