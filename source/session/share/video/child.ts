import { performance } from 'node:perf_hooks';
import { FRAMES_DESCRIPTOR } from '../../../capture/frames-file.js';
import type { VideoEncoderConfig } from '../../../codecs/video/video-codec.js';
import { fixedMemory } from '../../../native/c-memory.js';
import { findVideoEncoders } from '../../../native/h264-encoder.js';
import { SharedPixels } from '../../../native/shared-pixels.js';
import {
  type EncoderPreset,
  type NativeVideoEncoder,
  PRESETS,
  type VideoEncoderLibrary,
} from '../../../native/video-encoder.js';
import { processUse } from '../../../node/helper-process.js';
import type { FromEncoder, ToEncoder } from './encoder-messages.js';

/**
 * The process that encodes films for a share. An encoder may crash, and takes milliseconds a picture; neither is for the
 * process of the share. It ends with its parent.
 */

/** The time that a picture may take: two thirds of its share of a second at 30 a second. */
const MAX_PICTURE_MS = 22;
/** Weight of a new measurement. */
const WEIGHT = 0.1;
/** At a mean time below this part of it the next better preset would do as well. */
const SPARE = 0.3;
/** How many pictures say how fast a preset is. */
const MEASURED_PICTURES = 15;

interface Stream {
  readonly encoder: NativeVideoEncoder;
  readonly width: number;
  readonly height: number;
  readonly preset: number;
  bitrate: number;
  framerate: number;
  /** Mean milliseconds of a picture, and of how many. */
  mean: number;
  pictures: number;
}

const libraries = findVideoEncoders();
const streams = new Map<number, Stream>();
let pixels: SharedPixels | null = null;
/** For systems that cannot map the file. */
let copy: Uint8Array = new Uint8Array(0);
/** The preset for the next stream, by what the last ones took: an index of PRESETS. */
let preset = PRESETS.indexOf('superfast');
const use = processUse();

function send(message: FromEncoder): void {
  process.send?.(message);
}

/** The best library that takes this stream. */
function open(config: VideoEncoderConfig): Stream {
  let refusal: unknown = new Error('no encoder is installed');
  for (const library of libraries) {
    try {
      return {
        ...config,
        encoder: library.open(config, PRESETS[preset] as EncoderPreset),
        preset,
        mean: 0,
        pictures: 0,
      };
    } catch (error) {
      refusal = error;
    }
  }
  throw refusal;
}

/** A stream of this size at this rate; a new one begins with an IDR. */
function streamFor(number: number, config: VideoEncoderConfig, keyFrame: boolean): Stream {
  const known = streams.get(number);
  const same = known && known.width === config.width && known.height === config.height;
  // An IDR is the moment for a better preset; one that is too slow gives way at once, which takes an IDR.
  if (!known || !same || known.preset > preset || (keyFrame && known.preset !== preset)) {
    known?.encoder.close();
    const opened = open(config);
    streams.set(number, opened);
    return opened;
  }
  if (known.bitrate !== config.bitrate || known.framerate !== config.framerate) {
    known.encoder.setRate(config.bitrate, config.framerate);
    known.bitrate = config.bitrate;
    known.framerate = config.framerate;
  }
  return known;
}

function measured(stream: Stream, milliseconds: number): void {
  stream.pictures++;
  stream.mean += (milliseconds - stream.mean) * Math.max(WEIGHT, 1 / stream.pictures);
  if (stream.preset !== preset || stream.pictures < MEASURED_PICTURES) return;
  if (stream.mean > MAX_PICTURE_MS && preset > 0) preset--;
  else if (stream.mean < MAX_PICTURE_MS * SPARE && preset < PRESETS.length - 1) preset++;
}

function pictureAt(offset: number, length: number): Uint8Array {
  if (!pixels) throw new Error('there is no memory for pictures yet');
  const mapped = pixels.view(offset, length);
  if (mapped) return mapped;
  if (copy.length < length) copy = fixedMemory(length);
  const picture = copy.subarray(0, length);
  pixels.read(picture, offset);
  return picture;
}

function encode({ stream: number, config, offset, keyFrame, timestamp }: Extract<ToEncoder, { type: 'encode' }>): void {
  const began = performance.now();
  try {
    const stream = streamFor(number, config, keyFrame);
    const picture = pictureAt(offset, (config.width * config.height * 3) / 2);
    // The first picture of an encoder is an IDR, asked for or not.
    const { data, key } = stream.encoder.encode(picture, keyFrame || stream.pictures === 0);
    const milliseconds = performance.now() - began;
    // Copied: the next picture overwrites it.
    send({ type: 'chunk', stream: number, key, data: Uint8Array.from(data), timestamp, milliseconds, use: use() });
    if (key) stream.pictures = Math.max(stream.pictures, 1);
    else measured(stream, milliseconds);
  } catch (error) {
    close(number);
    send({ type: 'failed', stream: number, reason: error instanceof Error ? error.message : String(error) });
  }
}

function close(number: number): void {
  streams.get(number)?.encoder.close();
  streams.delete(number);
}

function take(message: ToEncoder): void {
  if (message.type === 'encode') encode(message);
  else if (message.type === 'close') close(message.stream);
  else {
    pixels?.close();
    pixels = new SharedPixels(FRAMES_DESCRIPTOR, message.length);
  }
}

function nameOf({ name, version }: VideoEncoderLibrary): string {
  return `${name} ${version}`;
}

// Ctrl-C in a terminal reaches the whole process group, but only the parent may end this process.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
process.on('message', take);
send({ type: 'ready', encoder: libraries[0] ? nameOf(libraries[0]) : null });
