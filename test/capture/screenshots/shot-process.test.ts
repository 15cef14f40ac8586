import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SourceEvent } from '../../../source/capture/capture-source.js';
import { ScreenshotsSource } from '../../../source/capture/screenshots/screenshots-source.js';
import { CaptureProcessError, ShotProcess, screenTargets } from '../../../source/capture/screenshots/shot-process.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { RecordingEvents } from '../../helpers/recording-events.js';

const LIBRARY = path.resolve(import.meta.dirname, '../../helpers/fake-screenshots.cjs');
const FIRST = { kind: 'monitor', number: 1 } as const;

let folder: string;
let behaviour: string;
const open: { close(): Promise<void> }[] = [];

/** What each capture does from now on. */
function does(what: string): void {
  writeFileSync(behaviour, what);
}

function options(timeoutMs = { first: 20_000, later: 20_000 }) {
  return { library: LIBRARY, environment: { ...process.env, FAKE_SCREENSHOTS: behaviour }, timeoutMs };
}

function shots(clock = new FakeClock(), timeoutMs?: { first: number; later: number }): ShotProcess {
  const process = new ShotProcess(FIRST, { ...options(timeoutMs), clock });
  open.push(process);
  return process;
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-shots-'));
  behaviour = path.join(folder, 'does');
  does('work');
});

afterEach(async () => {
  await Promise.all(open.splice(0).map(each => each.close()));
  rmSync(folder, { recursive: true });
});

describe('a capture in a process of its own', () => {
  test('brings the pixels over, as they are', async () => {
    const source = new ScreenshotsSource({
      ...{ target: FIRST, why: '', display: null, clock: new FakeClock(), platform: 'win32' },
      shooter: ({ target, onRestart }) => new ShotProcess(target, { ...options(), onRestart }),
    });
    open.push(source);
    await source.open();
    expect(source.describe()).toMatchObject({ width: 64, height: 48 });
    const incoming = new Framebuffer(createPixelMemory(), { width: 64, height: 48 });
    expect(await source.read([incoming.bounds], incoming)).toBe(64 * 48);
    const row = incoming.bytes().subarray(incoming.stride, incoming.stride + 12);
    expect([...row]).toEqual([3, 2, 64, 255, 3, 2, 65, 255, 3, 2, 66, 255]);
    const { cpuMs, rssBytes } = source.childUse!;
    expect(cpuMs).toBeGreaterThan(1);
    expect(rssBytes).toBeGreaterThan(2 ** 24);
  });

  test("that the library aborts is an error, with the library's message without control characters", async () => {
    does('abort');
    const failed = await shots()
      .capture()
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(CaptureProcessError);
    expect((failed as Error).message).toMatch(
      /^node-screenshots crashed \(SIGABRT\); it said: the portal said \[31mno/,
    );
  });

  test('that the library hangs in is ended', async () => {
    does('hang');
    const hanging = shots(new FakeClock(), { first: 1000, later: 1000 });
    await expect(hanging.capture()).rejects.toThrow('node-screenshots did not answer within 1 s');
    await hanging.close();
    expect(alive(hanging.pid!)).toBe(false);
  });

  test("reports the library's message", async () => {
    does('throw');
    await expect(shots().capture()).rejects.toThrow(/^the portal said no$/);
  });

  test('continues in another process now and then', async () => {
    const clock = new FakeClock();
    const process = shots(clock);
    await process.capture();
    const first = process.pid;
    does('abort-once');
    expect(await process.capture()).toMatchObject({ width: 64, height: 48 });
    expect(process.pid).not.toBe(first);
    does('abort-once');
    await expect(process.capture()).rejects.toThrow('SIGABRT');
  });

  test("does not continue with another monitor in the old one's place", async () => {
    const process = shots();
    await process.capture();
    does('abort-once HDMI-2');
    await expect(process.capture()).rejects.toThrow('SIGABRT');
  });

  test.each([
    ['Windows', { platform: 'win32' }, 'E_CAPTURE'],
    ['macOS', { platform: 'darwin' }, 'E_CAPTURE'],
  ] as const)('is explained where it crashes on %s', async (_name, system, code) => {
    does('abort');
    const shooter = () => new ShotProcess(FIRST, options());
    const source = new ScreenshotsSource({
      ...{ target: FIRST, why: '', display: null, clock: new FakeClock(), shooter },
      ...system,
    });
    await expect(source.open()).rejects.toMatchObject({ code, message: expect.stringContaining('SIGABRT') });
  });

  test('reports that it continues', async () => {
    const source = new ScreenshotsSource({
      ...{ target: FIRST, why: '', display: null, clock: new FakeClock(), platform: 'win32' },
      shooter: ({ target, onRestart }) => new ShotProcess(target, { ...options(), onRestart }),
    });
    open.push(source);
    await source.open();
    const news: SourceEvent[] = [];
    source.onEvent(each => news.push(each));
    does('abort-once');
    const incoming = new Framebuffer(createPixelMemory(), { width: 64, height: 48 });
    expect(await source.read([incoming.bounds], incoming)).toBe(64 * 48);
    expect(news).toMatchObject([{ kind: 'changed', text: expect.stringMatching(/in a new process: .*SIGABRT/) }]);
  });

  test('ends the share with an error when it cannot go on', async () => {
    const source = new ScreenshotsSource({
      ...{ target: FIRST, why: '', display: null, clock: new FakeClock(), platform: 'win32' },
      shooter: ({ target, onRestart }) => new ShotProcess(target, { ...options(), onRestart }),
    });
    open.push(source);
    await source.open();
    const events = new RecordingEvents();
    source.start(events);
    does('abort');
    const incoming = new Framebuffer(createPixelMemory(), { width: 64, height: 48 });
    await expect(source.read([incoming.bounds], incoming)).rejects.toMatchObject({ code: 'E_CAPTURE' });
    expect(events.errors).toMatchObject([{ code: 'E_CAPTURE' }]);
  });

  test('ends with its parent', async () => {
    const built = new URL('../../../dist/source/capture/screenshots/shot-process.js', import.meta.url);
    const script = `
      const { ShotProcess } = await import('${built.href}');
      const shots = new ShotProcess({ kind: 'monitor', number: 1 }, { library: ${JSON.stringify(LIBRARY)} });
      await shots.capture();
      console.log(shots.pid);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: options().environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    open.push({ close: async () => void parent.kill('SIGKILL') });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const child = Number(line.toString());
    expect(alive(child)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => alive(child)).toBe(false);
  });
});

describe('what can be shared', () => {
  test('is listed', async () => {
    const targets = await screenTargets(options());
    expect(targets).toMatchObject({ monitors: [{ number: 1, name: 'DP-1', primary: true }], windows: [] });
  });

  test('is an error where the library aborts', async () => {
    does('abort-listing');
    await expect(screenTargets(options())).rejects.toMatchObject({ code: 'E_CAPTURE' });
  });
});
