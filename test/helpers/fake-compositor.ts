import { chmodSync, closeSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as interfaces from '../../source/capture/wayland/interfaces.js';
import {
  type Argument,
  decodeArguments,
  encodeMessage,
  MessageReader,
  type WireMessage,
} from '../../source/capture/wayland/wire.js';
import { intersect, type Rectangle, type Size } from '../../source/core/rectangle.js';
import { receiveDescriptors } from '../../source/native/socket-descriptors.js';
import { type FakeOutput, NamedSurface, type Pending, Surface, Watcher } from './fake-surfaces.js';
import { bytesOf, type ShmBuffer, writePixels } from './shm-pixels.js';

type Interface = interfaces.Interface;
const BY_NAME = new Map<string, Interface>(
  Object.values(interfaces)
    .filter((each): each is Interface & typeof each => typeof each === 'object')
    .map(each => [each.name, each]),
);
/** The object that a request or an event creates. */
const CREATED: Readonly<Record<string, Interface>> = {
  'wl_display.sync': interfaces.WL_CALLBACK,
  'wl_display.get_registry': interfaces.WL_REGISTRY,
  'wl_shm.create_pool': interfaces.WL_SHM_POOL,
  'wl_shm_pool.create_buffer': interfaces.WL_BUFFER,
  'wl_seat.get_pointer': interfaces.WL_POINTER,
  'zxdg_output_manager_v1.get_xdg_output': interfaces.XDG_OUTPUT,
  'zwlr_output_power_manager_v1.get_output_power': interfaces.OUTPUT_POWER,
  'zwlr_screencopy_manager_v1.capture_output': interfaces.WLR_SCREENCOPY_FRAME,
  'ext_output_image_capture_source_manager_v1.create_source': interfaces.EXT_SOURCE,
  'ext_foreign_toplevel_image_capture_source_manager_v1.create_source': interfaces.EXT_SOURCE,
  'ext_image_copy_capture_manager_v1.create_session': interfaces.EXT_SESSION,
  'ext_image_copy_capture_manager_v1.create_pointer_cursor_session': interfaces.EXT_CURSOR_SESSION,
  'ext_image_copy_capture_cursor_session_v1.get_capture_session': interfaces.EXT_SESSION,
  'ext_image_copy_capture_session_v1.create_frame': interfaces.EXT_FRAME,
};
const FIRST_OWN_ID = 0xff00_0000;

export interface FakeOptions {
  readonly protocol: 'ext' | 'wlr' | 'none';
  readonly outputs?: readonly (Size & { readonly name?: string; readonly x?: number; readonly y?: number })[];
  readonly seat?: boolean;
}

/**
 * A Wayland compositor that a test paints. Captures write only what the protocol promises, so a client that forgets an
 * area shows a wrong picture.
 */
export class FakeCompositor {
  readonly environment: NodeJS.ProcessEnv;
  readonly outputs: FakeOutput[] = [];
  readonly windows: (NamedSurface & { id: string })[] = [];
  readonly pointerImage = new Surface({ width: 8, height: 6 });
  pointer: { over: Surface; x: number; y: number; hotspotX: number; hotspotY: number } | null = null;
  /** Called before wlr-screencopy's next offer of a buffer shape. */
  beforeOffer: (() => void) | null = null;
  /** Requests by name, as "wl_shm.create_pool". */
  readonly requests: string[] = [];
  readonly #options: FakeOptions;
  readonly #folder: string;
  readonly #server: Server;
  readonly clients: FakeClient[] = [];
  #hangs = false;

  private constructor(options: FakeOptions) {
    this.#options = options;
    this.#folder = mkdtempSync(path.join(tmpdir(), 'peerglass-wayland-'));
    chmodSync(this.#folder, 0o700);
    this.environment = { WAYLAND_DISPLAY: 'fake-0', XDG_RUNTIME_DIR: this.#folder, XDG_CURRENT_DESKTOP: 'fake' };
    for (const [index, { name, ...rest }] of (options.outputs ?? [{ width: 64, height: 48 }]).entries()) {
      this.outputs.push(Object.assign(new NamedSurface(name ?? `FAKE-${index + 1}`, rest), { x: 0, y: 0, ...rest }));
    }
    this.pointerImage.formats = [0];
    this.#server = createServer({ pauseOnConnect: true }, socket => {
      this.clients.push(new FakeClient(this, socket));
    });
  }

  static async start(options: FakeOptions): Promise<FakeCompositor> {
    const compositor = new FakeCompositor(options);
    await new Promise<void>(resolve => {
      compositor.#server.listen(path.join(compositor.#folder, 'fake-0'), resolve);
    });
    return compositor;
  }

  get hangs(): boolean {
    return this.#hangs;
  }

  /** Answers nothing until `resume`. */
  hang(): void {
    this.#hangs = true;
  }

  resume(): void {
    this.#hangs = false;
    for (const client of this.clients) client.catchUp();
  }

  /** Closes all connections, but accepts new ones. */
  cut(): void {
    for (const client of this.clients.splice(0)) client.close();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>(resolve => {
      this.#server.close(() => resolve());
    });
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The globals: name, interface, version, and the output if it is one. */
  globals(): { name: number; kind: Interface; version: number; output?: FakeOutput }[] {
    const { protocol, seat } = this.#options;
    const always = [interfaces.WL_SHM, interfaces.XDG_OUTPUT_MANAGER, interfaces.OUTPUT_POWER_MANAGER];
    const ext = [
      interfaces.EXT_CAPTURE_MANAGER,
      interfaces.EXT_OUTPUT_SOURCES,
      interfaces.EXT_TOPLEVEL_SOURCES,
      interfaces.TOPLEVEL_LIST,
    ];
    const capture = protocol === 'ext' ? ext : protocol === 'wlr' ? [interfaces.WLR_SCREENCOPY_MANAGER] : [];
    const kinds = [...always, ...capture, ...(seat ? [interfaces.WL_SEAT] : [])];
    return [
      ...kinds.map((kind, index) => ({ name: index + 1, kind, version: kind === interfaces.WL_SEAT ? 5 : 3 })),
      ...this.outputs.map(output => ({
        name: this.#nameOf(output),
        kind: interfaces.WL_OUTPUT,
        version: 4,
        output,
      })),
    ];
  }

  paint(surface: Surface, rectangle: Rectangle, colour: number | ((x: number, y: number) => number)): void {
    const { x, y, width, height } = intersect(rectangle, surface.whole)!;
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++) {
        const rgb = typeof colour === 'number' ? colour : colour(column, row);
        surface.pixels[row * surface.width + column] = (rgb | 0xff00_0000) >>> 0;
      }
    }
    this.damage(surface, rectangle);
  }

  /** Reports a change; `rectangle` may be anything. */
  damage(surface: Surface, rectangle: Rectangle): void {
    for (const client of this.clients) client.damaged(surface, rectangle);
  }

  /** Changes the mode; the whole output is damaged. */
  resize(surface: Surface, size: Size): void {
    surface.resize(size);
    for (const client of this.clients) client.reshaped(surface);
  }

  /** Sends the present state of an output. */
  changed(output: FakeOutput): void {
    for (const client of this.clients) client.describeOutput(output);
  }

  switchOff(output: FakeOutput, off: boolean): void {
    for (const client of this.clients) client.power(output, off);
  }

  plug(name: string, size: Size, place: { x: number; y: number }): FakeOutput {
    const output: FakeOutput = Object.assign(new NamedSurface(name, size), place);
    this.outputs.push(output);
    const global = this.globals().find(each => each.output === output)!;
    for (const client of this.clients) client.offer(global.name, global.kind, global.version);
    return output;
  }

  unplug(output: FakeOutput): void {
    const name = this.#nameOf(output);
    this.outputs.splice(this.outputs.indexOf(output), 1);
    for (const client of this.clients) client.withdraw(name, output);
  }

  openWindow(title: string, id: string, size: Size): Surface {
    const window = Object.assign(new NamedSurface(title, size), { id });
    this.windows.push(window);
    for (const client of this.clients) client.listWindow(window);
    return window;
  }

  closeWindow(surface: Surface): void {
    this.windows.splice(this.windows.indexOf(surface as (typeof this.windows)[number]), 1);
    for (const client of this.clients) client.windowClosed(surface);
  }

  /** Moves the pointer; null: away. */
  point(pointer: FakeCompositor['pointer']): void {
    this.pointer = pointer;
    for (const client of this.clients) client.pointed();
  }

  readonly #names = new Map<FakeOutput, number>();

  #nameOf(output: FakeOutput): number {
    const known = this.#names.get(output) ?? 100 + this.#names.size;
    this.#names.set(output, known);
    return known;
  }
}

interface Served {
  readonly kind: Interface;
  /** The thing behind it: an output, a pool, a session ... */
  readonly about: unknown;
}

interface Session {
  readonly watcher: Watcher;
}

interface Frame {
  readonly session: Session;
  buffer: ShmBuffer | null;
  missing: Rectangle[];
  pending: Pending | null;
}

/** A request, with its arguments. */
interface Request {
  readonly object: number;
  /** The thing behind the object. */
  readonly about: unknown;
  readonly values: readonly Argument[];
  readonly numbers: readonly number[];
  /** The id of the new object. */
  readonly created: number;
  /** Creates it. */
  make(about: unknown): void;
}

/** One connection. */
export class FakeClient {
  readonly #compositor: FakeCompositor;
  readonly #socket: Socket;
  readonly #reader = new MessageReader();
  readonly #objects = new Map<number, Served>([[1, { kind: interfaces.WL_DISPLAY, about: null }]]);
  readonly #descriptors: number[] = [];
  readonly #received: Buffer[] = [];
  readonly #watchers = new Set<Watcher>();
  #nextId = FIRST_OWN_ID;
  /** The client's highest id so far. */
  #lastId = 1;

  constructor(compositor: FakeCompositor, socket: Socket) {
    this.#compositor = compositor;
    this.#socket = socket;
    socket.on('error', () => {});
    receiveDescriptors(
      socket,
      () => true,
      (bytes, descriptors) => {
        this.#descriptors.push(...descriptors);
        this.#received.push(Buffer.from(bytes));
        this.catchUp();
      },
    );
  }

  close(): void {
    this.#socket.destroy();
    for (const fd of this.#descriptors.splice(0)) closeSync(fd);
  }

  /** Handles the messages received; called for each chunk, and after a hang. */
  catchUp(): void {
    if (this.#compositor.hangs) return;
    for (const bytes of this.#received.splice(0)) this.#reader.push(bytes, message => this.#handle(message));
  }

  /** Sends raw bytes. */
  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  damaged(surface: Surface, rectangle: Rectangle): void {
    for (const watcher of this.#watchers) {
      if (watcher.surface !== surface) continue;
      watcher.damage?.push(rectangle);
      this.#serve(watcher);
    }
  }

  reshaped(surface: Surface): void {
    for (const watcher of this.#watchers) {
      if (watcher.surface !== surface) continue;
      watcher.damage = null;
      watcher.constrain();
      this.#serve(watcher);
    }
    if (surface instanceof NamedSurface) this.describeOutput(surface);
  }

  describeOutput(output: FakeOutput): void {
    const turned = output.transform % 2 === 1;
    for (const [id, { kind, about }] of this.#objects) {
      if (about !== output) continue;
      if (kind === interfaces.WL_OUTPUT) {
        this.#send(id, 'geometry', output.x, output.y, 0, 0, 0, 'Fake', output.name, output.transform);
        this.#send(id, 'mode', 1, output.width, output.height, 60_000);
        this.#send(id, 'scale', Math.ceil(output.scale));
        this.#send(id, 'name', output.name);
        this.#send(id, 'description', `Fake ${output.name}`);
      } else if (kind === interfaces.XDG_OUTPUT) {
        const [width, height] = turned ? [output.height, output.width] : [output.width, output.height];
        this.#send(id, 'logical_position', output.x, output.y);
        this.#send(id, 'logical_size', Math.round(width / output.scale), Math.round(height / output.scale));
      }
    }
    for (const [id, { kind, about }] of this.#objects) {
      if (about === output && kind === interfaces.WL_OUTPUT) this.#send(id, 'done');
    }
  }

  power(output: FakeOutput, off: boolean): void {
    for (const [id, { kind, about }] of this.#objects) {
      if (about === output && kind === interfaces.OUTPUT_POWER) this.#send(id, 'mode', off ? 0 : 1);
    }
  }

  offer(name: number, kind: Interface, version: number): void {
    for (const id of this.#ids(interfaces.WL_REGISTRY)) this.#send(id, 'global', name, kind.name, version);
  }

  withdraw(name: number, output: FakeOutput): void {
    for (const id of this.#ids(interfaces.WL_REGISTRY)) this.#send(id, 'global_remove', name);
    this.#stopSessions(output);
  }

  listWindow(window: FakeCompositor['windows'][number]): void {
    for (const list of this.#ids(interfaces.TOPLEVEL_LIST)) {
      const id = this.#nextId++;
      this.#objects.set(id, { kind: interfaces.TOPLEVEL_HANDLE, about: window });
      this.#send(list, 'toplevel', id);
      this.#send(id, 'identifier', window.id);
      this.#send(id, 'title', window.name);
      this.#send(id, 'app_id', 'fake-program');
      this.#send(id, 'done');
    }
  }

  windowClosed(surface: Surface): void {
    for (const [id, { kind, about }] of this.#objects) {
      if (about === surface && kind === interfaces.TOPLEVEL_HANDLE) this.#send(id, 'closed');
    }
    this.#stopSessions(surface);
  }

  pointed(): void {
    const { pointer } = this.#compositor;
    for (const [id, { kind, about }] of this.#objects) {
      if (kind !== interfaces.EXT_CURSOR_SESSION) continue;
      if (pointer && pointer.over === about) {
        this.#send(id, 'enter');
        this.#send(id, 'position', pointer.x, pointer.y);
        this.#send(id, 'hotspot', pointer.hotspotX, pointer.hotspotY);
      } else this.#send(id, 'leave');
    }
  }

  #stopSessions(surface: Surface): void {
    for (const [id, { kind, about }] of this.#objects) {
      if (kind === interfaces.EXT_SESSION && (about as Session).watcher.surface === surface) this.#send(id, 'stopped');
    }
  }

  #ids(kind: Interface): number[] {
    return [...this.#objects].filter(([, served]) => served.kind === kind).map(([id]) => id);
  }

  #send(object: number, event: string, ...args: Argument[]): void {
    const { kind } = this.#objects.get(object)!;
    const opcode = kind.eventList.findIndex(([name]) => name === event);
    if (this.#compositor.hangs) return;
    this.#socket.write(encodeMessage(object, opcode, kind.eventList[opcode]![1], args).bytes);
  }

  #handle({ object, opcode, payload }: WireMessage): void {
    const served = this.#objects.get(object);
    if (!served) throw new Error(`a request to unknown object ${object}`);
    const [request, signature] = Object.entries(served.kind.requests)[opcode]!;
    const name = `${served.kind.name}.${request}`;
    this.#compositor.requests.push(name);
    const values = decodeArguments(signature, payload);
    const created = signature.includes('n') && name !== 'wl_registry.bind' ? Number(values[newIndex(signature)]) : 0;
    const made = created || (name === 'wl_registry.bind' ? Number(values[3]) : 0);
    // As libwayland does: "invalid arguments".
    if (made > this.#lastId + 1) throw new Error(`new object ${made} after ${this.#lastId}`);
    this.#lastId = Math.max(this.#lastId, made);
    const make = (about: unknown) => {
      this.#objects.set(created, { kind: CREATED[name]!, about });
    };
    const numbers = values.map(Number);
    this.#performers[name]?.({ object, about: served.about, values, numbers, created, make });
    if (request === 'destroy' || request === 'release') {
      this.#objects.delete(object);
      this.#dropped(served);
      if (object < FIRST_OWN_ID) this.#send(1, 'delete_id', object);
    }
  }

  #dropped({ about }: Served): void {
    const watcher = about instanceof Watcher ? about : (about as Partial<Session> | null)?.watcher;
    if (watcher) this.#watchers.delete(watcher);
    const frame = about as Partial<Frame> | null;
    if (frame?.pending && frame.session?.watcher.pending === frame.pending) frame.session.watcher.pending = null;
    const buffer = about as Partial<ShmBuffer> | null;
    if (buffer?.fd && --buffer.fd.users === 0) closeSync(buffer.fd.number);
    // A capture to a destroyed buffer is never answered.
    for (const each of this.#watchers) if (each.pending?.buffer === about) each.pending = null;
  }

  #about<Kind>(id: Argument | undefined): Kind {
    return this.#objects.get(Number(id))!.about as Kind;
  }

  readonly #performers: Readonly<Record<string, (request: Request) => void>> = {
    'wl_display.sync': ({ created, make }) => {
      make(null);
      this.#send(created, 'done', 0);
      this.#objects.delete(created);
      this.#send(1, 'delete_id', created);
    },
    'wl_display.get_registry': ({ created, make }) => {
      make(null);
      for (const { name, kind, version } of this.#compositor.globals()) {
        this.#send(created, 'global', name, kind.name, version);
      }
    },
    'wl_registry.bind': ({ values }) => this.#bound(Number(values[0]), String(values[1]), Number(values[3])),
    'wl_shm.create_pool': ({ make }) => make({ fd: { number: this.#descriptors.shift()!, users: 1 } }),
    'wl_shm_pool.create_buffer': ({ about, numbers, make }) => {
      const { fd } = about as Pick<ShmBuffer, 'fd'>;
      fd.users++;
      const [, offset, width, height, stride, format] = numbers as [number, number, number, number, number, number];
      make({ fd, offset, width, height, stride, format } satisfies ShmBuffer);
    },
    'zxdg_output_manager_v1.get_xdg_output': ({ values, make }) => {
      const output = this.#about<FakeOutput>(values[1]);
      make(output);
      this.describeOutput(output);
    },
    'zwlr_output_power_manager_v1.get_output_power': ({ created, values, make }) => {
      make(this.#about(values[1]));
      this.#send(created, 'mode', 1);
    },
    'ext_output_image_capture_source_manager_v1.create_source': ({ values, make }) => make(this.#about(values[1])),
    'ext_foreign_toplevel_image_capture_source_manager_v1.create_source': ({ values, make }) =>
      make(this.#about(values[1])),
    'ext_image_copy_capture_manager_v1.create_session': request =>
      this.#session(request, this.#about<Surface>(request.values[1])),
    'ext_image_copy_capture_manager_v1.create_pointer_cursor_session': ({ values, make }) => {
      make(this.#about(values[1]));
      this.pointed();
    },
    'ext_image_copy_capture_cursor_session_v1.get_capture_session': request =>
      this.#session(request, this.#compositor.pointerImage),
    'ext_image_copy_capture_session_v1.create_frame': ({ about, make }) =>
      make({ session: about as Session, buffer: null, missing: [], pending: null } satisfies Frame),
    'ext_image_copy_capture_frame_v1.attach_buffer': ({ about, values }) => {
      (about as Frame).buffer = this.#about<ShmBuffer>(values[0]);
    },
    'ext_image_copy_capture_frame_v1.damage_buffer': ({ about, numbers }) => {
      const [x, y, width, height] = numbers as [number, number, number, number];
      (about as Frame).missing.push({ x, y, width, height });
    },
    'ext_image_copy_capture_frame_v1.capture': ({ object, about }) => this.#capture(object, about as Frame),
    'zwlr_screencopy_manager_v1.capture_output': ({ created, about, values, make }) => {
      this.#compositor.beforeOffer?.();
      const surface = this.#about<Surface>(values[2]);
      make({ surface, manager: about });
      for (const format of surface.formats) {
        this.#send(created, 'buffer', format, surface.width, surface.height, surface.width * bytesOf(format));
      }
      this.#send(created, 'buffer_done');
    },
    'zwlr_screencopy_frame_v1.copy': request => this.#copy(request, false),
    'zwlr_screencopy_frame_v1.copy_with_damage': request => this.#copy(request, true),
    'wl_seat.get_pointer': ({ make }) => make(null),
  };

  #bound(name: number, kindName: string, id: number): void {
    const kind = BY_NAME.get(kindName)!;
    const output = this.#compositor.globals().find(each => each.name === name)?.output ?? null;
    // Each binding of the manager tracks changes separately.
    this.#objects.set(id, { kind, about: kind === interfaces.WLR_SCREENCOPY_MANAGER ? new Map() : output });
    if (output) this.describeOutput(output);
    if (kind === interfaces.WL_SEAT) this.#send(id, 'capabilities', 1);
    if (kind === interfaces.TOPLEVEL_LIST) for (const window of this.#compositor.windows) this.listWindow(window);
  }

  #session({ created, make }: Request, surface: Surface): void {
    const id = created;
    const constrain = () => {
      this.#send(id, 'buffer_size', surface.width, surface.height);
      for (const format of surface.formats) this.#send(id, 'shm_format', format);
      this.#send(id, 'done');
    };
    const watcher = new Watcher(surface, constrain);
    this.#watchers.add(watcher);
    make({ watcher } satisfies Session);
    constrain();
  }

  #capture(id: number, frame: Frame): void {
    const { watcher } = frame.session;
    const { surface } = watcher;
    frame.pending = {
      surface,
      buffer: frame.buffer!,
      missing: frame.missing,
      ready: damage => {
        this.#send(id, 'transform', surface.transform);
        for (const { x, y, width, height } of damage) this.#send(id, 'damage', x, y, width, height);
        this.#send(id, 'presentation_time', 0, 0, 0);
        this.#send(id, 'ready');
      },
      fail: () => this.#send(id, 'failed', 1),
    };
    watcher.pending = frame.pending;
    this.#serve(watcher);
  }

  #copy({ object: id, about, values }: Request, withDamage: boolean): void {
    const buffer = this.#about<ShmBuffer>(values[0]);
    const { surface, manager } = about as { surface: Surface; manager: Map<Surface, Watcher> };
    let watcher = manager.get(surface);
    if (!watcher) {
      watcher = new Watcher(surface);
      manager.set(surface, watcher);
      this.#watchers.add(watcher);
    }
    const pending: Pending = {
      surface,
      buffer,
      missing: null,
      ready: damage => {
        this.#send(id, 'flags', 0);
        if (withDamage) for (const { x, y, width, height } of damage) this.#send(id, 'damage', x, y, width, height);
        this.#send(id, 'ready', 0, 0, 0);
      },
      fail: () => this.#send(id, 'failed'),
    };
    // A plain copy is answered at once and does not reset the damage, as in wlroots.
    const waiting = withDamage ? watcher : new Watcher(surface);
    waiting.pending = pending;
    this.#serve(waiting);
  }

  /** Answers a capture if something has changed. */
  #serve(watcher: Watcher): void {
    const { pending, surface } = watcher;
    if (!pending || watcher.damage?.length === 0) return;
    watcher.pending = null;
    const { buffer } = pending;
    if (buffer.width !== surface.width || buffer.height !== surface.height) {
      pending.fail();
      return;
    }
    const damage = watcher.damage ?? [surface.whole];
    watcher.damage = [];
    const written = pending.missing === null ? [surface.whole] : [...pending.missing, ...damage];
    for (const each of written) writePixels(surface, each, buffer);
    pending.ready(damage);
  }
}

function newIndex(signature: string): number {
  return [...signature].filter(letter => letter !== 'h').indexOf('n');
}
