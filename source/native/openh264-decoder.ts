import type { Size } from '../core/rectangle.js';
import { fixedMemory, memoryAt } from './c-memory.js';
import { loadNative } from './load-native.js';
import type { NativePicture, NativeVideoDecoder, VideoDecoderLibrary } from './native-video-decoder.js';

/** The major version whose structures are as below (codec_api.h, codec_def.h, codec_app_def.h). */
const MAJOR = 2;

/** ISVCDecoderVtbl: offsets of methods. */
const METHOD = { bytes: 80, initialize: 0, uninitialize: 8, decodeNoDelay: 24, flush: 40, setOption: 64 } as const;
const OPTION = { traceLevel: 9 } as const;
/** SDecodingParam. */
const PARAMETERS = { bytes: 32, concealment: 16, propertyBytes: 24, bitstream: 28 } as const;
const NO_CONCEALMENT = 0;
/** Its bytes, SVideoProperty, and the kind of stream: AVC. */
const PROPERTY_BYTES = 8;
const BITSTREAM_AVC = 1;
/** SBufferInfo. */
const OUTPUT = {
  bytes: 72,
  status: 0,
  width: 24,
  height: 28,
  format: 32,
  lumaStride: 36,
  chromaStride: 40,
  planes: 48,
};
const I420 = 23;

type Pointer = bigint;

interface Functions {
  version(out: Buffer): void;
  create(out: Buffer): number;
  destroy(decoder: Pointer): void;
  /** Methods of the object, which is always the first argument. */
  initialize(method: Pointer, decoder: Pointer, parameters: Buffer): number;
  uninitialize(method: Pointer, decoder: Pointer): number;
  setOption(method: Pointer, decoder: Pointer, option: number, value: Buffer): number;
  decode(method: Pointer, decoder: Pointer, data: Uint8Array, length: number, planes: Buffer, output: Buffer): number;
  flush(method: Pointer, decoder: Pointer, planes: Buffer, output: Buffer): number;
}

/** @param file of OpenH264 @throws Error where it does not load, or is of an unknown version */
export function loadOpenH264Decoder(file: string): VideoDecoderLibrary {
  const functions = bind(file);
  const version = Buffer.alloc(16);
  functions.version(version);
  const [major, minor] = [version.readUInt32LE(0), version.readUInt32LE(4)];
  if (major !== MAJOR) throw new Error(`OpenH264 ${major} is of an unknown version`);
  return { name: `OpenH264 ${major}.${minor}`, open: size => new OpenH264Decoder(functions, size) };
}

function bind(file: string): Functions {
  const koffi = loadNative('koffi');
  if (koffi.sizeof('void *') !== 8) throw new Error('OpenH264 is used on 64-bit machines only');
  const library = koffi.load(file);
  const method = (type: string) => {
    const prototype = koffi.proto(type);
    return (pointer: Pointer, ...values: unknown[]): number => koffi.call(pointer, prototype, ...values);
  };
  return {
    version: library.func('void WelsGetCodecVersionEx(void *)'),
    create: library.func('long WelsCreateDecoder(void *)'),
    destroy: library.func('void WelsDestroyDecoder(void *)'),
    initialize: method('long (void *, void *)'),
    uninitialize: method('long (void *)'),
    setOption: method('long (void *, int, void *)'),
    flush: method('int (void *, void *, void *)'),
    decode: method('int (void *, const uint8_t *, int, void *, void *)'),
  } as Functions;
}

class OpenH264Decoder implements NativeVideoDecoder {
  readonly #functions: Functions;
  readonly #object: Pointer;
  readonly #methods: Buffer;
  readonly #output = fixedMemory(OUTPUT.bytes);
  readonly #planes = fixedMemory(24);
  readonly #size: Size;

  constructor(functions: Functions, size: Size) {
    this.#functions = functions;
    this.#size = size;
    const out = Buffer.alloc(8);
    check(functions.create(out), 'creating a decoder');
    this.#object = out.readBigUInt64LE(0);
    this.#methods = memoryAt(memoryAt(this.#object, 8).readBigUInt64LE(0), METHOD.bytes);
    const quiet = Buffer.alloc(4);
    check(functions.setOption(this.#method('setOption'), this.#object, OPTION.traceLevel, quiet), 'an option');
    const parameters = fixedMemory(PARAMETERS.bytes);
    parameters.writeInt32LE(NO_CONCEALMENT, PARAMETERS.concealment);
    parameters.writeUInt32LE(PROPERTY_BYTES, PARAMETERS.propertyBytes);
    parameters.writeInt32LE(BITSTREAM_AVC, PARAMETERS.bitstream);
    check(functions.initialize(this.#method('initialize'), this.#object, parameters), 'opening');
  }

  decode(data: Uint8Array): NativePicture {
    this.#output.fill(0);
    const { decode, flush } = this.#functions;
    const method = this.#method('decodeNoDelay');
    check(decode(method, this.#object, data, data.length, this.#planes, this.#output), 'decoding');
    const number = (at: number) => this.#output.readInt32LE(at);
    const { status, width, height, format, lumaStride, chromaStride, planes } = OUTPUT;
    // Of Main and High it holds pictures back, to put them in order.
    if (number(status) !== 1) flush(this.#method('flush'), this.#object, this.#planes, this.#output);
    if (number(status) !== 1) throw new Error('decoding gave no picture');
    if (number(format) !== I420) throw new Error('the picture is not 4:2:0');
    const size = { width: number(width), height: number(height) };
    if (size.width > this.#size.width || size.height > this.#size.height) throw new Error('the picture is too large');
    return {
      ...size,
      planes: [lumaStride, chromaStride, chromaStride].map((stride, index) => ({
        address: this.#output.readBigUInt64LE(planes + 8 * index),
        stride: number(stride),
      })),
    };
  }

  close(): void {
    this.#functions.uninitialize(this.#method('uninitialize'), this.#object);
    this.#functions.destroy(this.#object);
  }

  #method(name: Exclude<keyof typeof METHOD, 'bytes'>): Pointer {
    return this.#methods.readBigUInt64LE(METHOD[name]);
  }
}

function check(status: number, what: string): void {
  if (status !== 0) throw new Error(`${what} failed (${status})`);
}
