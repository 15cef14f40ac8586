import type { Size } from '../core/rectangle.js';
import { fixedMemory, memoryAt } from './c-memory.js';
import { loadNative } from './load-native.js';
import type { NativePicture, NativeVideoDecoder, VideoDecoderLibrary } from './native-video-decoder.js';

/**
 * Where fields lie, by the library's major version (FFmpeg 4 to 7): the beginnings of AVPacket and AVFrame, which have
 * been the same in all of them. Everything else goes through functions, and options by name.
 */
const BEGINNINGS = {
  packet: { data: 24 },
  frame: { bytes: 120, planes: 0, strides: 64, width: 104, height: 108, format: 116 },
} as const;
const LAYOUTS: Readonly<Record<number, typeof BEGINNINGS>> = {
  58: BEGINNINGS,
  59: BEGINNINGS,
  60: BEGINNINGS,
  61: BEGINNINGS,
};

/** AV_PIX_FMT_YUV420P and YUVJ420P, which differ in their range alone. */
const FORMATS: ReadonlySet<number> = new Set([0, 12]);
const PANIC = 0;
const ERROR_TEXT_BYTES = 64;

/**
 * Low delay, since there are no pictures out of order; one thread, since frame threads hold pictures back; and what is
 * damaged is an error, not guessed at.
 */
const OPTIONS = {
  threads: '1',
  flags: '+low_delay',
  err_detect: '+explode+crccheck+bitstream+buffer',
  ec: '0',
} as const;

/** What pictures in its memory have beside their pixels, at most. */
const EDGE = 128;

type Pointer = bigint;

interface Functions {
  version(): number;
  setLogLevel(level: number): void;
  find(name: string): Pointer | null;
  allocate(codec: Pointer): Pointer | null;
  setOption(object: Pointer, name: string, value: string, flags: number): number;
  open(context: Pointer, codec: Pointer, options: null): number;
  free(context: Buffer): void;
  newPacket(): Pointer | null;
  makeRoom(packet: Pointer, bytes: number): number;
  emptyPacket(packet: Pointer): void;
  freePacket(packet: Buffer): void;
  newFrame(): Pointer | null;
  freeFrame(frame: Buffer): void;
  send(context: Pointer, packet: Pointer): number;
  receive(context: Pointer, frame: Pointer): number;
  describeError(error: number, text: Buffer, bytes: number): number;
}

/** @param file of libavcodec @throws Error where it does not load, or is of an unknown version */
export function loadAvcodec(file: string): VideoDecoderLibrary {
  const functions = bind(file);
  const version = functions.version();
  const major = version >> 16;
  const layout = LAYOUTS[major];
  if (!layout) throw new Error(`libavcodec ${major} is of an unknown version`);
  const codec = functions.find('h264');
  if (!codec) throw new Error(`libavcodec ${major} cannot decode H.264`);
  functions.setLogLevel(PANIC);
  return {
    name: `libavcodec ${major}.${(version >> 8) & 0xff}`,
    open: size => new AvcodecDecoder(functions, layout, codec, size),
  };
}

/** What is in libavutil is found through libavcodec, which needs it. */
function bind(file: string): Functions {
  const koffi = loadNative('koffi');
  if (koffi.sizeof('void *') !== 8) throw new Error('libavcodec is used on 64-bit machines only');
  const library = koffi.load(file);
  return {
    version: library.func('unsigned int avcodec_version()'),
    setLogLevel: library.func('void av_log_set_level(int)'),
    find: library.func('void *avcodec_find_decoder_by_name(const char *)'),
    allocate: library.func('void *avcodec_alloc_context3(void *)'),
    setOption: library.func('int av_opt_set(void *, const char *, const char *, int)'),
    open: library.func('int avcodec_open2(void *, void *, void *)'),
    free: library.func('void avcodec_free_context(void *)'),
    newPacket: library.func('void *av_packet_alloc()'),
    makeRoom: library.func('int av_new_packet(void *, int)'),
    emptyPacket: library.func('void av_packet_unref(void *)'),
    freePacket: library.func('void av_packet_free(void *)'),
    newFrame: library.func('void *av_frame_alloc()'),
    freeFrame: library.func('void av_frame_free(void *)'),
    send: library.func('int avcodec_send_packet(void *, void *)'),
    receive: library.func('int avcodec_receive_frame(void *, void *)'),
    describeError: library.func('int av_strerror(int, void *, size_t)'),
  } as Functions;
}

class AvcodecDecoder implements NativeVideoDecoder {
  readonly #functions: Functions;
  readonly #layout: typeof BEGINNINGS;
  readonly #size: Size;
  readonly #context: Pointer;
  readonly #packet: Pointer;
  readonly #frame: Pointer;

  constructor(functions: Functions, layout: typeof BEGINNINGS, codec: Pointer, size: Size) {
    this.#functions = functions;
    this.#layout = layout;
    this.#size = size;
    this.#context = there(functions.allocate(codec));
    this.#packet = there(functions.newPacket());
    this.#frame = there(functions.newFrame());
    const options = { ...OPTIONS, max_pixels: String((size.width + EDGE) * (size.height + EDGE)) };
    for (const [name, value] of Object.entries(options)) {
      this.#check(functions.setOption(this.#context, name, value, 0), `the option ${name}`);
    }
    this.#check(functions.open(this.#context, codec, null), 'opening');
  }

  decode(data: Uint8Array): NativePicture {
    const { makeRoom, send, receive, emptyPacket } = this.#functions;
    this.#check(makeRoom(this.#packet, data.length), 'a packet');
    const room = memoryAt(this.#packet + BigInt(this.#layout.packet.data), 8).readBigUInt64LE();
    memoryAt(room, data.length).set(data);
    const sent = send(this.#context, this.#packet);
    emptyPacket(this.#packet);
    this.#check(sent, 'decoding');
    this.#check(receive(this.#context, this.#frame), 'a picture');
    const { bytes, planes, strides, width, height, format } = this.#layout.frame;
    const frame = memoryAt(this.#frame, bytes);
    if (!FORMATS.has(frame.readInt32LE(format))) throw new Error('the picture is not 4:2:0');
    const size = { width: frame.readInt32LE(width), height: frame.readInt32LE(height) };
    if (size.width > this.#size.width || size.height > this.#size.height) throw new Error('the picture is too large');
    return {
      ...size,
      planes: [0, 1, 2].map(index => ({
        address: frame.readBigUInt64LE(planes + 8 * index),
        stride: frame.readInt32LE(strides + 4 * index),
      })),
    };
  }

  close(): void {
    const { free, freePacket, freeFrame } = this.#functions;
    free(pointerTo(this.#context));
    freePacket(pointerTo(this.#packet));
    freeFrame(pointerTo(this.#frame));
  }

  #check(status: number, what: string): void {
    if (status >= 0) return;
    const text = Buffer.alloc(ERROR_TEXT_BYTES);
    this.#functions.describeError(status, text, text.length);
    throw new Error(`${what} failed (${text.toString('latin1').split('\0')[0]})`);
  }
}

function there(pointer: Pointer | null): Pointer {
  if (!pointer) throw new Error('there is no memory for a decoder');
  return pointer;
}

/** For functions that take the address of a pointer. */
function pointerTo(pointer: Pointer): Buffer {
  const memory = fixedMemory(8);
  memory.writeBigUInt64LE(pointer);
  return memory;
}
