import { afterEach, describe, expect, it, vi } from 'vitest';
import type { EncodedVideoChunk, VideoEncoder } from '../../../../source/codecs/video/video-codec.js';
import { ENCODER_VARIABLE } from '../../../../source/native/h264-encoder.js';
import { systemClock } from '../../../../source/node/clock.js';
import { EncoderProcess } from '../../../../source/session/share/video/encoder-process.js';
import { FakeClock } from '../../../helpers/fake-clock.js';

const CONFIG = { width: 320, height: 180, bitrate: 1_000_000, framerate: 30 };
const data = new Uint8Array((CONFIG.width * CONFIG.height * 3) / 2).fill(100);

let process_: EncoderProcess | null = null;

function started(): EncoderProcess {
  process_ = new EncoderProcess(systemClock, () => {});
  process_.start();
  return process_;
}

afterEach(async () => {
  vi.unstubAllEnvs();
  await process_?.close();
  process_ = null;
});

async function ready(encoders: EncoderProcess): Promise<void> {
  await expect.poll(() => encoders.state).toBe('ready');
}

/** One stream, with what came of it. */
class Stream {
  readonly chunks: EncodedVideoChunk[] = [];
  error: Error | null = null;
  readonly encoder: VideoEncoder;

  constructor(encoders: EncoderProcess) {
    this.encoder = encoders.open({
      output: chunk => this.chunks.push(chunk),
      error: error => {
        this.error = error;
      },
    });
    this.encoder.configure(CONFIG);
  }

  async encode(keyFrame: boolean, config = CONFIG): Promise<EncodedVideoChunk> {
    const count = this.chunks.length;
    this.encoder.configure(config);
    const pixels = config === CONFIG ? data : new Uint8Array((config.width * config.height * 3) / 2);
    this.encoder.encode({ ...config, data: pixels, timestamp: count }, { keyFrame });
    expect(this.encoder.encodeQueueSize).toBe(1);
    await expect.poll(() => this.chunks.length).toBe(count + 1);
    return this.chunks[count]!;
  }
}

describe('the encoder process', () => {
  it('encodes several streams, of any sizes, with the best encoder', async () => {
    const encoders = started();
    await ready(encoders);
    expect(encoders.name).toMatch(/^x264 \d+$/);
    const first = new Stream(encoders);
    const second = new Stream(encoders);
    expect(await first.encode(true)).toMatchObject({ type: 'key', timestamp: 0 });
    expect(await second.encode(true)).toMatchObject({ type: 'key' });
    expect(await first.encode(false)).toMatchObject({ type: 'delta', timestamp: 1 });
    expect(await first.encode(false, { ...CONFIG, bitrate: 300_000 })).toMatchObject({ type: 'delta' });
    expect(await second.encode(true, { ...CONFIG, width: 1280, height: 720 })).toMatchObject({ type: 'key' });
    first.encoder.close();
    const third = new Stream(encoders);
    expect(await third.encode(true)).toMatchObject({ type: 'key' });
    expect(encoders.use!.rssBytes).toBeGreaterThan(1_000_000);
  });

  it('starts again after a crash: streams are told, and a new one begins with an IDR', async () => {
    const encoders = started();
    await ready(encoders);
    const stream = new Stream(encoders);
    await stream.encode(true);
    const { pid } = encoders;
    process.kill(pid!, 'SIGSEGV');
    await expect.poll(() => stream.error?.message).toContain('SIGSEGV');
    await ready(encoders);
    expect(encoders.pid).not.toBe(pid);
    expect(await new Stream(encoders).encode(true)).toMatchObject({ type: 'key' });
  });

  it('is not used any more after three crashes', async () => {
    const encoders = started();
    for (let crash = 0; crash < 3; crash++) {
      await ready(encoders);
      const { pid } = encoders;
      process.kill(pid!, 'SIGKILL');
      await expect.poll(() => encoders.pid).not.toBe(pid);
    }
    expect(encoders.state).toBe('failing');
    expect(encoders.reason).toContain('SIGKILL');
    expect(encoders.pid).toBeUndefined();
  });

  it('ends a minute after the last film, and starts again with the next one', async () => {
    const clock = new FakeClock();
    const encoders = new EncoderProcess(clock, () => {});
    process_ = encoders;
    encoders.start();
    await ready(encoders);
    const stream = new Stream(encoders);
    await stream.encode(true);
    clock.advance(600_000);
    expect(encoders.state).toBe('ready');
    stream.encoder.close();
    clock.advance(60_000);
    expect([encoders.state, encoders.pid]).toEqual(['unknown', undefined]);
    encoders.start();
    await ready(encoders);
    expect(await new Stream(encoders).encode(true)).toMatchObject({ type: 'key' });
  });

  it('says that there is none, and ends', async () => {
    vi.stubEnv(ENCODER_VARIABLE, 'none');
    const encoders = started();
    await expect.poll(() => encoders.state).toBe('none');
    expect(encoders.pid).toBeUndefined();
  });

  it('ends the stream of a picture that cannot be encoded, and no other', async () => {
    const encoders = started();
    await ready(encoders);
    const good = new Stream(encoders);
    await good.encode(true);
    const bad = new Stream(encoders);
    bad.encoder.configure({ ...CONFIG, width: 30_000, height: 2 });
    bad.encoder.encode({ width: 30_000, height: 2, data: new Uint8Array(90_000), timestamp: 0 }, { keyFrame: true });
    await expect.poll(() => bad.error).not.toBeNull();
    expect(await good.encode(false)).toMatchObject({ type: 'delta' });
  });
});
