import { bitRate } from '../core/bit-rate.js';

/** What the last capture waited for: a change on the screen, the fps cap, the capture before it, or a viewer. */
export type CaptureGate = 'screen' | 'cap' | 'capture' | 'viewers';

/** What limits a session. `screen`: nothing does, every change is shown; `sharer`: the other end. */
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
  /** One line, with the figures behind the verdict. */
  readonly text: string;
}

/** The use of the link to one viewer in the last second. */
export interface LinkUse {
  readonly address: string;
  /** The share of time, 0 to 1, in which nothing could be sent because the last update was in flight or unanswered. */
  readonly heldShare: number;
  /** Mean length of such a wait, mean bytes in flight during it, and the length of the present one so far. */
  readonly heldMs: number;
  readonly heldBytes: number;
  readonly heldForMs: number;
  /** Null if the system does not report it. */
  readonly tcp: TcpUse | null;
  /** Bytes written and not yet acknowledged by the viewer's TCP. */
  readonly queuedBytes: number;
}

/** TCP's figures for a connection. */
export interface TcpUse {
  /**
   * The share of time with unacknowledged data, not counting time in which the viewer's receive window was full. A high
   * share alone does not prove a slow link: acknowledgements may be delayed.
   */
  readonly busyShare: number;
  /** Acknowledged bytes per second. */
  readonly carried: number;
  /** Throughput of the link when it was last saturated; 0: unknown. */
  readonly bytesPerSecond: number;
  /** Whether the link was never saturated, so that `bytesPerSecond` is only a lower bound. */
  readonly least: boolean;
  readonly minRttMs: number;
  /** The min RTT if each update waits for an answer to the one before, 0 if updates overlap. */
  readonly awaitedMs: number;
}

/** The cost of a frame at another deflate level, relative to the present one. Measured, not guessed. */
export interface LevelCost {
  readonly level: number;
  readonly timeFactor: number;
  readonly bytesFactor: number;
}

/** Figures of a share over its last second. Times are milliseconds. */
export interface ShareTimes {
  readonly watching: number;
  readonly paused: boolean;
  /** Changed frames sent, per second and viewer. */
  readonly fps: number;
  readonly fpsCap: number;
  readonly captures: number;
  readonly gate: CaptureGate;
  readonly stagesMs: {
    readonly capture: number;
    readonly detect: number;
    readonly encode: number;
  };
  /** The share of time spent compressing, 0 to 1. */
  readonly encodeShare: number;
  readonly bytesPerFrame: number;
  readonly links: readonly LinkUse[];
  readonly levels: readonly LevelCost[];
}

/** At this share of the cap or more, the cap is the limit. */
const NEAR_CAP = 0.93;
/** Anything that takes less of the time than this is no limit, even if a change had to wait for it once. */
const IDLE = 0.1;
/** A viewer that accepts nothing for this long has stopped. */
const STOPPED_MS = 1500;
/** Another level is suggested if it gives at least this many times the frame rate. */
const WORTHWHILE = 1.1;
/** Levels within this of the best frame rate count as equal: the one with the fewest bytes is suggested. */
const ABOUT = 0.95;

/** What limits a share's frame rate; null while nobody watches. */
export function shareVerdict(times: ShareTimes): Verdict | null {
  if (times.watching === 0) return null;
  if (times.paused) return { limit: 'paused', text: 'paused: viewers keep the last picture' };
  if (times.fps >= times.fpsCap * NEAR_CAP) return capVerdict(times);
  switch (times.gate) {
    case 'screen':
      return isCapturing(times) ? pollingVerdict(times) : screenVerdict(times);
    case 'cap':
      return capVerdict(times);
    case 'capture':
      return captureVerdict(times);
    case 'viewers':
      return viewersVerdict(times);
  }
}

/** The time from one frame to the next; null while there are hardly any. */
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
/** A step that takes less of a frame's time than this may be the slowest, but is not what limits the frame rate. */
const LIMITING = 0.5;

/**
 * "limited by compression: 28 of 33 ms a frame", or "slowest step compression: ..." if it does not limit. In the first
 * moments no frame has been through the step, so that there is no time to tell.
 */
function slowestStep(step: keyof typeof STEPS, ms: number, fps: number): string {
  const cycle = cycleMs(fps);
  if (ms === 0) return `limited by ${STEPS[step]}: the first frame is in progress`;
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

/** From this share of the time on, captures leave no room for more of them: the screen may change more often. */
const ALWAYS = 0.75;

/** Whether one capture follows the other, as with sources that are not told of changes. */
function isCapturing({ captures, stagesMs }: ShareTimes): boolean {
  return captures * (stagesMs.capture + stagesMs.detect) >= ALWAYS * 1000;
}

function pollingVerdict(times: ShareTimes): Verdict {
  return times.fps === 0 ? { limit: 'screen', text: 'nothing changes on the screen' } : captureVerdict(times);
}

function captureVerdict(times: ShareTimes): Verdict {
  const { capture, detect } = times.stagesMs;
  const limit = detect > capture ? 'detect' : 'capture';
  return { limit, text: slowestStep(limit, Math.max(capture, detect), times.fps) };
}

/** A change was waiting and no viewer could take it: an update was being compressed, or the last one was in flight. */
function viewersVerdict(times: ShareTimes): Verdict {
  const link = times.links.reduce<LinkUse | null>(
    (most, each) => (!most || each.heldShare < most.heldShare ? each : most),
    null,
  );
  if (Math.max(times.encodeShare, link?.heldShare ?? 0) < IDLE) return screenVerdict(times);
  if (!link || times.encodeShare >= link.heldShare) return compressVerdict(times, link);
  const better = betterLevel(times, link);
  return linkVerdict(
    link,
    times.fps,
    better ? `; compression level ${better.level} would give ${Math.round(better.fps)} fps` : '',
  );
}

/** The longest that a system may delay an acknowledgement (delayed ACK): data may have arrived this much earlier. */
const LATE_ACK_MS = 50;

/** What limits the frame rate of one viewer. */
export function linkVerdict(link: LinkUse, fps: number, hint = ''): Verdict {
  const { address, tcp, heldForMs, queuedBytes } = link;
  const limited = link.heldShare >= LIMITING ? 'limited by' : 'mostly waiting for';
  const stopped = heldForMs > STOPPED_MS;
  const heldMs = stopped ? heldForMs : link.heldMs;
  if (!tcp) {
    const text = `${limited} the network or the viewer at ${address}: ${ofCycle(heldMs, fps)}`;
    return { limit: 'network', text: text + hint };
  }
  const transfer = transferMs(link, tcp);
  if (Math.max(transfer + tcp.awaitedMs, inFlightMs(link, tcp, heldMs)) > heldMs / 2) {
    const delayed = tcp.awaitedMs > transfer && tcp.awaitedMs > heldMs / 2;
    const carried = `${bitRate(tcp.carried)} carried, ${kilobytes(queuedBytes)} queued`;
    const how = delayed ? `a round trip takes ${time(tcp.minRttMs)} ms` : carried;
    return { limit: 'network', text: `${limited} the network to ${address}: ${how}${hint}` };
  }
  const how = stopped
    ? `it has accepted nothing for ${(heldForMs / 1000).toFixed(0)} s`
    : `it takes ${ofCycle(heldMs, fps)}`;
  return { limit: 'viewer', text: `${limited} the viewer at ${address}: ${how}` };
}

/** The longest that the link needs for the bytes in flight, without the round trip. */
function transferMs({ heldBytes }: LinkUse, { bytesPerSecond, least, minRttMs }: TcpUse): number {
  if (bytesPerSecond === 0) return 0;
  const ms = (heldBytes * 1000) / bytesPerSecond;
  // The rate of a link that was never saturated comes from single bursts and includes a round trip for each.
  return least ? Math.max(ms - minRttMs, 0) : ms;
}

/** The part of such a wait in which data was certainly in flight, or lost. */
function inFlightMs({ heldShare }: LinkUse, { busyShare }: TcpUse, heldMs: number): number {
  return heldMs * Math.min(busyShare / Math.max(heldShare, 0.01), 1) - LATE_ACK_MS;
}

function compressVerdict(times: ShareTimes, link: LinkUse | null): Verdict {
  const text = slowestStep('compress', times.stagesMs.encode, times.fps);
  const better = betterLevel(times, link);
  return {
    limit: 'compress',
    text: better ? `${text}; compression level ${better.level} would give ${Math.round(better.fps)} fps` : text,
  };
}

/**
 * The level with the best predicted frame rate, of those measured on the present content; null if none is much better.
 */
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
 * The predicted time per frame at another level. Compression time changes, the network's part of the wait scales with
 * the bytes, and the cap, capture and the link remain lower bounds.
 */
function predictedCycle(times: ShareTimes, link: LinkUse | null, cycle: number, cost: LevelCost): number {
  const { stagesMs, bytesPerFrame, fpsCap } = times;
  const networkMs = link?.tcp ? Math.min(transferMs(link, link.tcp), link.heldShare * cycle) : 0;
  const changed = cycle + stagesMs.encode * (cost.timeFactor - 1) + networkMs * (cost.bytesFactor - 1);
  const carries = link?.tcp?.bytesPerSecond ?? 0;
  const onLink = carries > 0 ? (bytesPerFrame * cost.bytesFactor * 1000) / carries : 0;
  return Math.max(changed, 1000 / fpsCap, stagesMs.capture + stagesMs.detect, onLink);
}

/** Figures of a viewer over its last second. Times are milliseconds per frame. */
export interface WatchTimes {
  readonly frozen: boolean;
  /** Why the picture does not move, as text for the user (paused, reconnecting); null in normal operation. */
  readonly still: string | null;
  readonly fps: number;
  /** Frames that differed from the one before. */
  readonly changed: number;
  readonly stagesMs: { readonly receive: number; readonly decode: number; readonly present: number };
}

/** The share of the time between two frames from which work on a frame counts as the limit. */
const BUSY = 0.75;

/** What limits a viewer's frame rate. */
export function watchVerdict({ frozen, still, fps, changed, stagesMs }: WatchTimes): Verdict {
  if (frozen) return { limit: 'paused', text: 'frozen: only this window is paused' };
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
    // A sharer that encodes slowly sends each part as soon as it is encoded: from here both look alike.
    return {
      limit: 'network',
      text: `limited by the network or the sharer's encoding: ${ofCycle(receive, fps)} to arrive`,
    };
  }
  return { limit: 'sharer', text: `in step with the sharer: busy ${time(here)} of ${time(between)} ms` };
}

function time(ms: number): string {
  return ms < 9.95 ? ms.toFixed(1) : ms.toFixed(0);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(bytes < 9950 ? 1 : 0)} kB`;
}
