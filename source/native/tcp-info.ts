import type { Socket } from 'node:net';
import { loadNative } from './load-native.js';
import { socketDescriptor } from './socket-descriptors.js';

/** Linux's TCP_INFO of a connection. Times in milliseconds, sizes in bytes, rates in bytes per second. */
export interface TcpInfo {
  readonly rttMs: number;
  readonly rttVarMs: number;
  /** The minimum round trip of the last minutes. */
  readonly minRttMs: number;
  /** Congestion window and slow start threshold, in segments; a threshold never set is Infinity. */
  readonly congestionWindow: number;
  readonly slowStartThreshold: number;
  readonly segmentSize: number;
  /** Segments retransmitted since the connection began. */
  readonly retransmits: number;
  readonly deliveryRate: number;
  /** Segments in flight, not acknowledged. */
  readonly unackedSegments: number;
  /** Bytes acknowledged by the peer's kernel since the connection began. */
  readonly ackedBytes: number;
  /** Bytes written to the kernel, not yet sent. */
  readonly notSentBytes: number;
  /** Bytes written to the kernel, not yet acknowledged, unsent ones included (SIOCOUTQ). */
  readonly outQueueBytes: number;
  /** Age of the last round trip measurement: an idle link gives none. */
  readonly rttAgeMs: number;
  /** Time since the last acknowledgement. */
  readonly ackAgeMs: number;
  /** Unanswered keep-alive or zero-window probes. */
  readonly probes: number;
  /** Delay from the last data sent to its acknowledgement; negative while one is outstanding. */
  readonly ackDelayMs: number;
  /** The receive window last offered by the peer; null before Linux 5.4. */
  readonly sendWindow: number | null;
  /** Time in which data was in flight or queued. */
  readonly busyMs: number;
  /** The part of it limited by the peer's receive window alone: the peer does not read the data. */
  readonly windowLimitedMs: number;
  /** Whether the delivery rate was limited by the application, so that the link could carry more. */
  readonly rateIsLeast: boolean;
}

interface SystemCalls {
  getsockopt(fd: number, level: number, option: number, value: Buffer, length: Uint32Array): number;
  setsockopt(fd: number, level: number, option: number, value: Int32Array, length: number): number;
  setName(fd: number, level: number, option: number, value: Buffer, length: number): number;
  ioctl(fd: number, request: number, value: Int32Array): number;
}

const IPPROTO_TCP = 6;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;
const TCP_INFO = 11;
const TCP_CONGESTION = 13;
const TCP_NOTSENT_LOWAT = 25;
const SIOCOUTQ = 0x5411;

/** Offsets in `struct tcp_info` of linux/tcp.h; fields are only ever appended. */
const AT = {
  probes: 3,
  rateFlags: 7,
  segmentSize: 16,
  unacked: 24,
  lastDataSent: 44,
  lastAckReceived: 56,
  rtt: 68,
  rttVar: 72,
  slowStartThreshold: 76,
  congestionWindow: 80,
  totalRetransmits: 100,
  ackedBytes: 120,
  notSentBytes: 144,
  minRtt: 148,
  deliveryRate: 160,
  busy: 168,
  windowLimited: 176,
  sendWindow: 228,
} as const;
const TCP_INFO_LENGTH = 256;
/** TCP_INFINITE_SSTHRESH of net/tcp.h. */
const NO_THRESHOLD = 0x7fffffff;

/** Loaded once a process. */
let calls: SystemCalls | null | undefined;

function systemCalls(): SystemCalls | null {
  if (calls !== undefined) return calls;
  calls = null;
  if (process.platform !== 'linux') return null;
  try {
    const koffi = loadNative('koffi');
    const libc = koffi.load(null);
    calls = {
      getsockopt: libc.func('int getsockopt(int, int, int, _Out_ uint8_t *, _Inout_ uint32_t *)'),
      setsockopt: libc.func('int setsockopt(int, int, int, const int32_t *, uint32_t)'),
      setName: libc.func('int setsockopt(int, int, int, const uint8_t *, uint32_t)'),
      ioctl: libc.func('int ioctl(int, unsigned long, _Out_ int32_t *)'),
    } as SystemCalls;
  } catch {
    // Without koffi there is no TCP_INFO; everything else works.
  }
  return calls;
}

const scratch = Buffer.alloc(TCP_INFO_LENGTH);

/** The kernel's TCP_INFO, or null where it is unavailable (not Linux, no koffi, closed). Takes about 10 µs. */
export function readTcpInfo(socket: Socket): TcpInfo | null {
  const fd = socketDescriptor(socket);
  const system = fd === null ? null : systemCalls();
  if (fd === null || !system) return null;
  const length = Uint32Array.of(TCP_INFO_LENGTH);
  if (system.getsockopt(fd, IPPROTO_TCP, TCP_INFO, scratch, length) !== 0) return null;
  if (length[0]! < AT.windowLimited + 8) return null;
  const queue = new Int32Array(1);
  if (system.ioctl(fd, SIOCOUTQ, queue) !== 0) return null;
  const u32 = (at: number) => scratch.readUInt32LE(at);
  const u64 = (at: number) => Number(scratch.readBigUInt64LE(at));
  const threshold = u32(AT.slowStartThreshold);
  const unackedSegments = u32(AT.unacked);
  const [dataAgeMs, ackAgeMs] = [u32(AT.lastDataSent), u32(AT.lastAckReceived)];
  return {
    rttMs: u32(AT.rtt) / 1000,
    rttVarMs: u32(AT.rttVar) / 1000,
    minRttMs: u32(AT.minRtt) / 1000,
    congestionWindow: u32(AT.congestionWindow),
    slowStartThreshold: threshold >= NO_THRESHOLD ? Number.POSITIVE_INFINITY : threshold,
    segmentSize: u32(AT.segmentSize),
    retransmits: u32(AT.totalRetransmits),
    deliveryRate: u64(AT.deliveryRate),
    unackedSegments,
    ackedBytes: u64(AT.ackedBytes),
    notSentBytes: u32(AT.notSentBytes),
    outQueueBytes: queue[0]!,
    // When everything is acknowledged, the last measurement is about as old as the last data.
    rttAgeMs: unackedSegments > 0 ? ackAgeMs : dataAgeMs,
    ackAgeMs,
    probes: scratch[AT.probes]!,
    ackDelayMs: dataAgeMs - ackAgeMs,
    sendWindow: length[0]! >= AT.sendWindow + 4 ? u32(AT.sendWindow) : null,
    busyMs: u64(AT.busy) / 1000,
    windowLimitedMs: u64(AT.windowLimited) / 1000,
    rateIsLeast: (scratch[AT.rateFlags]! & 1) !== 0,
  };
}

/**
 * Limits unsent data in the kernel to `bytes` (TCP_NOTSENT_LOWAT). Data that the link cannot carry then stays with us,
 * where a newer frame can replace it. False where the system cannot.
 */
export function limitUnsent(socket: Socket, bytes: number): boolean {
  const fd = socketDescriptor(socket);
  const system = fd === null ? null : systemCalls();
  if (fd === null || !system) return false;
  return system.setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, Int32Array.of(bytes), 4) === 0;
}

/** Chooses the congestion control of a connection by its name, e.g. "bbr". False where the system has none such. */
export function chooseCongestion(socket: Socket, name: string): boolean {
  const fd = socketDescriptor(socket);
  const system = fd === null ? null : systemCalls();
  if (fd === null || !system) return false;
  const text = Buffer.from(name, 'latin1');
  return system.setName(fd, IPPROTO_TCP, TCP_CONGESTION, text, text.length) === 0;
}

/** Seconds between unanswered keep-alive probes, and until the link is given up. */
const PROBE_S = 5;
const GIVE_UP_S = 60;

/**
 * Enables keep-alive probes on a connection idle for `idleMs`, and ends it after a minute of unanswered probes. Without
 * native calls Node allows only ten probes a second apart; they start later, so that it takes a minute too.
 */
export function keepAlive(socket: Socket, idleMs: number): void {
  const fd = socketDescriptor(socket);
  const system = fd === null ? null : systemCalls();
  if (fd === null || !system) {
    socket.setKeepAlive(true, (GIVE_UP_S - 10) * 1000);
    return;
  }
  socket.setKeepAlive(true, idleMs);
  system.setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, Int32Array.of(PROBE_S), 4);
  system.setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, Int32Array.of(GIVE_UP_S / PROBE_S), 4);
}
