import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stopAfterEach } from '../helpers/cleanup.js';
import { Program } from '../helpers/program.js';
import { RunningShare } from '../helpers/running-share.js';
import { RunningWatch } from '../helpers/running-watch.js';
import { packetCount, readAs, tshark } from '../helpers/tshark.js';

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
  const running = started(await RunningShare.start({ ...ports, fps: 30 }));
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

/** Columns of what tshark prints of a packet. */
const FIELDS = {
  from: 'tcp.srcport',
  to: 'tcp.dstport',
  info: '_ws.col.Info',
  syn: 'tcp.flags.syn',
  ack: 'tcp.flags.ack',
  comment: 'frame.comment',
  classic: 'peerglass.frame',
  rfb: 'vnc.server_message_type',
  group: '_ws.expert.group',
  bad: '_ws.malformed',
  short: '_ws.short',
  failed: '_ws.lua.error',
  tcpSum: 'tcp.checksum.status',
  ipSum: 'ip.checksum.status',
  flags: 'tcp.analysis.flags',
} as const;
type Packet = Readonly<Record<keyof typeof FIELDS, string>>;
/** Of Wireshark's expert notes the group "Malformed". */
const MALFORMED = String(0x07_00_00_00);
const WITH_CHECKSUMS = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];

/** Every packet of a capture, in one run of tshark, which takes longer to start than to read. */
function packetsOf(file: string, ...options: string[]): Packet[] {
  const names = Object.keys(FIELDS);
  const rows = tshark(file, ...options, '-T', 'fields', ...Object.values(FIELDS).flatMap(field => ['-e', field]));
  return rows.map(row => Object.fromEntries(row.split('\t').map((cell, at) => [names[at], cell])) as Packet);
}

/** Packets that are malformed according to tshark, or in which a dissector failed. */
function damaged(packets: readonly Packet[]): Packet[] {
  return packets.filter(
    ({ bad, short, failed, group }) => bad || short || failed || group.split(',').includes(MALFORMED),
  );
}

/** Packets in which a checksum is wrong, or TCP is not as it should be; read with their checksums. */
function wrong(packets: readonly Packet[]): Packet[] {
  return packets.filter(({ tcpSum, ipSum, flags }) => tcpSum === '0' || ipSum === '0' || flags);
}

/** How many packets have messages of the protocol that tell of pictures. */
function messages(packets: readonly Packet[], wire: Wire): number {
  return packets.filter(({ classic, rfb }) => (wire === 'classic' ? classic !== '' : rfb.split(',').includes('0')))
    .length;
}

/** Ports to which connections are opened. */
function opened(packets: readonly Packet[]): number[] {
  const set = (flag: string) => flag === '1' || flag === 'True';
  return packets.filter(({ syn, ack }) => set(syn) && !set(ack)).map(({ to }) => Number(to));
}

/** Resolves when a capture shows pictures, and some more have gone over. */
async function capturing(capture: Program, sharer: RunningShare): Promise<void> {
  await capture.untilTold(/^Watching /);
  const before = sharer.snapshot.frames;
  await sharer.snapshotWhere(({ frames }) => frames > before + 10);
}

/** Ends a capture, as Ctrl-C does, when some frames have gone over. */
async function interrupted(capture: Program, sharer: RunningShare): Promise<void> {
  await capturing(capture, sharer);
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
    const packets = packetsOf(file, ...readAs(wire, port));
    expect(damaged(packets)).toEqual([]);
    expect(packets.filter(({ from, to }) => ![from, to].includes(String(port)))).toEqual([]);
    const [syn, synAck] = packets;
    expect(syn?.info).toContain('[SYN] Seq=0');
    expect(synAck?.info).toContain('[SYN, ACK] Seq=0 Ack=1');
    expect(messages(packets, wire)).toBeGreaterThan(3);
  });

  test('ends well when the sharer leaves', async () => {
    const { share: sharer, port } = await share(wire);
    const file = path.join(folder, `left-${wire}.pcapng`);
    const program = started(new Program(['capture', `127.0.0.1:${port}`, '--output', file]));
    await capturing(program, sharer);
    await sharer.stop();
    expect(await program.ended).toBe(0);
    expect(program.told.filter(line => line.endsWith('The capture ends here.'))).toHaveLength(1);
    expect(program.told.join('\n')).not.toContain('E_');
    expect(packetCount(file)).toBe(Number(/: (\d+) packets$/m.exec(program.told.join('\n'))?.[1]));
    expect(messages(packetsOf(file, ...readAs(wire, port)), wire)).toBeGreaterThan(3);
  });

  test('writes a synthesised stream where packets cannot be captured, and says so in it', async () => {
    const { share: sharer, port } = await share(wire);
    const file = path.join(folder, `synthesised-${wire}.pcapng`);
    const program = started(new Program(['capture', `127.0.0.1:${port}`, '--output', file], NO_PROGRAMS));
    await interrupted(program, sharer);
    expect(program.told[0]).toMatch(/^exporting synthesised packets to .*Real packets need dumpcap/);
    const told = Number(/: (\d+) packets$/.exec(program.told.at(-1) ?? '')?.[1]);
    expect(packetCount(file)).toBe(told);
    const packets = packetsOf(file, ...readAs(wire, port), ...WITH_CHECKSUMS);
    expect(damaged(packets)).toEqual([]);
    expect(wrong(packets)).toEqual([]);
    expect(new Set(packets.map(({ tcpSum }) => tcpSum))).toEqual(new Set(['1']));
    expect(packets.filter(({ comment }) => comment.includes('Synthesised by peerglass'))).toHaveLength(1);
    expect(messages(packets, wire)).toBeGreaterThan(3);
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
      const packets = packetsOf(file, ...readAs(wire, port), ...WITH_CHECKSUMS);
      expect(damaged(packets)).toEqual([]);
      expect(wrong(packets)).toEqual([]);
      expect(messages(packets, wire)).toBeGreaterThan(1);
      expect(opened(packets)).toEqual([port]);
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
      '--size',
      '640x480',
      '--fps',
      '30',
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
    const packets = packetsOf(file, ...readAs('classic', ports.classic), ...readAs('rfb', ports.rfb));
    expect(damaged(packets)).toEqual([]);
    expect(opened(packets).sort()).toEqual(Object.values(ports).sort());
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
    const demo = started(new Program(['demo', '--headless', '--json', '--size', '320x240', '--log', log]));
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
    expect(messages(packetsOf(file, ...readAs('classic', port)), 'classic')).toBeGreaterThan(10);
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
