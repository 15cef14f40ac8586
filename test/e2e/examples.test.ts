import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { PNG } from 'pngjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RunningShare } from '../helpers/running-share.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const execute = promisify(execFile);
const example = (name: string, ...given: string[]) =>
  execute(process.execPath, [path.join(ROOT, 'examples', name), ...given], { timeout: 100_000 });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'peerglass-examples-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('a program shares, watches and saves what it sees', async () => {
  const file = path.join(folder, 'seen.png');
  expect((await example('snapshot.mjs', file)).stdout).toBe('saw 3 frames\n');
  const { width, height } = PNG.sync.read(readFileSync(file));
  expect({ width, height }).toEqual({ width: 1366, height: 768 });
});

it('a program decodes what a share sends with its own ports', async () => {
  const share = await RunningShare.start({ classicPort: null, rfbPort: 0 });
  try {
    const { stdout } = await example('decode.mjs', '127.0.0.1', String(share.wires[0]!.port));
    expect(stdout).toMatch(/^watching test\n640x480: \d+ parts, \d+ bytes \{ tight: \d+ \}\n$/);
  } finally {
    await share.stop();
  }
});

const PROGRAM = `
import { bindKernels, Framebuffer, noTrace, ClientConnection, type ByteStream, type RfbHost } from 'peerglass/decoder';
import { share } from 'peerglass/share';
import { watch } from 'peerglass/watch';

const frames: number = 3;
watch({ peer: { host: '127.0.0.1', port: 5900 }, frames }).subscribe(event => event.type === 'ended' && event.frames);
share({ source: { kind: 'pattern' }, access: 'code', code: 'k7m2p4qr' }).send({ type: 'fps', fps: 30 });
export function decode(stream: ByteStream, host: RfbHost, kernels: BufferSource): Framebuffer {
  const connection = { stream, early: new Uint8Array(0), peer: 'a peer', resume: null, jpeg: null };
  new ClientConnection({ ...connection, createTrace: noTrace }, host, {}).start();
  return new Framebuffer(bindKernels(new WebAssembly.Module(kernels)), { width: 4, height: 3 });
}
`;

async function check(program: string): Promise<void> {
  writeFileSync(path.join(folder, 'program.mts'), program);
  const options = ['--strict', '--noEmit', '--target', 'es2022', '--module', 'nodenext', '--lib', 'es2023,dom'];
  const compiler = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  await execute(process.execPath, [compiler, ...options, '--types', '', 'program.mts'], { cwd: folder });
}

it('a program in TypeScript is checked at every entry, in a browser too', async () => {
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(ROOT, path.join(folder, 'node_modules/peerglass'), 'junction');
  await check(PROGRAM);
  const unsaid = `${PROGRAM}share({ source: { kind: 'pattern' } });`;
  await expect(check(unsaid)).rejects.toMatchObject({ stdout: expect.stringContaining('access, code') });
});
