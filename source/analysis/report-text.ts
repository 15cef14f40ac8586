import { type ConnectionReport, frameFigures } from './capture-report.js';
import type { FlowSide } from './flow.js';
import type { LogReport } from './log-report.js';

const LARGEST_SEGMENT_ROWS = 6;

/** One connection as the course's report has it, in plain text. */
export function connectionText(connection: ConnectionReport): string {
  const { client, server, handshake } = connection;
  const lines = [
    `${endpoint(client)} -> ${endpoint(server)}   ${wireName(connection)}`,
    `  began      ${new Date(connection.start).toISOString()}, lasted ${seconds(connection.duration)}, ${connection.packets} packets`,
    ...handshakeLines(connection),
    `  payload    client ${bytes(client.bytes)}, sharer ${bytes(server.bytes)}, mean ${rate(server.bytes, connection.duration)}`,
    `  segments   ${segmentLine(server)}`,
    `  repeated   client ${client.retransmissions}, sharer ${server.retransmissions} segments`,
    ...frameLines(connection),
    `  throughput ${connection.throughput
      .map(value => (value * 8) / 1e6)
      .map(value => value.toFixed(1))
      .join(' ')} Mbit/s by the second`,
  ];
  if (handshake.syn === null)
    lines.push('  note       the capture began after the handshake: MSS and window scaling are unknown');
  if (connection.broken) lines.push(`  note       not the classic wire to its end: ${connection.broken}`);
  if (connection.comment) lines.push(`  note       ${connection.comment}`);
  return `${lines.join('\n')}\n`;
}

export function logText(report: LogReport): string {
  const rows = report.sessions.map(session =>
    [
      `${session.role.padEnd(6)} ${new Date(session.start).toISOString()}, ${seconds(session.duration)}, ${session.snapshots} snapshots`,
      `  frames     ${session.frames}, mean ${session.fps.mean.toFixed(1)} fps (least ${session.fps.least.toFixed(1)}, most ${session.fps.most.toFixed(1)})`,
      `  bytes      ${bytes(session.bytes)}, mean ${bytes(session.bytesPerFrame.mean)} a frame, ratio ${session.compressionRatio.mean.toFixed(1)}`,
      `  link       mean ${session.mbitPerSecond.mean.toFixed(1)} Mbit/s, most ${session.mbitPerSecond.most.toFixed(1)}`,
      `  machine    cpu ${session.cpuPercent.mean.toFixed(0)} % of a core, memory ${session.rssMb.most.toFixed(0)} MB at most`,
      ...(session.bottlenecks.length > 0 ? [`  limits     ${session.bottlenecks.join('; ')}`] : []),
    ].join('\n'),
  );
  return `${rows.join('\n')}\n`;
}

function handshakeLines({ handshake, client, server }: ConnectionReport): string[] {
  if (handshake.syn === null) return [];
  const after = (time: number | null) => (time === null ? 'not seen' : `+${(time - handshake.syn!).toFixed(3)} ms`);
  return [
    `  handshake  SYN 0 ms, SYN-ACK ${after(handshake.synAck)}, ACK ${after(handshake.ack)}`,
    `             client ${synOptions(client)}`,
    `             sharer ${synOptions(server)}`,
  ];
}

function synOptions(side: FlowSide): string {
  return [
    `MSS ${side.maximumSegmentSize ?? 'none'}`,
    `WS ${side.windowScale === null ? 'none' : 2 ** side.windowScale}`,
    side.sackPermitted ? 'SACK_PERM' : 'no SACK',
  ].join(', ');
}

function segmentLine(side: FlowSide): string {
  const sizes = [...side.segmentSizes].sort((a, b) => b[1] - a[1]);
  const shown = sizes.slice(0, LARGEST_SEGMENT_ROWS).map(([size, count]) => `${count} x ${size}`);
  const rest = sizes.slice(LARGEST_SEGMENT_ROWS).reduce((sum, [, count]) => sum + count, 0);
  return [...shown, ...(rest > 0 ? [`${rest} others`] : [])].join(', ') || 'none';
}

function frameLines(connection: ConnectionReport): string[] {
  const figures = frameFigures(connection);
  if (!figures) return [];
  const first = connection.frames[0]!;
  return [
    `  frames     ${figures.count}, ${figures.perSecond.toFixed(1)} a second, mean ${bytes(figures.meanBytes)} (${bytes(figures.smallest)} to ${bytes(figures.largest)})`,
    `  ratio      ${figures.ratio === null ? 'unknown' : `${figures.ratio.toFixed(1)} (pictures of ${bytes(first.rawSize ?? 0)})`}`,
    `  boundaries ${
      figures.loneFirstBytes > 0
        ? `${figures.loneFirstBytes} frames begin with a segment of one byte (Len=1): header and body were sent apart`
        : 'no frame begins with a lone byte: header and body left in one write'
    }`,
  ];
}

export function wireName(connection: ConnectionReport): string {
  return connection.wire === 'unknown' ? 'no wire that peerglass knows' : `the ${connection.wire} wire`;
}

export function endpoint(side: FlowSide): string {
  return side.address.includes(':') ? `[${side.address}]:${side.port}` : `${side.address}:${side.port}`;
}

export function bytes(count: number): string {
  if (count < 10_000) return `${Math.round(count)} B`;
  if (count < 10_000_000) return `${(count / 1000).toFixed(1)} kB`;
  return `${(count / 1e6).toFixed(1)} MB`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

function rate(count: number, ms: number): string {
  return `${ms > 0 ? ((count * 8) / 1000 / ms).toFixed(2) : '0.00'} Mbit/s`;
}
