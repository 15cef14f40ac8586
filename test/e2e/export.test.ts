import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stopAfterEach } from '../helpers/cleanup.js';
import { Program } from '../helpers/program.js';
import { RunningShare } from '../helpers/running-share.js';
import { RunningWatch } from '../helpers/running-watch.js';
import { malformed, packetCount, readAs, tshark } from '../helpers/tshark.js';

type Wire = 'classic' | 'rfb';

const WIRES: readonly Wire[] = ['classic', 'rfb'];
/** Where no program is found: then packets cannot be captured. */
const NO_PROGRAMS = { PATH: '/nonexistent' };
const started = stopAfterEach();

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'peerglass-export-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function share(wire: Wire): Promise<{ share: RunningShare; port: number }> {
  const ports = wire === 'rfb' ? { rfbPort: 0, classicPort: null } : { rfbPort: null, classicPort: 0 };
  const running = started(await RunningShare.start(ports));
  return { share: running, port: running.wires[0]!.port };
}

/** Runs something while no program can be found. */
async function withoutPrograms<Result>(run: () => Promise<Result>): Promise<Result> {
  const { PATH } = process.env;
  process.env.PATH = NO_PROGRAMS.PATH;
  try {
    return await run();
  } finally {
    process.env.PATH = PATH;
  }
}

/** What one end of a classic session or an rfb one has in a file. */
function messages(file: string, wire: Wire, port: number): number {
  const filter = wire === 'classic' ? 'peerglass.frame' : 'vnc.server_message_type == 0';
  return tshark(file, ...readAs(wire, port), '-Y', filter).length;
}

function goodChecksums(file: string): string[] {
  const flags = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE', '-Y'];
  return tshark(file, ...flags, 'tcp.checksum.status == 0 || ip.checksum.status == 0 || tcp.analysis.flags');
}

/** Ends a capture, as Ctrl-C does, when some frames have gone over. */
async function interrupted(capture: Program, sharer: RunningShare): Promise<void> {
  await sharer.snapshotWhere(({ frames }) => frames > 10);
  capture.signal('SIGINT');
  expect(await capture.ended).toBe(130);
}

describe.each(WIRES)('peerglass capture over %s', wire => {
  test('writes the real packets of the session, from the SYN on', async () => {
    const { share: sharer, port } = await share(wire);
    const file = path.join(folder, `real-${wire}.pcapng`);
    const program = started(new Program(['capture', `127.0.0.1:${port}`, '--output', file]));
    await interrupted(program, sharer);
    expect(program.told[0]).toBe(`exporting real packets to ${file}`);
    const told = Number(/: (\d+) packets$/.exec(program.told.at(-1) ?? '')?.[1]);
    expect(packetCount(file)).toBe(told);
    expect(malformed(file, ...readAs(wire, port))).toEqual([]);
    expect(tshark(file, '-Y', `tcp.port != ${port}`)).toEqual([]);
    const [syn, synAck] = tshark(file, '-T', 'fields', '-e', '_ws.col.Info');
    expect(syn).toContain('[SYN] Seq=0');
    expect(synAck).toContain('[SYN, ACK] Seq=0 Ack=1');
    expect(messages(file, wire, port)).toBeGreaterThan(3);
  });

  test('ends well when the sharer leaves', async () => {
    const { share: sharer, port } = await share(wire);
    const file = path.join(folder, `left-${wire}.pcapng`);
    const program = started(new Program(['capture', `127.0.0.1:${port}`, '--output', file]));
    await sharer.snapshotWhere(({ frames }) => frames > 10);
    await sharer.stop();
    expect(await program.ended).toBe(0);
    expect(program.told.filter(line => line.endsWith('The capture ends here.'))).toHaveLength(1);
    expect(program.told.join('\n')).not.toContain('E_');
    expect(packetCount(file)).toBe(Number(/: (\d+) packets$/m.exec(program.told.join('\n'))?.[1]));
    expect(messages(file, wire, port)).toBeGreaterThan(3);
  });

  test('writes a synthesised stream where packets cannot be captured, and says so in it', async () => {
    const { share: sharer, port } = await share(wire);
    const file = path.join(folder, `synthesised-${wire}.pcapng`);
    const program = started(new Program(['capture', `127.0.0.1:${port}`, '--output', file], NO_PROGRAMS));
    await interrupted(program, sharer);
    expect(program.told[0]).toMatch(/^exporting synthesised packets to .*Real packets need dumpcap/);
    const told = Number(/: (\d+) packets$/.exec(program.told.at(-1) ?? '')?.[1]);
    expect(packetCount(file)).toBe(told);
    expect(malformed(file, ...readAs(wire, port))).toEqual([]);
    expect(goodChecksums(file)).toEqual([]);
    expect(tshark(file, '-Y', 'frame.comment contains "Synthesised by peerglass"')).toHaveLength(1);
    expect(messages(file, wire, port)).toBeGreaterThan(3);
    const report = started(new Program(['report', file, '--html', `${file}.html`]));
    expect(await report.ended).toBe(0);
    expect(report.lines.join('\n')).toMatch(new RegExp(`127\\.0\\.0\\.1:${port} +${wire} protocol`));
    expect(report.lines.join('\n')).toContain('MSS=1460 WS=128 SACK_PERM');
    expect(readFileSync(`${file}.html`, 'utf8')).toContain('</html>');
  });
});

describe.each(WIRES)('an export that begins in the middle of a session over %s', wire => {
  test('can be read from its first packet on, at both ends', async () => {
    const files = {
      share: path.join(folder, `share-${wire}.pcapng`),
      watch: path.join(folder, `watch-${wire}.pcapng`),
    };
    const { running, watch, port } = await withoutPrograms(async () => {
      const { share: running, port } = await share(wire);
      const watch = started(await RunningWatch.start(port, { wire }));
      await watch.state('watching');
      return { running, watch, port };
    });
    const frames = running.snapshot.frames;
    await running.until(() => running.snapshot.frames > frames + 30);
    running.send({ type: 'export', file: files.share });
    watch.controller.send({ type: 'export', file: files.watch });
    const { export: exported } = await running.snapshotWhere(({ export: now }) => (now?.packets ?? 0) > 100);
    expect(exported).toMatchObject({ file: files.share, kind: 'synthesised' });
    await watch.until(() => (watch.snapshot?.export?.packets ?? 0) > 100);
    running.send({ type: 'export', file: null });
    watch.controller.send({ type: 'export', file: null });
    await running.until(() => running.notices.some(text => text.startsWith(`${files.share}: `)));
    await watch.until(() => watch.notices.some(text => text.includes(`${files.watch}: `)));
    for (const [role, file] of Object.entries(files)) {
      const notices = role === 'share' ? running.notices : watch.notices;
      const told = Number(/: (\d+) packets$/.exec(notices.find(text => text.includes(`${file}: `)) ?? '')?.[1]);
      expect(packetCount(file)).toBe(told);
      expect(malformed(file, ...readAs(wire, port))).toEqual([]);
      expect(goodChecksums(file)).toEqual([]);
      expect(messages(file, wire, port)).toBeGreaterThan(1);
      const ends = tshark(file, '-T', 'fields', '-e', 'tcp.dstport', '-Y', 'tcp.flags.syn == 1 && tcp.flags.ack == 0');
      expect(ends).toEqual([String(port)]);
    }
    await running.snapshotWhere(snapshot => snapshot.export === null);
  });
});

describe('an export', () => {
  test('of a share that asks for it holds every viewer from its SYN on', async () => {
    const file = path.join(folder, 'several.pcapng');
    const argv = [
      'share',
      '--no-web',
      '--source',
      'pattern',
      '--rfb-port',
      '0',
      '--classic-port',
      '0',
      '--access',
      'open',
    ];
    const program = started(new Program([...argv, '--bind', '127.0.0.1', '--headless', '--export', file]));
    const ports = { classic: await program.port('classic'), rfb: await program.port('rfb') };
    const watches = await Promise.all(
      WIRES.map(async wire => started(await RunningWatch.start(ports[wire], { wire }))),
    );
    for (const watch of watches) await watch.until(() => (watch.snapshot?.frames ?? 0) > 20);
    for (const watch of watches) await watch.stop();
    expect(await program.stop()).toBe(0);
    const told = Number(/: (\d+) packets$/.exec(program.told.find(line => line.startsWith(file)) ?? '')?.[1]);
    expect(packetCount(file)).toBe(told);
    const options = [...readAs('classic', ports.classic), ...readAs('rfb', ports.rfb)];
    expect(malformed(file, ...options)).toEqual([]);
    const syns = tshark(file, '-T', 'fields', '-e', 'tcp.dstport', '-Y', 'tcp.flags.syn == 1 && tcp.flags.ack == 0');
    expect(syns.map(Number).sort()).toEqual(Object.values(ports).sort());
  });

  test('to a file that cannot be written is refused, and the session continues without', async () => {
    const { share: running, port } = await share('classic');
    const watch = started(await RunningWatch.start(port, { wire: 'classic' }));
    await watch.state('watching');
    running.send({ type: 'export', file: path.join(folder, 'no', 'such', 'folder.pcapng') });
    await running.until(() => running.all('notice').some(({ code }) => code === 'E_EXPORT'));
    const { frames } = running.snapshot;
    await running.until(() => running.snapshot.frames > frames);
    const refused = started(new Program(['capture', `127.0.0.1:${port}`, '--output', path.join(folder, 'no', 'x')]));
    expect(await refused.ended).toBe(1);
    expect(refused.told.at(-1)).toMatch(/^E_EXPORT: /);
  });
});

describe('peerglass report', () => {
  test('takes what --log has written', async () => {
    const log = path.join(folder, 'session.ndjson');
    const demo = started(new Program(['demo', '--headless', '--json', '--log', log]));
    await demo.until(() => demo.watchSnapshots.filter(({ fps }) => fps > 0).length >= 3);
    expect(await demo.stop()).toBe(0);
    const report = started(new Program(['report', log, '--html', `${log}.html`]));
    expect(await report.ended).toBe(0);
    expect(report.lines.filter(line => /^(share|watch) /.test(line))).toHaveLength(2);
    expect(report.lines.join('\n')).toMatch(/frames +[1-9]\d*, mean [\d.]+ fps/);
    expect(readFileSync(`${log}.html`, 'utf8')).toContain('Frame rate');
  });
});

describe('peerglass capture --port', () => {
  test("captures other programs' packets on a port of this machine", async () => {
    const { port } = await share('classic');
    const file = path.join(folder, 'port.pcapng');
    const program = started(new Program(['capture', '--port', String(port), '--output', file]));
    await program.untilTold(/^capturing TCP port \d+ to /);
    const watch = started(await RunningWatch.start(port, { wire: 'classic' }));
    await watch.until(() => (watch.snapshot?.frames ?? 0) > 20);
    program.signal('SIGINT');
    expect(await program.ended).toBe(0);
    expect(packetCount(file)).toBe(Number(/: (\d+) packets$/.exec(program.told.at(-1) ?? '')?.[1]));
    expect(messages(file, 'classic', port)).toBeGreaterThan(10);
  });

  test('gives the reason where it cannot', async () => {
    const program = started(new Program(['capture', '--port', '5900'], NO_PROGRAMS));
    expect(await program.ended).toBe(1);
    expect(program.told).toEqual([expect.stringMatching(/^E_EXPORT: Port 5900 cannot be captured\. .*dumpcap/)]);
  });
});

describe('peerglass wireshark', () => {
  test('puts the dissector where Wireshark finds it', async () => {
    const home = path.join(folder, 'home');
    const program = started(new Program(['wireshark', '--install'], { HOME: home }));
    expect(await program.ended).toBe(0);
    const target = path.join(home, '.local/lib/wireshark/plugins/peerglass-classic.lua');
    expect(program.lines).toEqual([target]);
    const where = started(new Program(['wireshark', '--path']));
    await where.ended;
    expect(readFileSync(target, 'utf8')).toBe(readFileSync(where.lines[0]!, 'utf8'));
  });
});
