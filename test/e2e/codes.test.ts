import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { stopAfterEach } from '../helpers/cleanup.js';
import { Program } from '../helpers/program.js';

const started = stopAfterEach();
const NO_DISPLAY = { DISPLAY: undefined, WAYLAND_DISPLAY: undefined };

/** What a process started, threads' children too. */
function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap(task =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

/** Of a process and all that it started. */
function commandLines(pid: number): string[] {
  return [readFileSync(`/proc/${pid}/cmdline`, 'utf8'), ...childrenOf(pid).flatMap(commandLines)];
}

async function portOf(program: Program): Promise<number> {
  const line = /listening \(rfb\): .*[:](\d+)$/;
  await expect.poll(() => program.told.some(each => line.test(each))).toBe(true);
  return Number(program.told.map(each => line.exec(each)?.[1]).find(Boolean));
}

test('the code does not stand among the arguments, which every user of the machine can read', async () => {
  const argv = ['share', '--no-web', '--headless', '--source', 'pattern', '--code', 'k7m2p4qr', '--bind', '127.0.0.1'];
  const share = started(new Program([...argv, '--rfb-port', '0'], NO_DISPLAY));
  await portOf(share);
  expect(share.told).toContain('viewers need the code k7m2p4qr');
  const lines = commandLines(share.pid);
  expect(lines.length).toBeGreaterThanOrEqual(2);
  expect(lines.filter(line => line.includes('k7m2p4qr'))).toEqual([]);
});

test('a headless share that a native fault ends says how to share again, without the code', async () => {
  const argv = ['share', '--no-web', '--headless', '--source', 'pattern', '--code', 'k7m2p4qr', '--bind', '127.0.0.1'];
  const share = started(new Program([...argv, '--rfb-port', '0'], NO_DISPLAY));
  const port = await portOf(share);
  process.kill(childrenOf(share.pid)[0]!, 'SIGSEGV');
  expect(await share.ended).toBe(1);
  const told = share.told.slice(share.told.findIndex(line => line.startsWith('E_CRASH')));
  expect(told[0]).toMatch(/^E_CRASH: peerglass crashed in a system library \(SIGSEGV\)\. If it happens again, /);
  expect(told[1]).toMatch(
    /^To share again with the same code and port \(CODE and PASSWORD: the same as before\): peerglass share /,
  );
  expect(told[1]).toContain(` --rfb-port ${port} `);
  expect(told[1]).toContain(' --code CODE --vnc-password PASSWORD ');
  expect(told[1]).toMatch(/ --headless$/);
  expect(told.join()).not.toContain('k7m2p4qr');
});

test('another program of the machine sees no pixel of a demo, whose own viewer does', async () => {
  const demo = started(new Program(['demo', '--headless', '--json', '--size', '160x120'], NO_DISPLAY));
  const stranger = connect(await portOf(demo), '127.0.0.1');
  const heard: Buffer[] = [];
  stranger.on('error', () => {}).on('data', chunk => heard.push(chunk));
  // Version, "no authentication please", shared; then a request for everything.
  stranger.write(Buffer.concat([Buffer.from('RFB 003.008\n'), Buffer.of(1, 1, 3, 0, 0, 0, 0, 0, 255, 255, 255, 255)]));
  await once(stranger, 'close');
  expect(Buffer.concat(heard).subarray(0, 14)).toEqual(Buffer.from('RFB 003.008\n\u0001\u0002'));
  expect(Buffer.concat(heard).length).toBeLessThan(200);
  await demo.until(() => (demo.watchSnapshots.at(-1)?.frames ?? 0) > 1);
  expect(await demo.stop()).toBe(0);
  expect([...demo.told, ...demo.lines].filter(line => /give the code|"code"/.test(line))).toEqual([]);
});
