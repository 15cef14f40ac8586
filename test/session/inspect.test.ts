import { execFileSync, spawn } from 'node:child_process';
import fs, { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { CaptureAnalysis } from '../../source/analysis/capture-report.js';
import { startFileCapture } from '../../source/analysis/file-capture.js';
import { PcapngReader } from '../../source/analysis/pcapng-reader.js';
import { MessageLog } from '../../source/session/inspect/message-log.js';
import { PacketList } from '../../source/session/inspect/packet-list.js';
import { TrafficExport } from '../../source/session/inspect/traffic-export.js';
import { capture, classicFrame, noise } from '../helpers/synthetic-capture.js';

const START = 1_790_000_000_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'peerglass-inspect-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the packet list', () => {
  it('numbers packets across connections, delivers each once, and reports those that came too fast', () => {
    const bytes = capture([{ time: START, direction: 'sent', bytes: noise(600 * 1460) }]);
    const packets = new PcapngReader().push(bytes);
    const list = new PacketList();
    list.add(packets);
    const batch = list.take();
    expect(batch.lines[0]?.info).toContain('[SYN]');
    expect(batch.lines.length + batch.skipped).toBe(packets.length);
    expect(batch.totals).toMatchObject({ packets: packets.length, connections: 1, retransmissions: 0 });
    expect(list.take().lines).toEqual([]);
    expect(list.detail(1)?.line.number).toBe(1);
    expect(list.detail(packets.length + 1)).toBeNull();
  });
});

describe('the message log', () => {
  const message = (length: number) => () => ({
    direction: 'sent' as const,
    peer: 'a',
    wire: 'classic' as const,
    name: 'Frame',
    length,
    info: '',
    fields: [],
    bytes: noise(length),
  });

  it('records only while it is on, without asking for a description', () => {
    const log = new MessageLog();
    log.record(() => {
      throw new Error('asked');
    });
    expect(log.count).toBe(0);
  });

  it('keeps the newest and the head of each', () => {
    const log = new MessageLog();
    log.on = true;
    for (let count = 0; count < 1500; count++) log.record(message(1000));
    expect(log.since(1490, 500).map(each => each.number)).toEqual([
      1491, 1492, 1493, 1494, 1495, 1496, 1497, 1498, 1499, 1500,
    ]);
    expect(log.since(0, 5000)).toHaveLength(1000);
    expect(log.since(0, 5)[0]?.number).toBe(1496);
    expect(log.since(0, 1)[0]?.head).toEqual(noise(1000).subarray(0, 256));
  });
});

describe('an export of traffic', () => {
  it('contains the frames that were sent, after the prologue', async () => {
    const file = path.join(folder, 'export.pcapng');
    const traffic = await TrafficExport.open(file, why => expect.fail(why));
    const chunk = (seed: number) => ({
      time: START + seed,
      direction: 'sent' as const,
      bytes: classicFrame(noise(3000, seed)),
    });
    const ends = [
      { address: '127.0.0.1', port: 9000 },
      { address: '127.0.0.1', port: 40_000 },
    ] as const;
    const connection = traffic.connection(...ends, 'remote', [chunk(1)]);
    connection.chunk(chunk(2));
    connection.chunk(chunk(3));
    connection.close();
    await traffic.finish();
    const analysis = new CaptureAnalysis();
    const packets = new PcapngReader().push(readFileSync(file));
    for (const packet of packets) analysis.add(packet);
    expect(packets).toHaveLength(traffic.packets);
    expect(analysis.connections()[0]).toMatchObject({ wire: 'classic', broken: null, frames: [{}, {}, {}] });
  });

  it('says E_EXPORT when the file cannot be written', async () => {
    await expect(TrafficExport.open(path.join(folder, 'no', 'such'), () => {})).rejects.toMatchObject({
      code: 'E_EXPORT',
    });
  });

  it('leaves whole packets on a disk that fills up, and counts no others', async () => {
    const file = path.join(folder, 'full.pcapng');
    let room = 5000;
    const full = {
      ...fs,
      // Takes a part of the last piece, as a disk does.
      writev(fd: number, pieces: readonly Uint8Array[], _position: unknown, done: (...said: unknown[]) => void) {
        const all = Buffer.concat(pieces);
        const written = fs.writeSync(fd, all.subarray(0, room));
        room -= written;
        if (written < all.length) done(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }), written);
        else done(null, written);
      },
      write(
        fd: number,
        piece: Uint8Array,
        from: number,
        length: number,
        _at: unknown,
        done: (...said: unknown[]) => void,
      ) {
        full.writev(fd, [piece.subarray(from, from + length)], null, done);
      },
    };
    const reasons: string[] = [];
    const traffic = await TrafficExport.open(file, why => reasons.push(why), full as unknown as typeof fs);
    const ends = { local: { address: '127.0.0.1', port: 9000 }, remote: { address: '127.0.0.1', port: 40_000 } };
    const connection = traffic.connection(ends.local, ends.remote, 'remote', []);
    for (let seed = 0; seed < 50; seed++) {
      connection.chunk({ time: START, direction: 'sent', bytes: classicFrame(noise(400, seed)) });
      await new Promise(resolve => setImmediate(resolve));
    }
    await expect.poll(() => reasons.length).toBeGreaterThan(0);
    expect(reasons).toEqual(['The file cannot be written: the disk is full.']);
    const reader = new PcapngReader();
    const packets = reader.push(readFileSync(file));
    expect(packets.length).toBeGreaterThan(3);
    expect([packets.length, reader.unread]).toEqual([traffic.packets, 0]);
  });

  it.runIf(process.platform !== 'win32')('waits for nobody to read a FIFO, and for a slow reader of one', async () => {
    const fifo = path.join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    await expect(TrafficExport.open(fifo, () => {})).rejects.toMatchObject({
      ...{ code: 'E_EXPORT', message: expect.stringMatching(/nobody reads from it/) },
    });
    expect(await startFileCapture([9], fifo, () => {})).toMatch(/fifo cannot be written: nobody reads from it/);
    const reader = spawn('sh', ['-c', 'exec 3<"$1"; echo open; sleep 0.1; wc -c <&3', 'sh', fifo]);
    onTestFinished(() => void reader.kill('SIGKILL'));
    let said = '';
    reader.stdout.on('data', data => {
      said += data;
    });
    // The reader may not have opened it yet.
    const traffic = await vi.waitFor(() => TrafficExport.open(fifo, why => expect.fail(why)), { timeout: 30_000 });
    const ends = { local: { address: '127.0.0.1', port: 9000 }, remote: { address: '127.0.0.1', port: 40_000 } };
    const connection = traffic.connection(ends.local, ends.remote, 'remote', []);
    connection.chunk({ time: START, direction: 'sent', bytes: new Uint8Array(500_000) });
    await traffic.finish();
    await expect.poll(() => Number(/open\n(\d+)/.exec(said)?.[1] ?? 0)).toBeGreaterThan(500_000);
  });

  it.runIf(process.platform === 'linux')('says when the disk is full, also at the very end', async () => {
    const reasons: string[] = [];
    const traffic = await TrafficExport.open('/dev/full', why => reasons.push(why));
    await traffic.finish();
    expect(reasons).toEqual(['The file cannot be written: the disk is full.']);
    await traffic.finish();
  });
});
