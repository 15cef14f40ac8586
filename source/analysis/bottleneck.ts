import { bitRate } from '../core/bit-rate.js';

/** What a capture waited for last: a change, the cap on frames a second, the capture before it, or a viewer. */
export type CaptureGate = 'screen' | 'cap' | 'capture' | 'viewers';

/** What limits a session. `screen`: nothing does, everything that changes is shown; `sharer`: the other end. */
export type Limit =
  | 'paused'
  | 'screen'
  | 'cap'
  | 'capture'
  | 'detect'
  | 'compress'
  | 'network'
  | 'viewer'
  | 'decode'
  | 'present'
  | 'sharer';

export interface Verdict {
  readonly limit: Limit;
  /** One line with the figures that support it. */
  readonly text: string;
}

/** How the way to a viewer was used in the last second. */
export interface LinkUse {
  readonly address: string;
  /** For how much of the time nothing could be sent because the last update was under way or not answered, 0 to 1. */
  readonly heldShare: number;
  /** The mean of one such time, what was under way in it, and how long the present one lasts. */
  readonly heldMs: number;
  readonly heldBytes: number;
  readonly heldForMs: number;
  /** Null where the system does not tell. */
  readonly tcp: TcpUse | null;
  /** Written, and not acknowledged by the viewer's system. */
  readonly queuedBytes: number;
}

/** What TCP tells of a connection. */
export interface TcpUse {
  /**
   * For how much of the time something was not acknowledged, where the viewer's full buffer was not the reason. It proves no
   * slow link: systems may take their time to acknowledge what has arrived.
   */
  readonly busyShare: number;
  /** Bytes a second that were acknowledged. */
  readonly carried: number;
  /** What the link was last seen to carry when it had to; 0: unknown. */
  readonly bytesPerSecond: number;
  /** Whether it never had to, so that it may carry more. */
  readonly least: boolean;
  readonly minRttMs: number;
  /** The least round trip where the next update waits for an answer to the last, 0 where updates overlap. */
  readonly awaitedMs: number;
}

/** What one frame costs at another deflate level, against the present one. Measured, not guessed. */
export interface LevelCost {
  readonly level: number;
  readonly timeFactor: number;
  readonly bytesFactor: number;
}

/** What is known of a share in its last second. Times are milliseconds. */
export interface ShareTimes {
  readonly watching: number;
  readonly paused: boolean;
  /** Changed frames a second and viewer that left. */
  readonly fps: number;
  readonly fpsCap: number;
  readonly captures: number;
  readonly gate: CaptureGate;
  readonly stagesMs: {
    readonly capture: number;
    readonly detect: number;
    readonly encode: number;
  };
  /** For how much of the time something was being compressed, 0 to 1. */
  readonly encodeShare: number;
  readonly bytesPerFrame: number;
  readonly links: readonly LinkUse[];
  readonly levels: readonly LevelCost[];
}

/** Within this of the cap, the cap is what limits. */
const NEAR_CAP = 0.93;
/** What goes on for less of the time than this limits nothing, even where a change had to wait for it once. */
const IDLE = 0.1;
/** A viewer that takes nothing for that long has stopped. */
const STOPPED_MS = 1500;
/** Another level is worth a word when it gives that much more. */
const WORTHWHILE = 1.1;
/** Of levels that give about as many frames the one with the fewest bytes is named. */
const ABOUT = 0.95;

/** What limits the frame rate of a share, or null while nobody watches. */
export function shareVerdict(times: ShareTimes): Verdict | null {
  if (times.watching === 0) return null;
  if (times.paused) return { limit: 'paused', text: 'paused: viewers keep the last picture' };
  if (times.fps >= times.fpsCap * NEAR_CAP) return capVerdict(times);
  switch (times.gate) {
    case 'screen':
      return screenVerdict(times);
    case 'cap':
      return capVerdict(times);
    case 'capture':
      return captureVerdict(times);
    case 'viewers':
      return viewersVerdict(times);
  }
}

/** From one frame to the next, where frames come. */
function cycleMs(fps: number): number | null {
  return fps >= 1 ? 1000 / fps : null;
}

/** "21 of 24 ms a frame". */
function ofCycle(ms: number, fps: number): string {
  const cycle = cycleMs(fps);
  return cycle === null ? `${time(ms)} ms a frame` : `${time(Math.min(ms, cycle))} of ${time(cycle)} ms a frame`;
}

const STEPS = {
  capture: 'capture',
  detect: 'change detection',
  compress: 'compression',
  decode: 'decoding',
  present: 'drawing',
} as const;
/** What takes less of the time between two frames takes most of it, but is not alone what limits them. */
const LIMITING = 0.5;

/** "limited by compression: 28 of 33 ms a frame", where that is so. */
function slowestStep(step: keyof typeof STEPS, ms: number, fps: number): string {
  const cycle = cycleMs(fps);
  const limits = cycle === null || ms >= cycle * LIMITING;
  return limits ? `limited by ${STEPS[step]}: ${ofCycle(ms, fps)}` : `slowest step ${STEPS[step]}: ${ofCycle(ms, fps)}`;
}

function workMs({ stagesMs }: ShareTimes): number {
  return stagesMs.capture + stagesMs.detect + stagesMs.encode;
}

function capVerdict(times: ShareTimes): Verdict {
  return { limit: 'cap', text: `at the cap of ${times.fpsCap} fps: busy ${ofCycle(workMs(times), times.fpsCap)}` };
}

function screenVerdict(times: ShareTimes): Verdict {
  if (times.captures === 0) return { limit: 'screen', text: 'nothing changes on the screen' };
  const changes = `the screen changes ${times.captures} ${times.captures === 1 ? 'time' : 'times'} a second`;
  return { limit: 'screen', text: `keeping up: ${changes}, a frame takes ${time(workMs(times))} ms` };
}

function captureVerdict(times: ShareTimes): Verdict {
  const { capture, detect } = times.stagesMs;
  const limit = detect > capture ? 'detect' : 'capture';
  return { limit, text: slowestStep(limit, Math.max(capture, detect), times.fps) };
}

/** A change was due and no viewer could take it: one of them was being compressed for, or was not done with the last. */
function viewersVerdict(times: ShareTimes): Verdict {
  const link = times.links.reduce<LinkUse | null>(
    (most, each) => (!most || each.heldShare < most.heldShare ? each : most),
    null,
  );
  if (Math.max(times.encodeShare, link?.heldShare ?? 0) < IDLE) return screenVerdict(times);
  if (!link || times.encodeShare >= link.heldShare) return compressVerdict(times, link);
  const better = betterLevel(times, link);
  return linkVerdict(link, times.fps, better ? `; level ${better.level} would give ${Math.round(better.fps)} fps` : '');
}

/** A system may keep its acknowledgement back for that long: what is not acknowledged sooner may have arrived. */
const LATE_ACK_MS = 50;

/** What keeps one viewer from being sent more frames a second. */
export function linkVerdict(link: LinkUse, fps: number, hint = ''): Verdict {
  const { address, tcp, heldForMs, queuedBytes } = link;
  const limited = link.heldShare >= LIMITING ? 'limited by' : 'waits mostly for';
  const stopped = heldForMs > STOPPED_MS;
  const heldMs = stopped ? heldForMs : link.heldMs;
  if (!tcp) {
    const text = `${limited} the network or the viewer at ${address}: ${ofCycle(heldMs, fps)}`;
    return { limit: 'network', text: text + hint };
  }
  const transfer = transferMs(link, tcp);
  if (Math.max(transfer + tcp.awaitedMs, underWayMs(link, tcp, heldMs)) > heldMs / 2) {
    const delayed = tcp.awaitedMs > transfer && tcp.awaitedMs > heldMs / 2;
    const carried = `${bitRate(tcp.carried)} carried, ${kilobytes(queuedBytes)} queued`;
    const how = delayed ? `a round trip takes ${time(tcp.minRttMs)} ms` : carried;
    return { limit: 'network', text: `${limited} the network to ${address}: ${how}${hint}` };
  }
  const how = stopped
    ? `it has taken nothing for ${(heldForMs / 1000).toFixed(0)} s`
    : `it takes ${ofCycle(heldMs, fps)}`;
  return { limit: 'viewer', text: `${limited} the viewer at ${address}: ${how}` };
}

/** What the link needs at most for what was under way, beside the round trip. */
function transferMs({ heldBytes }: LinkUse, { bytesPerSecond, least, minRttMs }: TcpUse): number {
  if (bytesPerSecond === 0) return 0;
  const ms = (heldBytes * 1000) / bytesPerSecond;
  // Of a link that never was full the rate is that of single pieces, each of them with its round trip.
  return least ? Math.max(ms - minRttMs, 0) : ms;
}

/** For how much of such a time it is certain that something was on its way, or lost there. */
function underWayMs({ heldShare }: LinkUse, { busyShare }: TcpUse, heldMs: number): number {
  return heldMs * Math.min(busyShare / Math.max(heldShare, 0.01), 1) - LATE_ACK_MS;
}

function compressVerdict(times: ShareTimes, link: LinkUse | null): Verdict {
  const text = slowestStep('compress', times.stagesMs.encode, times.fps);
  const better = betterLevel(times, link);
  return {
    limit: 'compress',
    text: better ? `${text}; level ${better.level} would give ${Math.round(better.fps)} fps` : text,
  };
}

/** What levels that were measured on the present content would make of the frame rate; null when none is much better. */
function betterLevel(times: ShareTimes, link: LinkUse | null): { readonly level: number; readonly fps: number } | null {
  const cycle = cycleMs(times.fps);
  if (cycle === null || times.levels.length === 0) return null;
  const predicted = times.levels.map(cost => ({ ...cost, fps: 1000 / predictedCycle(times, link, cycle, cost) }));
  const most = predicted.reduce((best, each) => Math.max(best, each.fps), 0);
  if (most < times.fps * WORTHWHILE) return null;
  const good = predicted.filter(({ fps }) => fps >= most * ABOUT);
  return good.reduce((best, each) => (each.bytesFactor < best.bytesFactor ? each : best));
}

/**
 * A frame's way again with another level: compression takes longer or shorter, the network's part of the waiting goes
 * with the bytes, and neither the cap, nor capture, nor the link is beaten.
 */
function predictedCycle(times: ShareTimes, link: LinkUse | null, cycle: number, cost: LevelCost): number {
  const { stagesMs, bytesPerFrame, fpsCap } = times;
  const networkMs = link?.tcp ? Math.min(transferMs(link, link.tcp), link.heldShare * cycle) : 0;
  const changed = cycle + stagesMs.encode * (cost.timeFactor - 1) + networkMs * (cost.bytesFactor - 1);
  const carries = link?.tcp?.bytesPerSecond ?? 0;
  const onLink = carries > 0 ? (bytesPerFrame * cost.bytesFactor * 1000) / carries : 0;
  return Math.max(changed, 1000 / fpsCap, stagesMs.capture + stagesMs.detect, onLink);
}

/** What is known of a watcher in its last second. Times are milliseconds a frame. */
export interface WatchTimes {
  readonly frozen: boolean;
  /** Why the picture stands still for now, for people: paused, reconnecting; null while it is as it should be. */
  readonly still: string | null;
  readonly fps: number;
  /** Frames that differed from the one before. */
  readonly changed: number;
  readonly stagesMs: { readonly receive: number; readonly decode: number; readonly present: number };
}

/** A frame may take that much of the time between two before it is what limits them. */
const BUSY = 0.75;

/** What limits the frame rate of a watcher. */
export function watchVerdict({ frozen, still, fps, changed, stagesMs }: WatchTimes): Verdict {
  if (frozen) return { limit: 'paused', text: 'frozen: the picture stands still here only' };
  if (still !== null) return { limit: 'paused', text: still };
  if (changed === 0) return { limit: 'screen', text: 'nothing changes on the screen' };
  const { receive, decode, present } = stagesMs;
  const between = 1000 / Math.max(fps, 1);
  const here = decode + present;
  if (here > BUSY * between) {
    const limit = decode >= present ? 'decode' : 'present';
    return { limit, text: `limited by ${STEPS[limit]} on this machine: ${ofCycle(stagesMs[limit], fps)}` };
  }
  if (receive > BUSY * between) {
    return { limit: 'network', text: `limited by the network: ${ofCycle(receive, fps)} to arrive` };
  }
  return { limit: 'sharer', text: `in step with the sharer: busy ${time(here)} of ${time(between)} ms` };
}

function time(ms: number): string {
  return ms < 9.95 ? ms.toFixed(1) : ms.toFixed(0);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(bytes < 9950 ? 1 : 0)} kB`;
}
