import { describe, expect, test } from 'vitest';
import { ClassicPeer } from '../helpers/classic-peer.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { Program } from '../helpers/program.js';
import { CountingProxy } from '../helpers/proxies.js';

const started = stopAfterEach();
const SIZE = { width: 640, height: 480 };
const RAW_BYTES = SIZE.width * SIZE.height * 3;
const PATTERN = [
  'share',
  '--no-web',
  '--headless',
  '--json',
  '--bind',
  '127.0.0.1',
  '--access',
  'open',
  '--source',
  'pattern',
];
const CLASSIC = ['--no-rfb', '--classic-port', '0', '--size', `${SIZE.width}x${SIZE.height}`];

/** Frames on the classic wire, counted by a reading of their headers that shares nothing with the program's own. */
class FrameCounter {
  /** When each frame was there whole, Unix ms, and its bytes. */
  readonly arrived: { readonly time: number; readonly bytes: number }[] = [];
  #frameBytes = 0;
  #unread = Buffer.alloc(0);
  #bodyLeft = 0;

  push(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    for (;;) {
      const taken = Math.min(this.#bodyLeft, this.#unread.length);
      this.#unread = this.#unread.subarray(taken);
      if (this.#bodyLeft > 0 && this.#bodyLeft === taken) {
        this.arrived.push({ time: Date.now(), bytes: this.#frameBytes });
      }
      this.#bodyLeft -= taken;
      const digits = this.#unread[0] ?? 0;
      if (this.#bodyLeft > 0 || this.#unread.length < 1 + digits || digits === 0) return;
      this.#bodyLeft = this.#unread.readUIntBE(1, digits);
      this.#frameBytes = 1 + digits + this.#bodyLeft;
      this.#unread = this.#unread.subarray(1 + digits);
    }
  }

  get frames(): number {
    return this.arrived.length;
  }

  /** What arrived in the second that ended then. */
  secondBefore(time: number): { frames: number; bytes: number } {
    const within = this.arrived.filter(frame => frame.time > time - 1000 && frame.time <= time);
    return { frames: within.length, bytes: within.reduce((sum, { bytes }) => sum + bytes, 0) };
  }
}

/** A machine that stands still for a moment shifts frames from one second to another; that is not the usual case. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

describe('the figures of a share and of a viewer', () => {
  test('are those that an independent count between them finds', async () => {
    const share = started(new Program([...PATTERN, ...CLASSIC]));
    const proxy = started(await CountingProxy.before(await share.port('classic')));
    const counter = new FrameCounter();
    proxy.onData = chunk => counter.push(chunk);
    const watch = started(
      new Program([
        ...['watch', `127.0.0.1::${proxy.port}`, '--headless', '--json', '--view', 'none', '--wire', 'classic'],
        ...['--size', `${SIZE.width}x${SIZE.height}`],
      ]),
    );
    await watch.until(() => watch.watchSnapshots.filter(({ fps }) => fps > 0).length >= 9);
    await watch.stop();
    await share.until(() => share.shareSnapshots.at(-1)?.state === 'asleep');
    const offered = share.shareSnapshots.at(-1)!;
    const seen = watch.watchSnapshots.at(-1)!;

    // What the proxy passed on is what the sharer sent, to the byte, up to what was under way when the viewer left.
    expect(Math.abs(offered.bytes - proxy.bytes) / proxy.bytes).toBeLessThan(0.02);
    expect(Math.abs(seen.bytes - proxy.bytes) / proxy.bytes).toBeLessThan(0.02);
    expect(Math.abs(seen.frames - counter.frames)).toBeLessThanOrEqual(3);
    expect(Math.abs(offered.frames - counter.frames)).toBeLessThanOrEqual(3);

    // Each snapshot against the second that it is about. What arrived and was never drawn is no frame a second.
    const busy = watch.watchSnapshots.filter(({ state, fps }) => state === 'watching' && fps > 0).slice(1, -1);
    const compared = busy.slice(1).map((snapshot, index) => {
      const { frames, bytes } = counter.secondBefore(snapshot.t);
      const skipped = snapshot.skipped - busy[index]!.skipped;
      return {
        fps: (snapshot.fps + skipped) / frames,
        ratio: snapshot.compressionRatio / ((RAW_BYTES * frames) / bytes),
        mbit: snapshot.mbitPerSecond / ((bytes * 8) / 1e6),
      };
    });
    for (const figure of ['fps', 'ratio', 'mbit'] as const) {
      const off = median(compared.map(each => each[figure]));
      expect(off, figure).toBeGreaterThan(0.8);
      expect(off, figure).toBeLessThan(1.25);
    }
    for (const { bytesPerFrame, compressionRatio } of busy) {
      expect(bytesPerFrame * compressionRatio).toBeGreaterThan(RAW_BYTES * 0.97);
      expect(bytesPerFrame * compressionRatio).toBeLessThan(RAW_BYTES * 1.03);
    }
  });

  test('fall to nearly no compression at level 0', async () => {
    const share = started(new Program([...PATTERN, ...CLASSIC, '--level', '0']));
    const peer = started(ClassicPeer.watch({ port: await share.port('classic'), size: SIZE }));
    await peer.moreFrames(40);
    await share.until(() => (share.shareSnapshots.at(-1)?.frames ?? 0) > 30);
    const { compressionRatio, level } = share.shareSnapshots.at(-1)!;
    expect(level).toBe(0);
    expect(compressionRatio).toBeGreaterThan(0.98);
    expect(compressionRatio).toBeLessThan(1);
  });
});
