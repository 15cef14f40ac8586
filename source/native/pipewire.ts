import type { LibraryHandle, TypeObject } from 'koffi';
import type { Rectangle, Size } from '../core/rectangle.js';
import { fixedMemory, memoryAt, pointerArray } from './c-memory.js';
import { loadNative } from './load-native.js';
import * as pods from './pipewire-pods.js';

const LIBRARY = 'libpipewire-0.3.so.0';

/**
 * The pixel formats that a stream may have, by their numbers in spa/param/video/raw.h, the preferred ones first. Letters
 * are bytes in memory; those with 10 bits are 32-bit words, the first letter at the top.
 */
export const VIDEO_FORMATS = {
  BGRx: 8,
  BGRA: 12,
  RGBx: 7,
  RGBA: 11,
  xRGB: 9,
  xBGR: 10,
  ARGB: 13,
  ABGR: 14,
  xRGB_210LE: 80,
  xBGR_210LE: 81,
  RGBx_102LE: 82,
  BGRx_102LE: 83,
  ARGB_210LE: 84,
  ABGR_210LE: 85,
  RGBA_102LE: 86,
  BGRA_102LE: 87,
} as const;

export type VideoFormat = keyof typeof VIDEO_FORMATS;

/** SPA_TYPE_OBJECT_*, and the params that they are sent as. */
const FORMAT = { object: 0x40003, enumerated: 3, chosen: 4 } as const;
const BUFFERS = { object: 0x40004, param: 5, count: 1, blocks: 2, dataType: 6 } as const;
const META = { object: 0x40005, param: 6, type: 1, size: 2 } as const;
/** The properties of a format. */
const KEYS = {
  mediaType: 1,
  mediaSubtype: 2,
  format: 0x20001,
  size: 0x20003,
  rate: 0x20004,
  maxRate: 0x20005,
} as const;
const VIDEO = 2;
const RAW = 1;
/** What may come with each buffer. */
const METAS = { header: 1, crop: 2, damage: 3, cursor: 5, transform: 8 } as const;
const MEM_PTR = 1;
const MEM_FD = 2;

/** One is held until a newer one has come, so with two the producer would have none to write to. */
const LEAST_BUFFERS = 3;
const MOST_BUFFERS = 16;
const DAMAGE_RECTANGLES = 16;
const MOST_EDGE = 16_384;
/** Mutter sends no pointer to readers that would not take one of 384 pixels. */
const CURSOR_EDGE = 1024;

/** Structures on 64-bit systems: sizes, and offsets of fields. */
const LOOP = { size: 32, control: 16 } as const;
const INTERFACE = { size: 32, functions: 16, data: 24 } as const;
const LOOP_CONTROL = { size: 48, getFd: 8, enter: 24, iterate: 40 } as const;
const EVENTS = { size: 96, version: 2, state: 16, param: 40, addBuffer: 48, removeBuffer: 56, process: 64 } as const;
/** struct spa_hook has 48 bytes. */
const HOOK_SIZE = 64;
const SPA_BUFFER = { size: 24, metaCount: 0, dataCount: 4, metas: 8, datas: 16 } as const;
const SPA_META = { size: 16, type: 0, length: 4, data: 8 } as const;
const SPA_DATA = { size: 40, maxSize: 20, data: 24, chunk: 32 } as const;
const CHUNK = { size: 16, offset: 0, length: 4, stride: 8, flags: 12 } as const;
const REGION_SIZE = 16;
const META_HEADER = { size: 32, flags: 0 } as const;
const META_CURSOR = { size: 28, id: 0, x: 8, y: 12, hotspotX: 16, hotspotY: 20, bitmap: 24 } as const;
const BITMAP = { size: 20, format: 0, width: 4, height: 8, stride: 12, pixels: 16 } as const;

/** Of chunks and of headers: no pixels, or broken ones. */
const CHUNK_CORRUPTED = 1;
const HEADER_CORRUPTED = 2;

const INPUT = 0;
/** PW_STREAM_FLAG_AUTOCONNECT, _MAP_BUFFERS and _DONT_RECONNECT; without _RT_PROCESS all callbacks come from `iterate`. */
const STREAM_FLAGS = 1 | 4 | 128;
const POLLIN = 1;
const POLL_SIZE = 8;
/** How many times the loop is run before Node has its turn again. */
const MOST_TURNS = 16;

const STATES = { '-1': 'error', 0: 'unconnected', 1: 'connecting', 2: 'paused', 3: 'streaming' } as const;
export type StreamState = (typeof STATES)[keyof typeof STATES];

type Pointer = bigint;

/** A frame of a stream; its bytes are valid until the callback that brings it is over, and while it is the newest. */
export interface VideoFrame {
  /** From the first pixel on. */
  readonly bytes: Buffer;
  /** Bytes between two rows. */
  readonly stride: number;
  /** What has changed since the frame before, as the producer says; null where it does not say. In the buffer. */
  readonly damage: readonly Rectangle[] | null;
  /** The part of the buffer that is the picture. */
  readonly crop: Rectangle | null;
  /** As wl_output's transform: 0 to 3 quarter turns counter-clockwise, 4 to 7 after mirroring. */
  readonly transform: number;
}

/** The pointer, in the buffer. */
export interface VideoCursor {
  readonly x: number;
  readonly y: number;
  readonly hotspotX: number;
  readonly hotspotY: number;
  /** Undefined: as before. Null: invisible. */
  readonly bitmap: CursorBitmap | null | undefined;
}

export interface CursorBitmap extends Size {
  readonly format: number;
  readonly stride: number;
  /** A copy. */
  readonly pixels: Buffer;
}

export interface StreamEvents {
  state(state: StreamState, error: string | null): void;
  /** The stream has another size or format from its next frame on; the last frame's bytes are gone. */
  format(format: Size & { readonly format: number }): void;
  frame(frame: VideoFrame): void;
  cursor(cursor: VideoCursor): void;
}

interface Functions {
  pw_loop_new(properties: null): Pointer | null;
  pw_context_new(loop: Pointer, properties: null, size: number): Pointer | null;
  pw_context_connect(context: Pointer, properties: null, size: number): Pointer | null;
  pw_context_connect_fd(context: Pointer, fd: number, properties: null, size: number): Pointer | null;
  pw_properties_new_string(text: string): Pointer;
  pw_stream_new(core: Pointer, name: string, properties: Pointer): Pointer | null;
  pw_stream_add_listener(stream: Pointer, hook: Buffer, events: Buffer, data: null): void;
  pw_stream_connect(
    ...values: [stream: Pointer, direction: number, node: number, flags: number, params: Buffer, count: number]
  ): number;
  pw_stream_update_params(stream: Pointer, params: Buffer, count: number): number;
  pw_stream_set_active(stream: Pointer, active: boolean): number;
  pw_stream_dequeue_buffer(stream: Pointer): Pointer | null;
  pw_stream_queue_buffer(stream: Pointer, buffer: Pointer): number;
  readonly poll: { async(...values: [fds: Buffer, count: number, ms: number, done: () => void]): void };
  call(address: Pointer, type: TypeObject, ...values: readonly unknown[]): unknown;
  /** @returns the address of a callback of C that calls `callback` */
  register(callback: (...values: never[]) => void, type: TypeObject): Pointer;
  errorNumber(): number;
  readonly getFd: TypeObject;
  readonly enter: TypeObject;
  readonly iterate: TypeObject;
  readonly onState: TypeObject;
  readonly onParam: TypeObject;
  readonly onBuffer: TypeObject;
  readonly onProcess: TypeObject;
}

const SIGNATURES = [
  'void *pw_loop_new(void *)',
  'void *pw_context_new(void *, void *, size_t)',
  'void *pw_context_connect(void *, void *, size_t)',
  'void *pw_context_connect_fd(void *, int, void *, size_t)',
  'void *pw_properties_new_string(const char *)',
  'void *pw_stream_new(void *, const char *, void *)',
  'void pw_stream_add_listener(void *, void *, void *, void *)',
  'int pw_stream_connect(void *, int, uint32_t, int, void *, uint32_t)',
  'int pw_stream_update_params(void *, void *, uint32_t)',
  'int pw_stream_set_active(void *, bool)',
  'void *pw_stream_dequeue_buffer(void *)',
  'int pw_stream_queue_buffer(void *, void *)',
];

/** Loaded once a process. */
let functions: Functions | null = null;

/** @throws Error without koffi or the library */
function pipewire(): Functions {
  functions ??= loadFunctions();
  return functions;
}

/** Why the library cannot be used, or null; nothing of it is called. */
export function pipewireProblem(): string | null {
  try {
    loadNative('koffi').load(LIBRARY);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function loadFunctions(): Functions {
  const koffi = loadNative('koffi');
  if (koffi.sizeof('long') !== 8) throw new Error('not on a 32-bit system');
  const library: LibraryHandle = koffi.load(LIBRARY);
  const named = SIGNATURES.map(each => [/(\w+)\(/.exec(each)?.[1] ?? '', library.func(each)] as const);
  library.func('void pw_init(void *, void *)')(null, null);
  return {
    ...Object.fromEntries(named),
    poll: koffi.load(null).func('int poll(void *, unsigned long, int)'),
    call: (address: Pointer, type: TypeObject, ...values: unknown[]) => koffi.call(address, type, ...values),
    register: (callback: () => void, type: TypeObject) => koffi.register(callback, koffi.pointer(type)),
    errorNumber: () => koffi.errno(),
    getFd: koffi.proto('int PeerglassPwGetFd(void *)'),
    enter: koffi.proto('void PeerglassPwEnter(void *)'),
    iterate: koffi.proto('int PeerglassPwIterate(void *, int)'),
    onState: koffi.proto('void PeerglassPwState(void *, int, int, const char *)'),
    onParam: koffi.proto('void PeerglassPwParam(void *, uint32_t, void *)'),
    onBuffer: koffi.proto('void PeerglassPwBuffer(void *, void *)'),
    onProcess: koffi.proto('void PeerglassPwProcess(void *)'),
  } as unknown as Functions;
}

/**
 * A connection to PipeWire by its library. Everything runs on the thread that made it; another one of libuv's waits for
 * the next event. It lasts until the process ends: the library may abort its process, so this belongs into one of its
 * own.
 */
export class PipeWire {
  readonly #library = pipewire();
  readonly #core: Pointer;
  readonly #iterate: () => number;
  readonly #poll = fixedMemory(POLL_SIZE);

  /**
   * @param fd a connection, which is used up; null for the user's own
   * @throws Error where the library is missing or nothing answers
   */
  constructor(fd: number | null) {
    const library = this.#library;
    const loop = library.pw_loop_new(null);
    if (loop === null) throw new Error('the library gives no loop');
    // The functions of a loop are macros in its headers: they are found as those do.
    const control = memoryAt(memoryAt(loop, LOOP.size).readBigUInt64LE(LOOP.control), INTERFACE.size);
    const data = control.readBigUInt64LE(INTERFACE.data);
    const table = memoryAt(control.readBigUInt64LE(INTERFACE.functions), LOOP_CONTROL.size);
    const iterate = table.readBigUInt64LE(LOOP_CONTROL.iterate);
    library.call(table.readBigUInt64LE(LOOP_CONTROL.enter), library.enter, data);
    this.#iterate = () => Number(library.call(iterate, library.iterate, data, 0));
    this.#poll.writeInt32LE(Number(library.call(table.readBigUInt64LE(LOOP_CONTROL.getFd), library.getFd, data)));
    this.#poll.writeInt16LE(POLLIN, 4);
    const context = library.pw_context_new(loop, null, 0);
    if (context === null) throw new Error('the library gives no context');
    const core =
      fd === null ? library.pw_context_connect(context, null, 0) : library.pw_context_connect_fd(context, fd, null, 0);
    if (core === null) throw new Error(`PipeWire does not answer (errno ${library.errorNumber()})`);
    this.#core = core;
  }

  /**
   * Begins to read a video node.
   * @throws Error
   */
  open(node: number, events: StreamEvents): VideoStream {
    return new VideoStream(this.#library, this.#core, node, events);
  }

  /** Runs the callbacks of all streams from now on. */
  run(): void {
    for (let turns = 0; turns < MOST_TURNS && this.#iterate() > 0; turns++);
    this.#library.poll.async(this.#poll, 1, -1, () => this.run());
  }
}

/** A buffer that the producer shares with this process. */
interface SharedBuffer {
  readonly pointer: Pointer;
  readonly metas: ReadonlyMap<number, Buffer>;
  readonly chunk: Buffer;
  /** Null where it is not mapped. */
  readonly bytes: Buffer | null;
}

/** A video node that is read. */
export class VideoStream {
  readonly #library: Functions;
  readonly #stream: Pointer;
  readonly #events: StreamEvents;
  /** By the pointer. The library keeps the memory until it says that the buffer is removed. */
  readonly #buffers = new Map<Pointer, SharedBuffer>();
  /** Not given back to the producer until a newer one has come. */
  #held: SharedBuffer | null = null;
  /** What C has the addresses of. */
  readonly #kept: unknown[] = [];

  constructor(library: Functions, core: Pointer, node: number, events: StreamEvents) {
    this.#library = library;
    this.#events = events;
    const properties = 'media.type=Video media.category=Capture media.role=Screen node.name=peerglass';
    const stream = library.pw_stream_new(core, 'peerglass', library.pw_properties_new_string(properties));
    if (stream === null) throw new Error('the library gives no stream');
    this.#stream = stream;
    this.#listen();
    const connected = library.pw_stream_connect(stream, INPUT, node, STREAM_FLAGS, this.#params([offeredFormats()]), 1);
    if (connected < 0) throw new Error(`the stream cannot be connected (${connected})`);
  }

  /** Whether frames are wanted. */
  setActive(active: boolean): void {
    this.#library.pw_stream_set_active(this.#stream, active);
  }

  #listen(): void {
    const { register, onState, onParam, onBuffer, onProcess } = this.#library;
    const events = fixedMemory(EVENTS.size);
    const on = (offset: number, type: TypeObject, callback: (...values: never[]) => void) => {
      const guarded = (...values: never[]) => {
        try {
          callback(...values);
        } catch (error) {
          // It must not go through C.
          setImmediate(() => {
            throw error;
          });
        }
      };
      events.writeBigUInt64LE(BigInt(register(guarded, type)), offset);
    };
    events.writeUInt32LE(EVENTS.version);
    on(EVENTS.state, onState, (_: unknown, __: number, state: keyof typeof STATES, error: string | null) => {
      this.#events.state(STATES[state], error);
    });
    on(EVENTS.param, onParam, (_: unknown, param: number, pod: Pointer | null) => {
      if (param === FORMAT.chosen && pod !== null) this.#negotiated(pod);
    });
    on(EVENTS.addBuffer, onBuffer, (_: unknown, buffer: Pointer) => this.#add(buffer));
    on(EVENTS.removeBuffer, onBuffer, (_: unknown, buffer: Pointer) => {
      if (this.#held?.pointer === buffer) this.#held = null;
      this.#buffers.delete(buffer);
    });
    on(EVENTS.process, onProcess, () => this.#process());
    const hook = fixedMemory(HOOK_SIZE);
    this.#kept.push(events, hook);
    this.#library.pw_stream_add_listener(this.#stream, hook, events, null);
  }

  /** An array of pointers to copies of pods, valid until the next. */
  #params(list: readonly Buffer[]): Buffer {
    const pointers = pointerArray(list);
    this.#kept[2] = pointers;
    return pointers.array;
  }

  #negotiated(address: Pointer): void {
    const length = 8 + memoryAt(address, 8).readUInt32LE(0);
    const found = pods.propertiesOf(memoryAt(address, length));
    const size = found.get(KEYS.size);
    if (!Array.isArray(size)) return;
    const wanted = wantedBuffers();
    this.#library.pw_stream_update_params(this.#stream, this.#params(wanted), wanted.length);
    const [width, height] = size;
    this.#events.format({ width, height, format: Number(found.get(KEYS.format)) });
  }

  #add(pointer: Pointer): void {
    const buffer = memoryAt(memoryAt(pointer, 8).readBigUInt64LE(0), SPA_BUFFER.size);
    const metas = new Map<number, Buffer>();
    const metaCount = buffer.readUInt32LE(SPA_BUFFER.metaCount);
    for (let index = 0; index < metaCount; index++) {
      const address = buffer.readBigUInt64LE(SPA_BUFFER.metas) + BigInt(index * SPA_META.size);
      const meta = memoryAt(address, SPA_META.size);
      const length = meta.readUInt32LE(SPA_META.length);
      if (length > 0)
        metas.set(meta.readUInt32LE(SPA_META.type), memoryAt(meta.readBigUInt64LE(SPA_META.data), length));
    }
    if (buffer.readUInt32LE(SPA_BUFFER.dataCount) === 0) return;
    const data = memoryAt(buffer.readBigUInt64LE(SPA_BUFFER.datas), SPA_DATA.size);
    const address = data.readBigUInt64LE(SPA_DATA.data);
    this.#buffers.set(pointer, {
      pointer,
      metas,
      chunk: memoryAt(data.readBigUInt64LE(SPA_DATA.chunk), CHUNK.size),
      bytes: address === 0n ? null : memoryAt(address, data.readUInt32LE(SPA_DATA.maxSize)),
    });
  }

  /** Takes all frames that have come: the last one is held, and the damage of the others counts too. */
  #process(): void {
    let damage: Rectangle[] | null = [];
    let newest: SharedBuffer | null = null;
    for (let pointer = this.#dequeue(); pointer !== null; pointer = this.#dequeue()) {
      const buffer = this.#buffers.get(pointer);
      if (buffer) this.#readCursor(buffer.metas.get(METAS.cursor));
      if (!buffer || !hasPixels(buffer)) {
        this.#library.pw_stream_queue_buffer(this.#stream, pointer);
        continue;
      }
      const told = regionsIn(buffer.metas.get(METAS.damage));
      damage = damage === null || told.length === 0 ? null : [...damage, ...told];
      if (this.#held) this.#library.pw_stream_queue_buffer(this.#stream, this.#held.pointer);
      this.#held = buffer;
      newest = buffer;
    }
    if (newest) this.#report(newest, damage);
  }

  #dequeue(): Pointer | null {
    return this.#library.pw_stream_dequeue_buffer(this.#stream);
  }

  #report({ bytes, chunk, metas }: SharedBuffer, damage: readonly Rectangle[] | null): void {
    const [crop = null] = regionsIn(metas.get(METAS.crop));
    this.#events.frame({
      bytes: bytes!.subarray(chunk.readUInt32LE(CHUNK.offset)),
      stride: chunk.readInt32LE(CHUNK.stride),
      damage,
      crop,
      transform: metas.get(METAS.transform)?.readUInt32LE(0) ?? 0,
    });
  }

  #readCursor(meta: Buffer | undefined): void {
    if (!meta || meta.length < META_CURSOR.size || meta.readUInt32LE(META_CURSOR.id) === 0) return;
    this.#events.cursor({
      x: meta.readInt32LE(META_CURSOR.x),
      y: meta.readInt32LE(META_CURSOR.y),
      hotspotX: meta.readInt32LE(META_CURSOR.hotspotX),
      hotspotY: meta.readInt32LE(META_CURSOR.hotspotY),
      bitmap: bitmapIn(meta, meta.readUInt32LE(META_CURSOR.bitmap)),
    });
  }
}

/** Frames that only move the pointer have no pixels, or old ones. */
function hasPixels({ chunk, metas, bytes }: SharedBuffer): boolean {
  const header = metas.get(METAS.header);
  if (bytes === null || chunk.readUInt32LE(CHUNK.length) === 0) return false;
  if ((chunk.readUInt32LE(CHUNK.flags) & CHUNK_CORRUPTED) !== 0) return false;
  return !header || (header.readUInt32LE(META_HEADER.flags) & HEADER_CORRUPTED) === 0;
}

/** Rectangles, up to the first empty one. */
function regionsIn(meta: Buffer | undefined): Rectangle[] {
  const found: Rectangle[] = [];
  for (let at = 0; meta && at + REGION_SIZE <= meta.length; at += REGION_SIZE) {
    const [x, y] = [meta.readInt32LE(at), meta.readInt32LE(at + 4)];
    const [width, height] = [meta.readUInt32LE(at + 8), meta.readUInt32LE(at + 12)];
    if (width === 0 || height === 0) break;
    found.push({ x, y, width, height });
  }
  return found;
}

function bitmapIn(meta: Buffer, at: number): CursorBitmap | null | undefined {
  if (at < META_CURSOR.size || at + BITMAP.size > meta.length) return undefined;
  const [format, width, height] = [BITMAP.format, BITMAP.width, BITMAP.height].map(field =>
    meta.readUInt32LE(at + field),
  );
  const stride = meta.readInt32LE(at + BITMAP.stride);
  const offset = meta.readUInt32LE(at + BITMAP.pixels);
  const start = at + offset;
  if (offset === 0 || !width || !height) return null;
  if (width > CURSOR_EDGE || height > CURSOR_EDGE || stride < width * 4) return null;
  if (start + stride * (height - 1) + width * 4 > meta.length) return null;
  return { format: format!, width, height, stride, pixels: Buffer.from(meta.subarray(start, start + stride * height)) };
}

function offeredFormats(): Buffer {
  const [first, ...others] = Object.values(VIDEO_FORMATS).map(pods.id);
  const most = { width: MOST_EDGE, height: MOST_EDGE };
  return pods.object(FORMAT.object, FORMAT.enumerated, [
    [KEYS.mediaType, pods.id(VIDEO)],
    [KEYS.mediaSubtype, pods.id(RAW)],
    [KEYS.format, pods.enumeration(first!, ...others)],
    [
      KEYS.size,
      pods.range(
        pods.rectangle({ width: 1920, height: 1080 }),
        pods.rectangle({ width: 1, height: 1 }),
        pods.rectangle(most),
      ),
    ],
    // Frames come when something changes, at most so often. No modifier: pixels in shared memory, not on a GPU.
    [KEYS.rate, pods.range(pods.fraction(0, 1), pods.fraction(0, 1), pods.fraction(1000, 1))],
    [KEYS.maxRate, pods.range(pods.fraction(60, 1), pods.fraction(0, 1), pods.fraction(1000, 1))],
  ]);
}

function wantedBuffers(): Buffer[] {
  const meta = (type: number, size: Buffer) =>
    pods.object(META.object, META.param, [
      [META.type, pods.id(type)],
      [META.size, size],
    ]);
  const sizes = (preferred: number, least: number, most: number) =>
    pods.range(pods.int(preferred), pods.int(least), pods.int(most));
  const cursor = (edge: number) => META_CURSOR.size + BITMAP.size + edge * edge * 4;
  return [
    pods.object(BUFFERS.object, BUFFERS.param, [
      [BUFFERS.count, sizes(LEAST_BUFFERS + 1, LEAST_BUFFERS, MOST_BUFFERS)],
      [BUFFERS.blocks, pods.int(1)],
      [BUFFERS.dataType, pods.flags(pods.int((1 << MEM_FD) | (1 << MEM_PTR)))],
    ]),
    meta(METAS.header, pods.int(META_HEADER.size)),
    meta(METAS.crop, pods.int(REGION_SIZE)),
    meta(METAS.transform, pods.int(4)),
    meta(METAS.cursor, sizes(cursor(64), cursor(1), cursor(CURSOR_EDGE))),
    meta(METAS.damage, sizes(REGION_SIZE * DAMAGE_RECTANGLES, REGION_SIZE, REGION_SIZE * DAMAGE_RECTANGLES)),
  ];
}
