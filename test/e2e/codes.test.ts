import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
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

test('the secrets stand in no arguments, which every user of the machine can read, in no log, export or snapshot', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-codes-'));
  started({ stop: async () => rmSync(folder, { recursive: true }) });
  const [log, traffic] = [path.join(folder, 'log'), path.join(folder, 'traffic.pcapng')];
  const secrets = ['--code', 'lesson3', '--vnc-password', 'k7m2p4qr'];
  const argv = ['share', '--headless', '--json', '--source', 'pattern', ...secrets, '--bind', '127.0.0.1'];
  const share = started(
    new Program([...argv, '--rfb-port', '0', '--no-web', '--log', log, '--export', traffic], NO_DISPLAY),
  );
  const port = await portOf(share);
  expect(share.told).toContain('viewers need the code lesson3');
  expect(share.told).toContain('other VNC viewers need the password k7m2p4qr');
  const viewer = new Program(
    ['watch', `127.0.0.1:${port}`, '--headless', '--view', 'none', '--json', '--frames', '2'],
    {
      ...NO_DISPLAY,
      PEERGLASS_CODE: 'LESSON-3',
    },
  );
  // As the sharer's link page has it. Nobody listens there.
  const pasted = started(
    new Program(['watch', '“http://127.0.0.1:9/#LESSON-3”', '--headless', '--view', 'none'], NO_DISPLAY),
  );
  await expect.poll(() => childrenOf(pasted.pid)).not.toEqual([]);
  const lines = [share, viewer, pasted].flatMap(({ pid }) => commandLines(pid));
  expect(lines.length).toBeGreaterThanOrEqual(3);
  expect(await viewer.ended).toBe(0);
  expect(await share.stop()).toBe(0);
  const files = [log, traffic].map(file => readFileSync(file, 'latin1'));
  expect(files.map(text => text.length > 100)).toEqual([true, true]);
  const all = [...lines, ...share.lines, ...viewer.lines, ...viewer.told, ...files];
  expect(all.filter(text => /lesson-?3|k7m2p4qr/i.test(text))).toEqual([]);
});

test('a headless share that a native fault ends says how to share again, without the code', async () => {
  const argv = ['share', '--no-web', '--headless', '--source', 'pattern', '--code', 'k7m2p4qr', '--bind', '127.0.0.1'];
  const broadcast = ['--broadcast', '--broadcast-port', '0', '--origin-token', 'k7m2p4qr'];
  const share = started(new Program([...argv, '--rfb-port', '0', ...broadcast], NO_DISPLAY));
  const port = await portOf(share);
  // The link is known somewhat later than the port.
  await share.untilTold(/^broadcast: /);
  process.kill(childrenOf(share.pid)[0]!, 'SIGSEGV');
  expect(await share.ended).toBe(1);
  const told = share.told.slice(share.told.findIndex(line => line.startsWith('E_CRASH')));
  expect(told[0]).toMatch(/^E_CRASH: peerglass crashed in a system library \(SIGSEGV\)\. If it happens again, /);
  expect(told[1]).toMatch(
    /^To share again with the same code and port \(CODE and PASSWORD and LINK and TOKEN: the same as before\): peerglass share /,
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
