import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { Cable, type CableEnd, whyNoCable } from '../../source/bench/cable.js';
import { stopAfterEach } from '../helpers/cleanup.js';

const started = stopAfterEach();
const BUILT = path.resolve(import.meta.dirname, '../../dist/source/bench/cable.js');
const MAIN = path.resolve(import.meta.dirname, '../../dist/source/bench/main.js');
const IP = execFileSync('/bin/sh', ['-c', 'command -v ip'], { encoding: 'utf8' }).trim();

/** Sends bytes to whoever connects, and says so when it listens. */
const SERVER = `
const server = require('net').createServer(socket => socket.end(Buffer.alloc(Number(process.argv[2]))));
server.listen(9000, process.argv[1], () => console.log('listening'));`;

/** Connects and reads to the end. Prints the milliseconds that each took, and the bytes. */
const CLIENT = `
const from = performance.now();
let bytes = 0, connected = 0;
const socket = require('net').connect(9000, process.argv[1], () => { connected = performance.now() - from; });
socket.on('data', chunk => { bytes += chunk.length; });
socket.on('end', () => console.log(JSON.stringify({ connected, bytes, took: performance.now() - from })));`;

function inNode({ prefix }: CableEnd, script: string, ...argv: string[]): [string, string[]] {
  const [program, ...rest] = [...prefix, process.execPath, '-e', script, ...argv];
  return [program!, rest];
}

async function serve(end: CableEnd, bytes: number): Promise<void> {
  const [program, argv] = inNode(end, SERVER, end.address, String(bytes));
  const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  started({ stop: async () => child.kill('SIGKILL') });
  await once(child.stdout, 'data');
}

async function fetchFrom(end: CableEnd, address: string) {
  const { stdout } = await promisify(execFile)(...inNode(end, CLIENT, address));
  return JSON.parse(stdout) as { readonly connected: number; readonly bytes: number; readonly took: number };
}

test('a cable has its delay and its rate, and counts what it carries', async () => {
  const cable = started(await Cable.lay({ rate: 20, delay: 15, loss: 0 }));
  const bytes = 500_000;
  await serve(cable.sharer, bytes);
  const sent = cable.sent(cable.sharer);
  const fetched = await fetchFrom(cable.viewer, cable.sharer.address);
  expect(fetched.bytes).toBe(bytes);
  expect(fetched.connected).toBeGreaterThan(29);
  expect(fetched.took - fetched.connected).toBeGreaterThan((bytes * 8) / 20e3);
  expect(cable.sent(cable.sharer) - sent).toBeGreaterThan(bytes);
  expect(cable.sent(cable.sharer) - sent).toBeLessThan(bytes * 1.2);
});

test('bytes arrive whole in spite of loss, and not at all while the cable is pulled', async () => {
  const cable = started(await Cable.lay({ rate: 0, delay: 1, loss: 5 }));
  await serve(cable.sharer, 200_000);
  cable.pull();
  const waiting = fetchFrom(cable.viewer, cable.sharer.address);
  // The first packet is repeated after a second.
  await expect.poll(() => cable.sent(cable.viewer)).toBeGreaterThan(100);
  cable.plug();
  expect((await waiting).bytes).toBe(200_000);
});

test.each(['SIGTERM', 'SIGKILL'] as const)('nothing stays behind when its owner gets %s', async signal => {
  const script = `
    const { Cable } = await import(${JSON.stringify(BUILT)});
    const { sharer, viewer } = await Cable.lay({ rate: 5, delay: 30, loss: 0.5 });
    console.log(sharer.namespace + ' ' + viewer.namespace);
    process.on('SIGTERM', () => process.exit(1));
    setInterval(() => {}, 1000);`;
  const argv = ['--input-type=module', '-e', script];
  const owner = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  started({ stop: async () => owner.kill('SIGKILL') });
  const [line] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string];
  const files = line.split(' ').map(name => `/run/netns/${name}`);
  expect(files.map(existsSync)).toEqual([true, true]);
  owner.kill(signal);
  await expect.poll(() => files.map(existsSync)).toEqual([false, false]);
});

test('where something is missing a run is named as not run, with the reason', async () => {
  expect(whyNoCable()).toBeNull();
  const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-path-'));
  try {
    vi.stubEnv('PATH', folder);
    expect(whyNoCable()).toContain('apt-get install iproute2');
    symlinkSync(IP, path.join(folder, 'ip'));
    expect(whyNoCable()).toContain('apt-get install gcc libc6-dev');
    const argv = [MAIN, '--cable', '20/10/0', '--workloads', 'film', '--systems', 'peerglass', '--rounds', '1'];
    const failed = await promisify(execFile)(process.execPath, argv).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/film, 1366x768[\s\S]*peerglass failed: not run: a cable needs a C compiler/),
    });
  } finally {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  }
});
