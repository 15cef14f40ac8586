import type { VideoEncoderConfig } from '../codecs/video/video-codec.js';
import { addressOf, fixedMemory, memoryAt } from './c-memory.js';
import { loadNative } from './load-native.js';
import type { NativeVideoEncoder, VideoEncoderLibrary } from './video-encoder.js';

/** The interface version of OpenH264 2.3 and 2.4, whose structures are as below. Another one is not used. */
const INTERFACE = 7;
const MAJOR = 2;

type Pointer = bigint;

interface Functions {
  version(out: Buffer): void;
  create(out: Buffer): number;
  destroy(encoder: Pointer): void;
  /** Calls a method: the first argument is always the object. */
  call(method: Pointer, type: unknown, ...values: unknown[]): number;
  readonly types: {
    readonly withPointer: unknown;
    readonly plain: unknown;
    readonly withFlag: unknown;
    readonly option: unknown;
    readonly encode: unknown;
  };
}

/** ISVCEncoderVtbl. */
const METHOD = { initializeExt: 8, defaults: 16, uninitialize: 24, encodeFrame: 32, forceIntra: 48, setOption: 56 };
const OPTION = { frameRate: 4, bitrate: 5, maxBitrate: 6, traceLevel: 25 } as const;
const ALL_LAYERS = 4;
const FIRST_LAYER = 0;

/** SEncParamExt, and inside it the first SSpatialLayerConfig. */
const PARAMETERS = {
  bytes: 4096,
  width: 4,
  height: 8,
  bitrate: 12,
  rateControl: 16,
  frameRate: 20,
  layers: 28,
  complexity: 832,
  intraPeriod: 836,
  references: 840,
  parameterSets: 844,
  entropy: 856,
  frameSkip: 860,
  maxBitrate: 864,
  maxQp: 868,
  threads: 892,
  sceneChange: 912,
  idrRatio: 916,
} as const;
const LAYER = {
  width: 32,
  height: 36,
  frameRate: 40,
  bitrate: 44,
  maxBitrate: 48,
  sliceMode: 64,
  signalType: 216,
  videoFormat: 217,
  fullRange: 218,
  description: 219,
  primaries: 220,
  transfer: 221,
  matrix: 222,
} as const;
const RATE_CONTROL_BITRATE = 1;
const CONSTANT_IDS = 0;
const UNSPECIFIED_FORMAT = 5;
/** BT.709 and sRGB, as screens have, and the matrix of BT.601. */
const COLOURS = { primaries: 1, transfer: 13, matrix: 6 } as const;
/** An IDR's size in percent of a mean picture's. */
const IDR_PERCENT = 200;

/** SSourcePicture. */
const PICTURE = { bytes: 128, format: 0, strides: 4, planes: 24, width: 56, height: 60, time: 64 } as const;
const I420 = 23;
/** SFrameBSInfo: its layers, SLayerBSInfo, follow each other and so do their bytes in memory. */
const OUTPUT = { bytes: 8192, layers: 0, first: 8, layerBytes: 40, type: 5128 } as const;
const LAYER_OUTPUT = { units: 16, lengths: 24, bytes: 32 } as const;
const FRAME = { idr: 1, skipped: 4 } as const;

/** @returns null where no known version is installed */
export function loadOpenH264(): VideoEncoderLibrary | null {
  const functions = bind();
  if (!functions) return null;
  const numbers = Buffer.alloc(16);
  functions.version(numbers);
  const [major, minor, revision] = [0, 4, 8].map(at => numbers.readUInt32LE(at));
  if (major !== MAJOR) return null;
  const library: VideoEncoderLibrary = {
    name: 'OpenH264',
    version: `${major}.${minor}.${revision}`,
    open: config => new OpenH264(functions, config),
  };
  return isAsExpected(functions) ? library : null;
}

function bind(): Functions | null {
  const koffi = loadNative('koffi');
  if (koffi.sizeof('void *') !== 8) return null;
  for (const file of files()) {
    try {
      const library = koffi.load(file);
      return {
        version: library.func('void WelsGetCodecVersionEx(void *)'),
        create: library.func('int WelsCreateSVCEncoder(void *)'),
        destroy: library.func('void WelsDestroySVCEncoder(void *)'),
        call: (method, type, ...values) => koffi.call(method, type as Parameters<typeof koffi.call>[1], ...values),
        types: {
          withPointer: koffi.proto('int (void *, void *)'),
          plain: koffi.proto('int (void *)'),
          withFlag: koffi.proto('int (void *, bool)'),
          option: koffi.proto('int (void *, int, void *)'),
          encode: koffi.proto('int (void *, void *, void *)'),
        },
      };
    } catch {
      // Not installed here.
    }
  }
  return null;
}

function files(): string[] {
  if (process.platform === 'win32') return ['openh264.dll'];
  if (process.platform !== 'darwin') return [`libopenh264.so.${INTERFACE}`];
  return ['/opt/homebrew/lib', '/usr/local/lib', '/opt/local/lib'].map(
    folder => `${folder}/libopenh264.${INTERFACE}.dylib`,
  );
}

/** The object of an encoder: a pointer to its table of methods. */
class Instance {
  readonly #functions: Functions;
  readonly #object: Pointer;
  readonly #methods: Buffer;

  constructor(functions: Functions) {
    this.#functions = functions;
    const out = Buffer.alloc(8);
    if (functions.create(out) !== 0) throw new Error('OpenH264 creates no encoder');
    this.#object = out.readBigUInt64LE(0);
    this.#methods = memoryAt(memoryAt(this.#object, 8).readBigUInt64LE(0), 128);
    this.set(OPTION.traceLevel, Buffer.alloc(4));
  }

  defaults(parameters: Buffer): void {
    check(this.#call(METHOD.defaults, this.#functions.types.withPointer, parameters), 'its own defaults');
  }

  initialize(parameters: Buffer): number {
    return this.#call(METHOD.initializeExt, this.#functions.types.withPointer, parameters);
  }

  encode(picture: Buffer, out: Buffer): number {
    return this.#call(METHOD.encodeFrame, this.#functions.types.encode, picture, out);
  }

  forceIdr(): void {
    check(this.#call(METHOD.forceIntra, this.#functions.types.withFlag, true), 'an IDR');
  }

  set(option: number, value: Buffer): void {
    check(this.trySet(option, value), `option ${option}`);
  }

  /** @returns 0 where it is accepted */
  trySet(option: number, value: Buffer): number {
    return this.#call(METHOD.setOption, this.#functions.types.option, option, value);
  }

  destroy(): void {
    this.#call(METHOD.uninitialize, this.#functions.types.plain);
    this.#functions.destroy(this.#object);
  }

  #call(method: number, type: unknown, ...values: unknown[]): number {
    return this.#functions.call(this.#methods.readBigUInt64LE(method), type, this.#object, ...values);
  }
}

/** Whether the structure's defaults are where they should be. */
function isAsExpected(functions: Functions): boolean {
  const instance = new Instance(functions);
  const parameters = fixedMemory(PARAMETERS.bytes);
  instance.defaults(parameters);
  instance.destroy();
  const at = (offset: number) => parameters.readInt32LE(offset);
  const { intraPeriod, parameterSets, maxQp, threads, layers } = PARAMETERS;
  const usual = at(intraPeriod) === 0 && at(parameterSets) === 1 && at(maxQp) === 51;
  return usual && parameters.readUInt16LE(threads) === 1 && at(layers) === 1;
}

class OpenH264 implements NativeVideoEncoder {
  readonly #instance: Instance;
  readonly #picture = fixedMemory(PICTURE.bytes);
  readonly #out = fixedMemory(OUTPUT.bytes);
  readonly #size: { readonly width: number; readonly height: number };
  #bitrate: number;
  #framerate: number;
  #time = 0;
  #closed = false;

  constructor(functions: Functions, { width, height, bitrate, framerate }: VideoEncoderConfig) {
    this.#instance = new Instance(functions);
    this.#size = { width, height };
    this.#bitrate = bitrate;
    this.#framerate = framerate;
    const parameters = fixedMemory(PARAMETERS.bytes);
    this.#instance.defaults(parameters);
    for (const [at, value] of [
      [PARAMETERS.width, width],
      [PARAMETERS.height, height],
      [PARAMETERS.bitrate, bitrate],
      [PARAMETERS.maxBitrate, bitrate],
      [PARAMETERS.rateControl, RATE_CONTROL_BITRATE],
      [PARAMETERS.parameterSets, CONSTANT_IDS],
      [PARAMETERS.entropy, 1],
      [PARAMETERS.idrRatio, IDR_PERCENT],
      [LAYER.width, width],
      [LAYER.height, height],
      [LAYER.bitrate, bitrate],
      [LAYER.maxBitrate, bitrate],
    ] as const) {
      parameters.writeInt32LE(value, at);
    }
    for (const at of [PARAMETERS.frameRate, LAYER.frameRate]) parameters.writeFloatLE(framerate, at);
    // Each picture gives an access unit, and IDRs are sent when somebody needs one.
    for (const at of [PARAMETERS.frameSkip, PARAMETERS.sceneChange, LAYER.fullRange]) parameters[at] = 0;
    for (const at of [LAYER.signalType, LAYER.description]) parameters[at] = 1;
    parameters[LAYER.videoFormat] = UNSPECIFIED_FORMAT;
    parameters[LAYER.primaries] = COLOURS.primaries;
    parameters[LAYER.transfer] = COLOURS.transfer;
    parameters[LAYER.matrix] = COLOURS.matrix;
    if (this.#instance.initialize(parameters) !== 0) {
      this.#instance.destroy();
      throw new Error(`OpenH264 does not encode ${width}x${height}`);
    }
    this.#picture.writeInt32LE(I420, PICTURE.format);
    this.#picture.writeInt32LE(width, PICTURE.width);
    this.#picture.writeInt32LE(height, PICTURE.height);
    for (const [plane, stride] of [width, width / 2, width / 2].entries()) {
      this.#picture.writeInt32LE(stride, PICTURE.strides + plane * 4);
    }
  }

  encode(picture: Uint8Array, keyFrame: boolean): { readonly data: Uint8Array; readonly key: boolean } {
    if (this.#closed) throw new Error('the encoder is closed');
    const { width, height } = this.#size;
    const luma = BigInt(width * height);
    const address = addressOf(picture);
    for (const [plane, offset] of [0n, luma, luma + luma / 4n].entries()) {
      this.#picture.writeBigUInt64LE(address + offset, PICTURE.planes + plane * 8);
    }
    this.#picture.writeBigInt64LE(BigInt(Math.round(this.#time)), PICTURE.time);
    this.#time += 1000 / this.#framerate;
    if (keyFrame) this.#instance.forceIdr();
    check(this.#instance.encode(this.#picture, this.#out), 'a picture');
    const type = this.#out.readInt32LE(OUTPUT.type);
    if (type === FRAME.skipped) throw new Error('OpenH264 has skipped a picture');
    return { data: this.#accessUnit(), key: type === FRAME.idr };
  }

  setRate(bitrate: number, framerate: number): void {
    if (this.#closed) return;
    this.#framerate = framerate;
    const rate = Buffer.alloc(4);
    rate.writeFloatLE(framerate);
    this.#instance.set(OPTION.frameRate, rate);
    const set = (option: number, layer: number) => {
      const bits = Buffer.alloc(8);
      bits.writeInt32LE(layer, 0);
      bits.writeInt32LE(Math.round(bitrate), 4);
      return this.#instance.trySet(option, bits) === 0;
    };
    // The layer has a limit of its own, and no rate may be above its limit at any time.
    const limits = () => {
      set(OPTION.maxBitrate, FIRST_LAYER);
      set(OPTION.maxBitrate, ALL_LAYERS);
    };
    if (bitrate > this.#bitrate) limits();
    // A higher rate than its level of H.264 allows is refused: then it stays as it is.
    if (!set(OPTION.bitrate, ALL_LAYERS)) return;
    limits();
    this.#bitrate = bitrate;
  }

  close(): void {
    if (!this.#closed) this.#instance.destroy();
    this.#closed = true;
  }

  #accessUnit(): Buffer {
    const parts: Buffer[] = [];
    for (let layer = 0; layer < this.#out.readInt32LE(OUTPUT.layers); layer++) {
      const at = OUTPUT.first + layer * OUTPUT.layerBytes;
      const units = this.#out.readInt32LE(at + LAYER_OUTPUT.units);
      const lengths = memoryAt(this.#out.readBigUInt64LE(at + LAYER_OUTPUT.lengths), units * 4);
      let bytes = 0;
      for (let unit = 0; unit < units; unit++) bytes += lengths.readInt32LE(unit * 4);
      parts.push(memoryAt(this.#out.readBigUInt64LE(at + LAYER_OUTPUT.bytes), bytes));
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }
}

function check(status: number, what: string): void {
  if (status !== 0) throw new Error(`OpenH264 refuses ${what} (${status})`);
}
