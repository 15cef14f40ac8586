import { type ConnectionReport, frameFigures } from './capture-report.js';
import type { ClassicFrame } from './classic-frames.js';
import type { FlowSide } from './flow.js';

/** Figures of a report, in decimal units. */

export function bytes(count: number): string {
  if (count < 10_000) return `${Math.round(count)} B`;
  if (count < 10_000_000) return `${(count / 1000).toFixed(1)} kB`;
  return `${(count / 1e6).toFixed(1)} MB`;
}

/** Unix milliseconds as date and time; a file's times may be out of range. */
export function dateText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? 'at an invalid time' : date.toISOString();
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

/** Lines of a text report about the packets: handshake, segment sizes, frame boundaries. */

const SEGMENT_ROWS = 6;
const FRAME_ROWS = 5;
/** Bytes of the timestamps option in every segment, with padding (RFC 7323, appendix A). */
const TIMESTAMPS_BYTES = 12;

/** The three packets of the handshake, their options spelled as in Wireshark. */
export function handshakeLines({ handshake, client, server }: ConnectionReport): string[] {
  if (handshake.syn === null) return [];
  const after = (time: number | null) => (time === null ? 'not seen' : `+${(time - handshake.syn!).toFixed(3)} ms`);
  const rows = [
    ['client', 'SYN', '0 ms', synOptions(client)],
    ['sharer', 'SYN, ACK', after(handshake.synAck), handshake.synAck === null ? '' : synOptions(server)],
    ['client', 'ACK', after(handshake.ack), ''],
  ];
  return labelled(
    'handshake',
    rows.map(([who, flags, time, options]) => `${who} ${flags!.padEnd(8)}  ${time!.padEnd(10)}  ${options}`),
  );
}

function synOptions(side: FlowSide): string {
  return [
    side.maximumSegmentSize === null ? 'no MSS' : `MSS=${side.maximumSegmentSize}`,
    side.windowScale === null ? 'no WS' : `WS=${2 ** side.windowScale}`,
    side.sackPermitted ? 'SACK_PERM' : 'no SACK_PERM',
    ...(side.timestamps ? ['timestamps'] : []),
  ].join(' ');
}

/** The payload of a full segment from the sharer; null if the capture lacks the negotiation. */
function fullSegment({ client, server }: ConnectionReport): { readonly bytes: number; readonly why: string } | null {
  if (client.maximumSegmentSize === null || server.maximumSegmentSize === null) return null;
  const most = Math.min(client.maximumSegmentSize, server.maximumSegmentSize);
  if (!client.timestamps || !server.timestamps) return { bytes: most, why: `full: MSS ${most}` };
  return { bytes: most - TIMESTAMPS_BYTES, why: `full: MSS ${most} less ${TIMESTAMPS_BYTES} of timestamps` };
}

/** The most common sizes of the sharer's segments. */
export function segmentLines(connection: ConnectionReport): string[] {
  const sizes = [...connection.server.segmentSizes].sort((a, b) => b[1] - a[1]);
  if (sizes.length === 0) return labelled('segments', ['none from the sharer']);
  const full = fullSegment(connection);
  const shown = sizes.slice(0, SEGMENT_ROWS).map(([size, count]) => {
    const note = size === full?.bytes ? `  ${full.why}` : '';
    return `${String(count).padStart(6)} x Len=${String(size).padEnd(5)}${note}`.trimEnd();
  });
  const rest = sizes.slice(SEGMENT_ROWS);
  const others = rest.reduce((sum, [, count]) => sum + count, 0);
  if (others > 0) shown.push(`${String(others).padStart(6)} in ${rest.length} other sizes`);
  return labelled('segments', shown);
}

/** A note on segments larger than the MSS: captured before the network card split them, or after it merged them. */
export function offloadLines(connection: ConnectionReport): string[] {
  const full = fullSegment(connection);
  const larger = [...connection.server.segmentSizes].filter(([size]) => full !== null && size > full.bytes);
  const count = larger.reduce((sum, [, many]) => sum + many, 0);
  if (count === 0) return [];
  return [
    `  note       ${count} segments exceed the MSS: captured before the network card split them (TSO, GSO) or after it`,
    '             merged them (GRO)',
  ];
}

/** Frame statistics, the boundaries of the first frames and the last, and how many first bytes were sent alone. */
export function frameLines(connection: ConnectionReport): string[] {
  const figures = frameFigures(connection);
  if (!figures) return [];
  const { frames } = connection;
  return [
    `  frames     ${figures.count}, ${figures.perSecond.toFixed(1)} per second, mean ${bytes(figures.meanBytes)} (${bytes(figures.smallest)} to ${bytes(figures.largest)})`,
    `  ratio      ${figures.ratio === null ? 'unknown' : `${figures.ratio.toFixed(1)} (pictures of ${bytes(frames[0]!.rawSize ?? 0)})`}`,
    ...labelled('boundaries', [
      'frame  packet       Seq  header + body  segments  first segment',
      ...frames.slice(0, FRAME_ROWS).map(boundary),
      ...(frames.length > FRAME_ROWS + 1 ? ['  ...'] : []),
      ...(frames.length > FRAME_ROWS ? [boundary(frames.at(-1)!)] : []),
    ]),
    ...labelled('first byte', firstByte(figures.loneFirstBytes, figures.count)),
  ];
}

function boundary(frame: ClassicFrame): string {
  const cells = [
    String(frame.number).padStart(5),
    String(frame.packet).padStart(6),
    String(frame.sequence).padStart(8),
    `${frame.headerBytes} + ${frame.size}`.padStart(13),
    String(frame.segments).padStart(8),
    `Len=${frame.firstSegment}`,
  ];
  return cells.join('  ');
}

function firstByte(alone: number, count: number): string[] {
  if (alone === 0) return ['never alone: always in one segment with the bytes that follow'];
  return [
    `alone in a segment (Len=1) in ${alone} of ${count} frames: the length of the size field, which the original`,
    'program sends by itself',
  ];
}

/** The lines, indented, with a label before the first. */
function labelled(label: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `  ${(index === 0 ? label : '').padEnd(10)} ${line}`.trimEnd());
}
