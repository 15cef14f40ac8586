import type { PacketLine } from '../analysis/flow.js';
import { bytesText } from '../core/bytes-text.js';
import type { MessageRecord } from '../session/inspect/message-record.js';
import type { PacketDetail, PacketTotals } from '../session/inspect/packet-messages.js';
import { countText } from './format.js';
import type { RecordColumn, RecordLine } from './record-table.js';

interface DetailLine {
  readonly text: string;
  readonly strong?: boolean;
}

export const MESSAGE_COLUMNS: readonly RecordColumn[] = [
  { title: 'no', width: 6, align: 'start', rank: 1 },
  { title: 'time', width: 12, align: 'end', rank: 3 },
  { title: 'from', width: 4, align: 'end', rank: 2 },
  { title: 'peer', width: 21, align: 'end', rank: 6 },
  { title: 'name', width: 24, align: 'end', rank: 4 },
  { title: 'bytes', width: 7, align: 'start', rank: 5 },
  { title: 'info', width: 0, align: 'end', rank: 0 },
];

export const PACKET_COLUMNS: readonly RecordColumn[] = [
  { title: 'no', width: 5, align: 'start', rank: 1 },
  { title: 'time', width: 9, align: 'start', rank: 2 },
  { title: 'source', width: 15, align: 'end', rank: 3 },
  { title: 'destination', width: 15, align: 'end', rank: 4 },
  { title: 'protocol', width: 9, align: 'end', rank: 5 },
  { title: 'length', width: 6, align: 'start', rank: 6 },
  { title: 'info', width: 22, align: 'end', rank: 0, keeps: /\bLen=\d+/ },
];

/** "14:03:27.512" by this machine's clock. */
function clockTime(unixMs: number): string {
  const date = new Date(unixMs);
  const two = (value: number): string => value.toString().padStart(2, '0');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${time}.${date.getMilliseconds().toString().padStart(3, '0')}`;
}

/** Lines of records, made once each: filters remember them. */
export class LineCache<Item extends { readonly number: number }> {
  readonly #lines = new WeakMap<Item, RecordLine>();
  readonly #cellsOf: (item: Item) => readonly string[];

  constructor(cellsOf: (item: Item) => readonly string[]) {
    this.#cellsOf = cellsOf;
  }

  linesOf(items: readonly Item[]): RecordLine[] {
    return items.map(item => {
      let line = this.#lines.get(item);
      if (!line) {
        line = { number: item.number, cells: this.#cellsOf(item) };
        this.#lines.set(item, line);
      }
      return line;
    });
  }
}

export function messageCells(record: MessageRecord): readonly string[] {
  const { number, time, direction, peer, name, length, info } = record;
  return [String(number), clockTime(time), direction === 'sent' ? 'here' : 'peer', peer, name, String(length), info];
}

export function packetCells({ number, time, source, destination, protocol, length, info }: PacketLine): string[] {
  return [String(number), time.toFixed(6), source, destination, protocol, String(length), info];
}

export function messageDetail(record: MessageRecord): DetailLine[] {
  const { number, name, direction, peer, length, time, info, fields, head } = record;
  const more = length > head.length ? `, the first ${head.length} of ${length} bytes` : '';
  return [
    { text: `${number} ${name}, ${direction === 'sent' ? 'to' : 'from'} ${peer}`, strong: true },
    { text: `${clockTime(time)}, ${length} bytes. ${info}` },
    ...fields.map(([field, value]) => ({ text: `${field}: ${value}` })),
    { text: '' },
    { text: `Bytes${more}`, strong: true },
    ...hexdump(head).map(text => ({ text })),
  ];
}

/** Bytes of a packet that the hexdump shows. */
const MAX_DUMPED = 4096;

export function packetDetail({ line, layers, bytes }: PacketDetail): DetailLine[] {
  return [
    { text: `${line.number} ${line.info}`, strong: true },
    ...layers.flatMap(layer => [
      { text: layer.name, strong: true },
      ...layer.fields.map(([name, value]) => ({ text: `  ${name}: ${value}` })),
    ]),
    { text: '' },
    { text: 'Bytes', strong: true },
    ...hexdump(bytes.subarray(0, MAX_DUMPED)).map(text => ({ text })),
  ];
}

/** Totals of the records since the page was opened. */
export function messageTotals(records: readonly MessageRecord[]): string {
  const first = records[0];
  const last = records.at(-1);
  if (!first || !last) return 'no messages yet';
  const sum = (direction: MessageRecord['direction']): number =>
    records.reduce((total, record) => total + (record.direction === direction ? record.length : 0), 0);
  const seconds = (last.time - first.time) / 1000;
  const rate = seconds > 0 ? `, ${Math.round((records.length - 1) / seconds)} per second` : '';
  const listed = `${countText(records.length)} messages${rate}`;
  return `${listed}, ${bytesText(sum('sent'))} sent, ${bytesText(sum('received'))} received`;
}

export function packetTotals(totals: PacketTotals | null, skipped: number): string {
  if (!totals) return 'no packets yet';
  const { packets, bytes, connections, retransmissions } = totals;
  const left = skipped > 0 ? `, ${countText(skipped)} not listed (too fast)` : '';
  return `${countText(packets)} packets, ${bytesText(bytes)}, ${connections} ${connections === 1 ? 'connection' : 'connections'}, ${retransmissions} retransmitted${left}`;
}

const HEXDUMP_WIDTH = 16;

/** Rows of 16 bytes: where, the bytes, and the characters among them. At most 75 columns. */
function hexdump(bytes: Uint8Array): string[] {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += HEXDUMP_WIDTH) {
    const row = [...bytes.subarray(at, at + HEXDUMP_WIDTH)];
    const hex = row.map((byte, index) => (index === HEXDUMP_WIDTH / 2 ? ' ' : '') + byte.toString(16).padStart(2, '0'));
    const characters = row.map(byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'));
    rows.push(
      `${at.toString(16).padStart(4, '0')}  ${hex.join(' ').padEnd(HEXDUMP_WIDTH * 3)}  ${characters.join('').padEnd(HEXDUMP_WIDTH)}`,
    );
  }
  return rows;
}
