import type { TcpPacket } from './tcp-packet.js';

/**
 * A finding of Wireshark's TCP sequence analysis. Findings are in the order in which its packet list shows them before
 * a packet's own text.
 */
export type SequenceFinding =
  | { readonly kind: Exclude<FindingKind, 'duplicate-ack'> }
  /** The `count`th duplicate of packet `of`'s acknowledgement. */
  | { readonly kind: 'duplicate-ack'; readonly of: number; readonly count: number };

type FindingKind = keyof typeof WORDS;

const WORDS = {
  'zero-window-probe-ack': 'TCP ZeroWindowProbeAck',
  'zero-window': 'TCP ZeroWindow',
  'zero-window-probe': 'TCP ZeroWindowProbe',
  'duplicate-ack': 'TCP Dup ACK',
  'keep-alive-ack': 'TCP Keep-Alive ACK',
  'keep-alive': 'TCP Keep-Alive',
  'window-full': 'TCP Window Full',
  'window-update': 'TCP Window Update',
  'acked-unseen': 'TCP ACKed unseen segment',
  'previous-not-captured': 'TCP Previous segment not captured',
  'out-of-order': 'TCP Out-Of-Order',
  'spurious-retransmission': 'TCP Spurious Retransmission',
  'fast-retransmission': 'TCP Fast Retransmission',
  retransmission: 'TCP Retransmission',
} as const;
const ORDER = Object.keys(WORDS) as FindingKind[];

const RETRANSMISSIONS: ReadonlySet<FindingKind> = new Set([
  'retransmission',
  'fast-retransmission',
  'spurious-retransmission',
]);

/** Whether a packet retransmits data, a SYN or a FIN: Wireshark's field `tcp.analysis.retransmission`. */
export function isRetransmission(findings: readonly SequenceFinding[]): boolean {
  return findings.some(({ kind }) => RETRANSMISSIONS.has(kind));
}

/** Whether a packet's payload is not the next in the stream. */
export function isOutOfSequence(findings: readonly SequenceFinding[]): boolean {
  return findings.some(({ kind }) => kind === 'out-of-order' || RETRANSMISSIONS.has(kind));
}

export function findingText(finding: SequenceFinding): string {
  const words = WORDS[finding.kind];
  return finding.kind === 'duplicate-ack' ? `[${words} ${finding.of}#${finding.count}]` : `[${words}]`;
}

/** A fast retransmission comes within this time of the duplicate ACKs that trigger it. */
const FAST_MS = 20;
/** Old data this soon after newer data counts as out of order, not retransmitted, if the RTT is unknown. */
const OUT_OF_ORDER_MS = 3;

/** In place of a scale: the SYN has no such option, so neither direction is scaled. */
const UNSCALED = 'unscaled';

type Instant = TcpPacket['instant'];

/** Milliseconds. */
function since(before: Instant, now: Instant): number {
  return (now[0] - before[0]) * 1000 + (now[1] - before[1]) / 1e6;
}

interface Direction {
  /** The next expected sequence number; null before the first packet. */
  next: number | null;
  /** The time of the newest data. */
  nextTime: Instant;
  /** Payload length of the packet with the highest sequence number. */
  newestLength: number;
  /** The other side may acknowledge up to here; beyond, the capture has missed a packet. */
  contiguous: number | null;
  window: number;
  /** Null if no SYN was seen. */
  windowScale: number | typeof UNSCALED | null;
  /** A SYN's window is never scaled; it applies until the next packet. */
  windowUnscaled: boolean;
  acknowledged: number | null;
  acknowledgedTime: Instant;
  /** The first packet with this acknowledgement, and the number of its duplicates. */
  acknowledgedBy: number;
  duplicates: number;
  /** Whether a missed packet has been reported since the acknowledgement last advanced. */
  lossReported: boolean;
  lastKind: ReadonlySet<FindingKind>;
}

function direction(): Direction {
  return {
    next: null,
    nextTime: [0, 0],
    newestLength: 0,
    contiguous: null,
    window: -1,
    windowScale: null,
    windowUnscaled: false,
    acknowledged: null,
    acknowledgedTime: [0, 0],
    acknowledgedBy: 0,
    duplicates: 0,
    lossReported: false,
    lastKind: new Set(),
  };
}

/**
 * Wireshark 4's TCP sequence analysis with default settings: retransmissions, out-of-order packets, keep-alives and
 * window findings, with the same counts. Packets must be added in capture order.
 */
export class SequenceAnalysis {
  readonly #directions: readonly [Direction, Direction] = [direction(), direction()];
  #synTime: Instant | null = null;
  #firstRoundTripMs: number | null = null;

  /** @param which the sending side @param number the packet's number in the packet list */
  add(packet: TcpPacket, which: 0 | 1, number: number): SequenceFinding[] {
    const forward = this.#directions[which]!;
    const reverse = this.#directions[1 - which]!;
    this.#roundTrip(packet, which);
    const kinds = new Set<FindingKind>();
    if (!this.#probe(packet, forward, reverse, kinds)) this.#windows(packet, forward, reverse, kinds);
    const acknowledgement = packet.flags.ack ? packet.acknowledgement : 0;
    if (acknowledgement !== forward.acknowledged) {
      forward.acknowledgedBy = number;
      forward.duplicates = 0;
      forward.lossReported = false;
    }
    if (packet.flags.ack && reverse.contiguous !== null && after(acknowledgement, reverse.contiguous)) {
      if (unseen(reverse)) kinds.add('acked-unseen');
    }
    if (occupies(packet) > 0) this.#retransmission(packet, forward, reverse, kinds);
    this.#remember(packet, forward, kinds, acknowledgement);
    const { acknowledgedBy: of, duplicates: count } = forward;
    return ORDER.filter(kind => kinds.has(kind)).map(kind =>
      kind === 'duplicate-ack' ? { kind, of, count } : { kind },
    );
  }

  #roundTrip(packet: TcpPacket, which: 0 | 1): void {
    const { syn, ack } = packet.flags;
    if (syn && !ack) this.#synTime = packet.instant;
    else if (!syn && ack && which === 0 && this.#synTime !== null)
      this.#firstRoundTripMs ??= since(this.#synTime, packet.instant);
  }

  /** One byte beyond a zero window. Such a packet has no other findings. */
  #probe(packet: TcpPacket, forward: Direction, reverse: Direction, kinds: Set<FindingKind>): boolean {
    if (packet.payloadLength !== 1 || packet.sequence !== forward.next || reverse.window !== 0) return false;
    kinds.add('zero-window-probe');
    return true;
  }

  #windows(packet: TcpPacket, forward: Direction, reverse: Direction, kinds: Set<FindingKind>): void {
    const { sequence, window, payloadLength, flags } = packet;
    const plain = !flags.syn && !flags.fin && !flags.rst;
    if (window === 0 && plain) kinds.add('zero-window');
    if (forward.next !== null && after(sequence, forward.next) && !flags.rst) kinds.add('previous-not-captured');
    if (!plain) return;
    if (payloadLength <= 1 && forward.next !== null && sequence === back(forward.next, 1)) kinds.add('keep-alive');
    if (payloadLength > 0) {
      if (fills(packet, forward, reverse)) kinds.add('window-full');
      return;
    }
    const same = sequence === forward.next && packet.acknowledgement === forward.acknowledged;
    const probed = reverse.lastKind.has('zero-window-probe');
    if (window !== 0) {
      if (!same) return;
      if (window !== forward.window) kinds.add('window-update');
      else if (reverse.lastKind.has('keep-alive')) kinds.add('keep-alive-ack');
      else {
        forward.duplicates++;
        kinds.add('duplicate-ack');
      }
    } else if (forward.window === 0 && probed && sequence === forward.next) {
      const further =
        packet.acknowledgement === forward.acknowledged || packet.acknowledgement === on(forward.acknowledged ?? 0, 1);
      if (further) kinds.add('zero-window-probe-ack');
    }
  }

  #retransmission(packet: TcpPacket, forward: Direction, reverse: Direction, kinds: Set<FindingKind>): void {
    const { sequence, payloadLength, instant } = packet;
    if (kinds.has('keep-alive')) return;
    const end = on(sequence, payloadLength);
    // Data that starts one byte early follows a zero window probe, which did not advance `next`.
    const old =
      forward.next !== null &&
      after(forward.next, sequence) &&
      !(payloadLength > 1 && sequence === back(forward.next, 1));
    const { acknowledged } = reverse;
    if (payloadLength > 0 && acknowledged !== null && acknowledged !== 0 && !after(end, acknowledged)) {
      kinds.add('spurious-retransmission');
      return;
    }
    if (!old) return;
    const sinceAcknowledged = since(reverse.acknowledgedTime, instant);
    const asked = reverse.duplicates >= 2 && acknowledged === sequence;
    if (sinceAcknowledged >= 0 && sinceAcknowledged < FAST_MS && asked) {
      kinds.add('fast-retransmission');
      return;
    }
    const sinceNewest = since(forward.nextTime, instant);
    const soon = sinceNewest >= 0 && sinceNewest < (this.#firstRoundTripMs ?? OUT_OF_ORDER_MS);
    const reordered = forward.next !== on(sequence, occupies(packet)) || forward.newestLength === 0;
    kinds.add(soon && reordered ? 'out-of-order' : 'retransmission');
  }

  #remember(packet: TcpPacket, forward: Direction, kinds: ReadonlySet<FindingKind>, acknowledgement: number): void {
    const { sequence, flags, instant } = packet;
    const next = on(sequence, occupies(packet));
    const control = flags.syn || flags.fin ? 1 : 0;
    if (forward.next === null || after(next, on(forward.next, control))) forward.newestLength = packet.payloadLength;
    if (!kinds.has('zero-window-probe')) {
      if (forward.next === null || after(next, forward.next)) {
        forward.next = next;
        forward.nextTime = instant;
      }
      if (forward.contiguous === null || sequence === forward.contiguous) forward.contiguous = forward.next;
    }
    if (flags.syn) forward.windowScale = packet.options.windowScale ?? UNSCALED;
    forward.window = packet.window;
    forward.windowUnscaled = flags.syn;
    forward.acknowledged = acknowledgement;
    forward.acknowledgedTime = instant;
    forward.lastKind = kinds;
  }
}

/** Whether to report an acknowledgement of data that was not captured: once per gap. */
function unseen(sender: Direction): boolean {
  if (sender.contiguous !== null && sender.next !== null && after(sender.next, sender.contiguous)) {
    sender.contiguous = sender.next;
    return true;
  }
  const first = sender.duplicates === 0 && !sender.lossReported;
  sender.lossReported = true;
  return first;
}

/** The sequence numbers that a packet consumes. */
function occupies({ payloadLength, flags }: TcpPacket): number {
  return payloadLength + (flags.syn || flags.fin ? 1 : 0);
}

/** Whether its data end exactly at the edge of the receiver's window. */
function fills(packet: TcpPacket, forward: Direction, reverse: Direction): boolean {
  if (reverse.windowScale === null || reverse.acknowledged === null) return false;
  const scaled = reverse.windowScale !== UNSCALED && forward.windowScale !== UNSCALED && !reverse.windowUnscaled;
  const window = scaled ? reverse.window * 2 ** Number(reverse.windowScale) : reverse.window;
  return on(packet.sequence, packet.payloadLength) === on(reverse.acknowledged, window);
}

function on(sequence: number, by: number): number {
  return (sequence + by) >>> 0;
}

function back(sequence: number, by: number): number {
  return (sequence - by) >>> 0;
}

/** Whether `sequence` is after `other`, modulo 2^32. */
function after(sequence: number, other: number): boolean {
  return ((sequence - other) | 0) > 0;
}
