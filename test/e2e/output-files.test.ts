import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, describe, test } from 'vitest';
import { PROGRAM, Program } from '../helpers/program.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-output-'));
/** Small and slow: several run at once. */
const demo = (...more: readonly string[]) => [
  'demo',
  '--headless',
  '--json',
  '--size',
  '160x120',
  '--fps',
  '20',
  ...more,
];

afterAll(() => rmSync(folder, { recursive: true }));

async function watching(program: Program): Promise<void> {
  await program.until(() => program.watchSnapshots.some(({ frames }) => frames > 0));
}

function isWhole(file: string): boolean {
  return PNG.sync.read(readFileSync(file)).width > 0;
}

/** With standard output as the test wants it. */
function started(argv: readonly string[], stdout: 'pipe' | number) {
  const child = spawn(process.execPath, [PROGRAM, ...argv], { stdio: ['ignore', stdout, 'pipe'] });
  let told = '';
  child.stderr?.on('data', text => {
    told += text;
  });
  return { child, told: () => told, ended: once(child, 'close').then(([code]) => code as number) };
}

describe.concurrent('files that were asked for', () => {
  test('a snapshot that cannot be written is a failure, also when a signal ends the run', async ({ expect }) => {
    const program = new Program(demo('--snapshot', '/dev/full'));
    await watching(program);
    program.signal('SIGINT');
    expect(await program.ended).toBe(1);
    expect(program.told.join('\n')).toMatch(/E_SNAPSHOT: .*\/dev\/full .*the disk is full/);
    expect(statSync('/dev/full').isCharacterDevice()).toBe(true);
  });

  test.for([
    ['real packets', {}],
    ['synthesised packets', { PATH: '/nowhere' }],
  ] as const)('so is an export of %s where only its head was to be written', async ([, environment], { expect }) => {
    const argv = ['share', '--no-web', '--headless', '--source', 'pattern', '--access', 'open', '--bind', '127.0.0.1'];
    const ends = ['--rfb-port', '0', '--duration', '1', '--export', '/dev/full'];
    const program = new Program([...argv, ...ends], environment);
    expect(await program.ended).toBe(1);
    expect(program.told.join('\n')).toMatch(/E_EXPORT: The export to \/dev\/full has ended\. .*the disk is full/i);
  });

  test('and so is one without a picture, also when the time is over', async ({ expect }) => {
    const file = path.join(folder, 'none.png');
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const peer = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const program = new Program(['watch', peer, '--headless', '--view', 'none', '--duration', '1', '--snapshot', file]);
    expect([await program.ended, existsSync(file)]).toEqual([1, false]);
    silent.close();
    expect(program.told.join('\n')).toContain('E_SNAPSHOT: No picture came');
  });

  test('are whole when the reader of standard output has left, and that is no failure', async ({ expect }) => {
    const file = path.join(folder, 'head.png');
    const program = started(demo('--snapshot', file), 'pipe');
    for await (const text of program.child.stdout!) if (/"role":"watch".*"frames":[1-9]/.test(String(text))) break;
    expect(await program.ended).toBe(0);
    expect(isWhole(file)).toBe(true);
  });

  test('are whole when the program is killed', async ({ expect }) => {
    const file = path.join(folder, 'killed.png');
    const program = new Program(demo('--snapshot', file));
    await watching(program);
    process.kill(Number(readFileSync(`/proc/${program.pid}/task/${program.pid}/children`, 'utf8').trim()), 'SIGKILL');
    await program.ended;
    while (!existsSync(file)) await new Promise(resolve => setTimeout(resolve, 50));
    expect(isWhole(file)).toBe(true);
  });

  test('standard output on a full disk is a failure', async ({ expect }) => {
    const full = openSync('/dev/full', 'w');
    const runs = [started(demo(), full), started(['list', '--json'], full)];
    expect(await Promise.all(runs.map(({ ended }) => ended))).toEqual([1, 1]);
    for (const { told } of runs) expect(told()).toMatch(/E_OUTPUT: .*the disk is full/);
    closeSync(full);
  });
});
