import type { VideoEncoderConfig } from '../codecs/video/video-codec.js';
import { addressOf, fixedMemory, memoryAt } from './c-memory.js';
import { loadNative } from './load-native.js';
import type { EncoderPreset, NativeVideoEncoder, VideoEncoderLibrary } from './video-encoder.js';

/**
 * Builds of libx264 whose structures are known to be as below. The number is part of the library's file name and of its
 * function's: another one is not used. In these x264.h has the same beginning of x264_param_t, and the same x264_nal_t.
 */
const BUILDS = [165, 164, 163, 160, 155] as const;

type Pointer = bigint;

interface Functions {
  defaults(parameters: Buffer, preset: string, tune: string): number;
  parse(parameters: Buffer, name: string, value: string): number;
  profile(parameters: Buffer, name: string): number;
  open(parameters: Buffer): Pointer | null;
  reconfigure(encoder: Pointer, parameters: Buffer): number;
  initPicture(picture: Buffer): void;
  encode(encoder: Pointer, units: Buffer, count: Buffer, picture: Buffer, out: Buffer): number;
  close(encoder: Pointer): void;
}

/** x264_param_t: what x264_param_parse has no name for, and what defaults must be found where they are expected. */
const PARAMETERS = { bytes: 65_536, width: 28, height: 32, colourSpace: 36, bitDepth: 40 } as const;
const I420 = 2;
/** x264_picture_t on 64-bit machines. */
const PICTURE = {
  bytes: 4096,
  type: 0,
  keyFrame: 12,
  time: 16,
  colourSpace: 40,
  planes: 44,
  strides: 48,
  pointers: 64,
};
const TYPE = { auto: 0, idr: 1 } as const;
/** x264_nal_t: the access unit's payloads follow each other, so the first pointer is enough. */
const UNIT = { bytes: 40, payload: 24 } as const;

/** The buffer, in pictures: no picture is larger than this many of mean size, an IDR included. */
const BUFFERED_PICTURES = 2;
/** Pictures a second as x264 has it. It cannot be told another rate later, so the bit rate is that at this one. */
const PICTURE_RATE = 30;

/** As the field's decoders need it: docs/video.md. */
const SETTINGS = {
  log: '-1',
  // A thread more would hold back a picture, or cut it into slices.
  threads: '1',
  'sliced-threads': '0',
  bframes: '0',
  'rc-lookahead': '0',
  'sync-lookahead': '0',
  'intra-refresh': '0',
  // IDRs are sent when somebody needs one.
  keyint: 'infinite',
  scenecut: '0',
  'repeat-headers': '1',
  annexb: '1',
  aud: '0',
  'force-cfr': '1',
  fps: `${PICTURE_RATE}`,
  colorprim: 'bt709',
  transfer: 'iec61966-2-1',
  colormatrix: 'smpte170m',
} as const;

/** @returns null where no known build is installed */
export function loadX264(): VideoEncoderLibrary | null {
  const koffi = loadNative('koffi');
  if (koffi.sizeof('void *') !== 8) return null;
  for (const build of BUILDS) {
    for (const file of filesOf(build)) {
      try {
        const library = koffi.load(file);
        const functions: Functions = {
          defaults: library.func('int x264_param_default_preset(void *, const char *, const char *)'),
          parse: library.func('int x264_param_parse(void *, const char *, const char *)'),
          profile: library.func('int x264_param_apply_profile(void *, const char *)'),
          open: library.func(`void *x264_encoder_open_${build}(void *)`),
          reconfigure: library.func('int x264_encoder_reconfig(void *, void *)'),
          initPicture: library.func('void x264_picture_init(void *)'),
          encode: library.func('int x264_encoder_encode(void *, void *, void *, void *, void *)'),
          close: library.func('void x264_encoder_close(void *)'),
        };
        if (!isAsExpected(functions)) continue;
        return { name: 'x264', version: `${build}`, open: (config, preset) => new X264(functions, config, preset) };
      } catch {
        // Not installed, or without a function that is needed.
      }
    }
  }
  return null;
}

function filesOf(build: number): string[] {
  if (process.platform === 'win32') return [`libx264-${build}.dll`];
  if (process.platform !== 'darwin') return [`libx264.so.${build}`];
  return ['/opt/homebrew/lib', '/usr/local/lib', '/opt/local/lib'].map(folder => `${folder}/libx264.${build}.dylib`);
}

/** Whether the structure's defaults are where they should be. */
function isAsExpected(functions: Functions): boolean {
  const parameters = fixedMemory(PARAMETERS.bytes);
  if (functions.defaults(parameters, 'superfast', 'zerolatency') !== 0) return false;
  const at = (offset: number) => parameters.readInt32LE(offset);
  const { width, height, colourSpace, bitDepth } = PARAMETERS;
  return at(width) === 0 && at(height) === 0 && at(colourSpace) === I420 && at(bitDepth) === 8;
}

class X264 implements NativeVideoEncoder {
  readonly #functions: Functions;
  readonly #parameters = fixedMemory(PARAMETERS.bytes);
  readonly #picture = fixedMemory(PICTURE.bytes);
  readonly #out = fixedMemory(PICTURE.bytes);
  readonly #units = fixedMemory(8);
  readonly #count = fixedMemory(4);
  readonly #size: { readonly width: number; readonly height: number };
  #encoder: Pointer | null;
  #time = 0n;

  constructor(functions: Functions, { width, height, bitrate, framerate }: VideoEncoderConfig, preset: EncoderPreset) {
    this.#functions = functions;
    this.#size = { width, height };
    check(functions.defaults(this.#parameters, preset, 'zerolatency'), `preset ${preset}`);
    for (const [name, value] of Object.entries(SETTINGS)) this.#set(name, value);
    this.#parameters.writeInt32LE(width, PARAMETERS.width);
    this.#parameters.writeInt32LE(height, PARAMETERS.height);
    this.#rate(bitrate, framerate);
    check(functions.profile(this.#parameters, 'high'), 'profile high');
    this.#encoder = functions.open(this.#parameters);
    if (!this.#encoder) throw new Error(`x264 does not encode ${width}x${height}`);
    functions.initPicture(this.#picture);
    this.#picture.writeInt32LE(I420, PICTURE.colourSpace);
    this.#picture.writeInt32LE(3, PICTURE.planes);
    for (const [plane, stride] of [width, width / 2, width / 2].entries()) {
      this.#picture.writeInt32LE(stride, PICTURE.strides + plane * 4);
    }
  }

  encode(picture: Uint8Array, keyFrame: boolean): { readonly data: Uint8Array; readonly key: boolean } {
    if (!this.#encoder) throw new Error('the encoder is closed');
    const { width, height } = this.#size;
    const luma = BigInt(width * height);
    const address = addressOf(picture);
    for (const [plane, offset] of [0n, luma, luma + luma / 4n].entries()) {
      this.#picture.writeBigUInt64LE(address + offset, PICTURE.pointers + plane * 8);
    }
    this.#picture.writeInt32LE(keyFrame ? TYPE.idr : TYPE.auto, PICTURE.type);
    this.#picture.writeBigInt64LE(this.#time++, PICTURE.time);
    const bytes = this.#functions.encode(this.#encoder, this.#units, this.#count, this.#picture, this.#out);
    if (bytes <= 0) throw new Error(`x264 gave ${bytes} bytes for a picture`);
    const first = memoryAt(this.#units.readBigUInt64LE(0), UNIT.bytes);
    const data = memoryAt(first.readBigUInt64LE(UNIT.payload), bytes);
    return { data, key: this.#out.readInt32LE(PICTURE.keyFrame) !== 0 };
  }

  setRate(bitrate: number, framerate: number): void {
    if (!this.#encoder) return;
    this.#rate(bitrate, framerate);
    check(this.#functions.reconfigure(this.#encoder, this.#parameters), 'another rate');
  }

  close(): void {
    if (this.#encoder) this.#functions.close(this.#encoder);
    this.#encoder = null;
  }

  #rate(bitrate: number, framerate: number): void {
    const kilobits = Math.max(Math.round(((bitrate / framerate) * PICTURE_RATE) / 1000), 1);
    this.#set('bitrate', `${kilobits}`);
    this.#set('vbv-maxrate', `${kilobits}`);
    this.#set('vbv-bufsize', `${Math.max(Math.ceil((kilobits * BUFFERED_PICTURES) / PICTURE_RATE), 1)}`);
  }

  #set(name: string, value: string): void {
    check(this.#functions.parse(this.#parameters, name, value), `${name}=${value}`);
  }
}

function check(status: number, what: string): void {
  if (status !== 0) throw new Error(`x264 refuses ${what} (${status})`);
}
