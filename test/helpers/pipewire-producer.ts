import type { Rectangle, Size } from '../../source/core/rectangle.js';
import { fixedMemory, memoryAt, pointerArray } from '../../source/native/c-memory.js';
import { loadNative } from '../../source/native/load-native.js';
import { VIDEO_FORMATS, type VideoFormat } from '../../source/native/pipewire.js';
import { enumeration, flags, fraction, id, int, object, range, rectangle } from '../../source/native/pipewire-pods.js';

const METAS = { header: 1, crop: 2, damage: 3, cursor: 5, transform: 8 } as const;
const OUTPUT = 1;
const ANY = 0xffff_ffff;
/** PW_STREAM_FLAG_MAP_BUFFERS and _DRIVER. */
const FLAGS = (1 << 2) | (1 << 3);
const STREAMING = 3;
const CURSOR_EDGE = 32;
const TURN_MS = 2;

type Pointer = bigint;
type Function = (...values: readonly unknown[]) => unknown;

const FUNCTIONS = [
  'void pw_init(void *, void *)',
  'void *pw_loop_new(void *)',
  'void pw_loop_destroy(void *)',
  'void *pw_context_new(void *, void *, size_t)',
  'void pw_context_destroy(void *)',
  'void *pw_context_connect(void *, void *, size_t)',
  'void *pw_properties_new_string(const char *)',
  'void *pw_stream_new(void *, const char *, void *)',
  'void pw_stream_destroy(void *)',
  'void pw_stream_add_listener(void *, void *, void *, void *)',
  'int pw_stream_connect(void *, int, uint32_t, int, void *, uint32_t)',
  'int pw_stream_update_params(void *, void *, uint32_t)',
  'int pw_stream_set_active(void *, bool)',
  'void *pw_stream_dequeue_buffer(void *)',
  'int pw_stream_queue_buffer(void *, void *)',
  'int pw_stream_trigger_process(void *)',
  'uint32_t pw_stream_get_node_id(void *)',
];
const PROTOTYPES = {
  getFd: 'int PeerglassTestGetFd(void *)',
  enter: 'void PeerglassTestEnter(void *)',
  iterate: 'int PeerglassTestIterate(void *, int)',
  state: 'void PeerglassTestState(void *, int, int, const char *)',
  param: 'void PeerglassTestParam(void *, uint32_t, void *)',
  buffer: 'void PeerglassTestBuffer(void *, void *)',
  process: 'void PeerglassTestProcess(void *)',
} as const;

function load() {
  const koffi = loadNative('koffi');
  const library = koffi.load('libpipewire-0.3.so.0');
  const named = FUNCTIONS.map(each => [/(\w+)\(/.exec(each)?.[1] ?? '', library.func(each)] as const);
  const types = Object.entries(PROTOTYPES).map(([name, text]) => [name, koffi.proto(text)] as const);
  const pw = Object.fromEntries(named) as Record<string, Function>;
  pw.pw_init!(null, null);
  return {
    koffi,
    pw,
    types: Object.fromEntries(types) as Record<keyof typeof PROTOTYPES, ReturnType<typeof koffi.proto>>,
  };
}

/** Loaded once a process. */
let loaded: ReturnType<typeof load> | null = null;

export interface ProducerOptions extends Partial<Size> {
  readonly format?: VideoFormat;
  /** Whether it reports damage. */
  readonly tellsDamage?: boolean;
}

export interface TestCursor {
  readonly x: number;
  readonly y: number;
  /** "Hidden", a colour (0xAARRGGBB, premultiplied) for a square of 8 pixels, or undefined: as before. */
  readonly shape?: 'hidden' | number;
}

interface Buffered {
  readonly chunk: Buffer;
  readonly bytes: Buffer;
  readonly metas: ReadonlyMap<number, Buffer>;
}

/** Stands in for a compositor: a video node of PipeWire that shows what a test paints. */
export class PipeWireProducer {
  readonly node: number = 0;
  width: number;
  height: number;
  /** The picture: 32-bit words as the format has them. */
  words: Uint32Array;
  transform = 0;
  crop: Rectangle | null = null;
  /** Whether it sends the picture whenever it begins to be read. */
  greets = true;
  /** Frames that were taken. */
  frames = 0;
  streaming = false;
  readonly #options: ProducerOptions;
  readonly #pw: Record<string, Function>;
  readonly #iterate: () => number;
  readonly #buffers = new Map<Pointer, Buffered>();
  readonly #kept: unknown[] = [];
  readonly #loop: Pointer;
  readonly #context: Pointer;
  readonly #stream: Pointer;
  #timer: NodeJS.Timeout | null = null;
  #pending: { damage: readonly Rectangle[]; cursor: TestCursor | null; pixels: boolean; done: () => void } | null =
    null;

  /** @param socket of PipeWire */
  private constructor(socket: string, options: ProducerOptions) {
    loaded ??= load();
    const { koffi, pw, types } = loaded;
    this.#options = options;
    this.#pw = pw;
    this.width = options.width ?? 320;
    this.height = options.height ?? 200;
    this.words = new Uint32Array(this.width * this.height);
    this.#loop = pw.pw_loop_new!(null) as Pointer;
    const control = memoryAt(memoryAt(this.#loop, 32).readBigUInt64LE(16), 32);
    const data = control.readBigUInt64LE(24);
    const table = memoryAt(control.readBigUInt64LE(16), 48);
    koffi.call(table.readBigUInt64LE(24), types.enter, data);
    this.#iterate = () => Number(koffi.call(table.readBigUInt64LE(40), types.iterate, data, 0));
    this.#context = pw.pw_context_new!(this.#loop, null, 0) as Pointer;
    const properties = pw.pw_properties_new_string!(`remote.name=${socket}`);
    const core = pw.pw_context_connect!(this.#context, properties, 0);
    if (core === null) throw new Error('PipeWire does not answer');
    const about = pw.pw_properties_new_string!('media.class=Video/Source node.name=peerglass-test-screen');
    this.#stream = pw.pw_stream_new!(core, 'peerglass-test-screen', about) as Pointer;
    this.#listen();
    const connected = pw.pw_stream_connect!(this.#stream, OUTPUT, ANY, FLAGS, this.#params([this.#format()]), 1);
    if (Number(connected) < 0) throw new Error(`pw_stream_connect: ${String(connected)}`);
    this.#turn();
  }

  static async start(socket: string, options: ProducerOptions = {}): Promise<PipeWireProducer> {
    const producer = new PipeWireProducer(socket, options);
    const node = () => Number(producer.#pw.pw_stream_get_node_id!(producer.#stream));
    while (node() === ANY) await new Promise(go => setTimeout(go, TURN_MS));
    Object.assign(producer, { node: node() });
    return producer;
  }

  fill({ x, y, width, height }: Rectangle, word: number): void {
    for (let row = y; row < y + height; row++)
      this.words.fill(word, row * this.width + x, row * this.width + x + width);
  }

  /** Sends a frame with the picture and this damage. Resolves when it was taken. */
  show(damage: readonly Rectangle[], cursor: TestCursor | null = null): Promise<void> {
    return this.#send(damage, cursor, true);
  }

  /** Sends a frame without pixels, as compositors do when only the pointer moves. */
  point(cursor: TestCursor): Promise<void> {
    return this.#send([], cursor, false);
  }

  /** Has the stream negotiated again, as with a new resolution. The picture is black. */
  resize({ width, height }: Size): void {
    this.width = width;
    this.height = height;
    this.words = new Uint32Array(width * height);
    this.#pw.pw_stream_update_params!(this.#stream, this.#params([this.#format()]), 1);
  }

  /** As while the screen is locked, and after that. */
  suspend(suspended: boolean): void {
    this.#pw.pw_stream_set_active!(this.#stream, !suspended);
  }

  stop(): Promise<void> {
    if (this.#timer === null) return Promise.resolve();
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#pw.pw_stream_destroy!(this.#stream);
    this.#pw.pw_context_destroy!(this.#context);
    this.#pw.pw_loop_destroy!(this.#loop);
    return Promise.resolve();
  }

  async #send(damage: readonly Rectangle[], cursor: TestCursor | null, pixels: boolean): Promise<void> {
    await new Promise<void>(done => {
      this.#pending?.done();
      this.#pending = { damage, cursor, pixels, done };
    });
  }

  #turn(): void {
    while (this.#iterate() > 0);
    if (this.#pending && this.streaming) {
      this.#pw.pw_stream_trigger_process!(this.#stream);
      while (this.#iterate() > 0);
    }
    this.#timer = setTimeout(() => this.#turn(), TURN_MS);
  }

  #listen(): void {
    const { koffi, types } = loaded!;
    const events = fixedMemory(96);
    const on = (offset: number, type: keyof typeof PROTOTYPES, callback: (...values: never[]) => void) => {
      events.writeBigUInt64LE(BigInt(koffi.register(callback, koffi.pointer(types[type]))), offset);
    };
    events.writeUInt32LE(2);
    on(16, 'state', (_: unknown, __: number, state: number) => {
      const before = this.streaming;
      this.streaming = state === STREAMING;
      if (this.streaming && !before) this.#greet();
    });
    on(40, 'param', (_: unknown, param: number, pod: Pointer | null) => {
      if (param === 4 && pod !== null) this.#negotiated();
    });
    on(48, 'buffer', (_: unknown, buffer: Pointer) => {
      this.#add(buffer);
      this.#greet();
    });
    on(56, 'buffer', (_: unknown, buffer: Pointer) => {
      this.#buffers.delete(buffer);
    });
    on(64, 'process', () => this.#process());
    const hook = fixedMemory(64);
    this.#kept.push(events, hook);
    this.#pw.pw_stream_add_listener!(this.#stream, hook, events, null);
  }

  /** Compositors begin with the picture as it is. */
  #greet(): void {
    if (!this.greets) return;
    this.#pending ??= { damage: [], cursor: null, pixels: true, done: () => {} };
  }

  #format(): Buffer {
    return object(0x40003, 3, [
      [1, id(2)],
      [2, id(1)],
      [0x20001, enumeration(id(VIDEO_FORMATS[this.#options.format ?? 'BGRx']))],
      [0x20003, rectangle(this)],
      [0x20004, fraction(0, 1)],
      [0x20005, range(fraction(60, 1), fraction(1, 1), fraction(60, 1))],
    ]);
  }

  #negotiated(): void {
    const meta = (type: number, size: number) =>
      object(0x40005, 6, [
        [1, id(type)],
        [2, int(size)],
      ]);
    const length = this.width * this.height * 4;
    const buffers = object(0x40004, 5, [
      [1, range(int(4), int(2), int(8))],
      [2, int(1)],
      [3, int(length)],
      [4, int(this.width * 4)],
      [6, flags(int(1 << 2))],
    ]);
    const params = [buffers, meta(METAS.header, 32), meta(METAS.crop, 16), meta(METAS.transform, 4)];
    params.push(meta(METAS.cursor, 28 + 20 + CURSOR_EDGE * CURSOR_EDGE * 4));
    if (this.#options.tellsDamage !== false) params.push(meta(METAS.damage, 16 * 16));
    this.#pw.pw_stream_update_params!(this.#stream, this.#params(params), params.length);
  }

  #params(list: readonly Buffer[]): Buffer {
    const pointers = pointerArray(list);
    this.#kept.push(pointers);
    return pointers.array;
  }

  #add(pointer: Pointer): void {
    const buffer = memoryAt(memoryAt(pointer, 8).readBigUInt64LE(0), 24);
    const metas = memoryAt(buffer.readBigUInt64LE(8), 16 * buffer.readUInt32LE(0));
    const data = memoryAt(buffer.readBigUInt64LE(16), 40);
    const each = Array.from({ length: buffer.readUInt32LE(0) }, (_, index) => {
      const length = metas.readUInt32LE(16 * index + 4);
      return [metas.readUInt32LE(16 * index), memoryAt(metas.readBigUInt64LE(16 * index + 8), length)] as const;
    });
    this.#buffers.set(pointer, {
      metas: new Map(each),
      chunk: memoryAt(data.readBigUInt64LE(32), 16),
      bytes: memoryAt(data.readBigUInt64LE(24), data.readUInt32LE(20)),
    });
  }

  #process(): void {
    const pending = this.#pending;
    if (!pending) return;
    const pointer = this.#pw.pw_stream_dequeue_buffer!(this.#stream) as Pointer | null;
    // The reader has them all; the next turn tries again.
    if (pointer === null) return;
    const { bytes, chunk, metas } = this.#buffers.get(pointer)!;
    const length = this.width * this.height * 4;
    if (bytes.length < length) {
      // A buffer of the size before, which nobody takes any more.
      chunk.writeUInt32LE(0, 4);
      this.#pw.pw_stream_queue_buffer!(this.#stream, pointer);
      return;
    }
    if (pending.pixels) bytes.set(new Uint8Array(this.words.buffer));
    chunk.writeUInt32LE(0, 0);
    chunk.writeUInt32LE(pending.pixels ? length : 0, 4);
    chunk.writeInt32LE(this.width * 4, 8);
    chunk.writeInt32LE(0, 12);
    metas.get(METAS.header)?.fill(0);
    metas.get(METAS.transform)?.writeUInt32LE(this.transform);
    writeRegions(metas.get(METAS.crop), this.crop ? [this.crop] : []);
    writeRegions(metas.get(METAS.damage), pending.damage);
    writeCursor(metas.get(METAS.cursor), pending.cursor);
    this.#pw.pw_stream_queue_buffer!(this.#stream, pointer);
    this.frames++;
    this.#pending = null;
    pending.done();
  }
}

function writeRegions(meta: Buffer | undefined, rectangles: readonly Rectangle[]): void {
  meta?.fill(0);
  for (const [index, { x, y, width, height }] of rectangles.entries()) {
    for (const [field, value] of [x, y, width, height].entries()) meta?.writeInt32LE(value, 16 * index + 4 * field);
  }
}

function writeCursor(meta: Buffer | undefined, cursor: TestCursor | null): void {
  if (!meta) return;
  meta.fill(0);
  if (!cursor) return;
  meta.writeUInt32LE(1, 0);
  meta.writeInt32LE(cursor.x, 8);
  meta.writeInt32LE(cursor.y, 12);
  if (cursor.shape === undefined) return;
  meta.writeInt32LE(2, 16);
  meta.writeInt32LE(3, 20);
  meta.writeUInt32LE(28, 24);
  meta.writeUInt32LE(VIDEO_FORMATS.BGRA, 28);
  meta.writeUInt32LE(8, 32);
  meta.writeUInt32LE(8, 36);
  meta.writeInt32LE(32, 40);
  if (cursor.shape === 'hidden') return;
  meta.writeUInt32LE(20, 44);
  for (let at = 48; at < 48 + 8 * 8 * 4; at += 4) meta.writeUInt32LE(cursor.shape, at);
}
