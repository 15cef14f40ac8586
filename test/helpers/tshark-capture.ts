import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach } from 'vitest';
import { LINKTYPE, pcapngHeader, pcapngPacket } from '../../source/analysis/pcapng-writer.js';
import { type StreamChunk, TcpSynthesis } from '../../source/analysis/tcp-synthesis.js';

const PORT = 5900;

let folder: string | null = null;
afterEach(() => {
  if (folder) rmSync(folder, { recursive: true });
  folder = null;
});

/** Writes the bytes of a connection as a capture of packets. */
export function captureOf(chunks: readonly StreamChunk[]): string {
  const synthesis = new TcpSynthesis({ address: '127.0.0.1', port: PORT }, { address: '127.0.0.2', port: 51_234 });
  const start = chunks[0]!.time;
  const packets = [...synthesis.handshake('remote', start - 1)];
  for (const chunk of chunks) packets.push(...synthesis.data(chunk));
  folder = mkdtempSync(path.join(tmpdir(), 'peerglass-tshark-'));
  const file = path.join(folder, 'session.pcapng');
  const header = pcapngHeader({ linkType: LINKTYPE.RAW, application: 'peerglass test' });
  writeFileSync(file, Buffer.concat([header, ...packets.map(pcapngPacket)]));
  return file;
}

/** A field of each packet that a display filter lets through. */
export function tshark(file: string, filter: string, field: string): string[] {
  const args = ['-r', file, '-d', `tcp.port==${PORT},vnc`, '-Y', filter, '-T', 'fields', '-e', field];
  const text = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1e8 });
  return text.split('\n').filter(Boolean);
}
