import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportOnLog } from '../../source/analysis/log-report.js';
import { reportOnFile } from '../../source/analysis/report-file.js';
import { capture, classicFrame, noise } from '../helpers/synthetic-capture.js';

const START = 1_790_000_000_000;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'peerglass-report-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const where = path.join(folder, name);
  writeFileSync(where, content);
  return where;
}

function snapshot(second: number, frames: number, changes: object = {}): string {
  return JSON.stringify({
    t: START + second * 1000,
    role: 'share',
    fps: 30,
    bytesPerFrame: 2000,
    compressionRatio: 12,
    mbitPerSecond: 0.48,
    frames,
    bytes: frames * 2000,
    cpuPercent: 12,
    rssMb: 90,
    bottleneck: 'limited by compress: 21 of 24 ms a frame',
    ...changes,
  });
}

describe('a report on a capture', () => {
  it('reads off what the course asks for', async () => {
    const frames = [1, 2, 3, 4, 5].map(seed => classicFrame(noise(30 * 20 * 3, seed)));
    const chunks = frames.map((bytes, index) => ({ time: START + index * 500, direction: 'sent' as const, bytes }));
    const report = await reportOnFile(file('a.pcapng', capture(chunks)), 'a');
    expect(report.text).toContain('192.168.1.86:51234 -> 192.168.1.82:9000   the classic wire');
    expect(report.text).toContain('client MSS 1460, WS 128, SACK_PERM');
    expect(report.text).toContain('frames     5, 2.0 a second');
    const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
    expect(report.text).toContain(`ratio      ${((5 * 1800) / bytes).toFixed(1)} (pictures of 1800 B)`);
    expect(report.text).toContain('no frame begins with a lone byte');
    expect(report.html).toContain('<svg');
    expect(report.html).not.toMatch(/(src|href)=/);
  });

  it('knows an rfb session by its banner, and marks a file that is cut', async () => {
    const bytes = capture([{ time: START, direction: 'sent', bytes: Buffer.from('RFB 003.008\n') }]);
    const report = await reportOnFile(file('b.pcapng', bytes.subarray(0, bytes.length - 9)), 'b');
    expect(report.text).toContain('the rfb wire');
    expect(report.text).toContain('ends inside a packet');
  });

  it('refuses what holds nothing to report on, with E_CAPTURE_FILE', async () => {
    await expect(reportOnFile(file('c', 'hello\n'), 'c')).rejects.toMatchObject({ code: 'E_CAPTURE_FILE' });
    await expect(reportOnFile(file('d', ''), 'd')).rejects.toMatchObject({ code: 'E_CAPTURE_FILE' });
    await expect(reportOnFile(path.join(folder, 'none'), 'e')).rejects.toMatchObject({ code: 'E_CAPTURE_FILE' });
    await expect(reportOnFile(file('f.pcapng', capture([]).subarray(0, 64)), 'f')).rejects.toMatchObject({
      code: 'E_CAPTURE_FILE',
    });
  });
});

describe('a report on a log', () => {
  it('takes totals from the last snapshot, spreads from all, and sees a new session when totals start again', () => {
    const report = reportOnLog([snapshot(0, 10), snapshot(1, 40, { fps: 60 }), '', snapshot(9, 5)]);
    expect(report.sessions).toHaveLength(2);
    expect(report.sessions[0]).toMatchObject({
      frames: 40,
      bytes: 80_000,
      duration: 1000,
      fps: { least: 30, mean: 45, most: 60 },
      bottlenecks: ['limited by compress'],
    });
  });

  it('passes over what a log has besides snapshots', () => {
    const event = JSON.stringify({ t: START, role: 'share', type: 'listening', wires: [], code: null });
    const notice = JSON.stringify({ t: START, role: 'share', type: 'notice', tone: 'info', text: 'connected' });
    const report = reportOnLog([event, snapshot(0, 10, { type: 'snapshot' }), notice, snapshot(1, 20)]);
    expect(report.sessions).toMatchObject([{ snapshots: 2, frames: 20 }]);
  });

  it('is written as text and as HTML', async () => {
    const report = await reportOnFile(file('g.ndjson', `${snapshot(0, 10)}\n${snapshot(1, 40)}\n`), '<g>');
    expect(report.text).toContain('frames     40');
    expect(report.html).toContain('&#60;g&#62;');
    expect(report.html).not.toContain('<g>');
  });

  it('names the line that is damaged', () => {
    expect(() => reportOnLog([snapshot(0, 1), '{'])).toThrow(
      expect.objectContaining({ code: 'E_CAPTURE_FILE', message: 'Line 2 is not JSON.' }),
    );
    expect(() => reportOnLog([snapshot(0, 1, { fps: 'many' })])).toThrow(/"fps"/);
  });
});
