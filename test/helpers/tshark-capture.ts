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

/** A packet as tshark shows it. */
export interface VncPacket {
  readonly fromSharer: boolean;
  /** Whether it is of VNC. */
  readonly vnc: boolean;
  readonly info: string;
  readonly malformed: boolean;
  readonly messageTypes: readonly string[];
  readonly encodings: readonly string[];
}

const FIELDS = [
  'tcp.srcport',
  'vnc',
  '_ws.col.Info',
  '_ws.malformed',
  'vnc.server_message_type',
  'vnc.fb_update_encoding_type',
];

/** Every packet of a capture, in one run of tshark. */
export function vncPackets(file: string): VncPacket[] {
  const fields = FIELDS.flatMap(field => ['-e', field]);
  const args = ['-n', '-r', file, '-d', `tcp.port==${PORT},vnc`, '-T', 'fields', ...fields];
  const text = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1e8 });
  return text
    .split('\n')
    .filter(Boolean)
    .map(line => {
      const [port, vnc, info, malformed, types, encodings] = line.split('\t');
      const values = (cell: string | undefined) => (cell ? cell.split(',') : []);
      return {
        fromSharer: port === String(PORT),
        vnc: vnc !== '',
        info: info ?? '',
        malformed: malformed !== '',
        messageTypes: values(types),
        encodings: values(encodings),
      };
    });
}
