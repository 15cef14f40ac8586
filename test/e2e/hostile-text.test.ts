import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { EVIL, strayControls } from '../helpers/hostile-text.js';
import { PROGRAM } from '../helpers/program.js';
import { BGRX_BYTES } from '../helpers/scripted-vnc-server.js';
import { classicFrame, fileOf, noise, packetsOfShare } from '../helpers/synthetic-capture.js';
import { Terminal } from '../helpers/terminal.js';

const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-hostile-'));
const servers: Server[] = [];

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  for (const server of servers) server.close();
});

/** Everything that a run of the program printed. */
function printed(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<string> {
  return new Promise(resolve => {
    const options = { env: { ...process.env, ...environment } };
    execFile(process.execPath, [PROGRAM, ...argv], options, (_, stdout, stderr) => resolve(stdout + stderr));
  });
}

/** A server that says this to whoever connects, and no more. */
async function saying(...parts: readonly (string | readonly number[])[]): Promise<number> {
  const server = createServer(socket => {
    socket.on('error', () => {});
    socket.write(Buffer.concat(parts.map(part => Buffer.from(part as string))));
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

const u32 = (value: number): number[] => [0, 0, value >> 8, value & 255];
const EVIL_LENGTH = Buffer.byteLength(EVIL);

/** An update with a rectangle in an encoding that nobody knows, which ends the session. */
const UNKNOWN = [0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0, 8, 127, 255, 255, 255];

test('messages of a viewer without the code are shown on the messages page as plain text', async () => {
  const terminal = new Terminal({ columns: 140, rows: 40 });
  try {
    await terminal.waitFor('$');
    terminal.peerglass('share --no-web --source pattern --bind 127.0.0.1 --rfb-port 0 --access code');
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(await terminal.waitFor(/127\.0\.0\.1:[1-9]\d*/))?.[1]);
    const record = path.join(folder, 'terminal');
    terminal.record(record);
    terminal.keys('m');
    await terminal.waitFor('› messages');
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'data');
    socket.write(`RFB ${EVIL}`);
    await terminal.waitFor('PWNED');
    socket.destroy();
    const own = /\u001b\[(?:\d+;\d+H|2J|K|[\d;:]*m|\?\d+[hl]|=0u|>4m)|\u001b>/g;
    expect(readFileSync(record, 'utf8')).toContain('PWNED');
    expect(strayControls(readFileSync(record, 'utf8'), own)).toEqual([]);
  } finally {
    terminal.close();
  }
});

test('names, reasons, logs, comments and words of the command line are printed as plain text', async () => {
  const named = await saying('RFB 003.003\n', u32(1), [2, 128, 1, 224], BGRX_BYTES, u32(EVIL_LENGTH), EVIL, UNKNOWN);
  const refusing = await saying('RFB 003.008\n', [0], u32(EVIL_LENGTH), EVIL);
  const log = path.join(folder, 'evil.log');
  const figures = {
    t: 1e300,
    fps: 1,
    bytesPerFrame: 1,
    compressionRatio: 1,
    mbitPerSecond: 1,
    cpuPercent: 1,
    rssMb: 1,
  };
  writeFileSync(log, `${JSON.stringify({ ...figures, role: 'share', frames: 1, bytes: 1, bottleneck: EVIL })}\n`);
  const missing = path.join(folder, 'PWNED\u001b[31m\u009b2J\n.log');
  const frames = packetsOfShare([{ time: 1e12, direction: 'sent', bytes: classicFrame(noise(12, 1)) }]);
  const commented = frames.map(packet => ({ ...packet, comment: EVIL }));
  const packets = path.join(folder, 'evil.pcapng');
  writeFileSync(packets, fileOf(commented));
  const watch = ['--headless', '--view', 'none', '--json', '--duration', '20'];
  const runs = await Promise.all([
    printed(['watch', `127.0.0.1::${named}`, ...watch]),
    printed(['watch', `127.0.0.1::${refusing}`, ...watch]),
    printed(['report', log, '--html', path.join(folder, 'log.html')]),
    printed(['report', missing]),
    printed(['report', packets, '--html', path.join(folder, 'packets.html')]),
    printed([EVIL]),
    printed(['list', '--display', `:9${EVIL}`]),
  ]);
  for (const run of runs) {
    expect(run).toContain('PWNED');
    expect(strayControls(run.replaceAll('\n', ''), /(?!)/g)).toEqual([]);
  }
  for (const page of ['log.html', 'packets.html']) {
    const html = readFileSync(path.join(folder, page), 'utf8');
    expect(html).toContain('PWNED');
    expect(strayControls(html.replaceAll('\n', ''), /(?!)/g)).toEqual([]);
  }
});
