/** When a segment ends. Times are milliseconds. */
export interface SegmentTimes {
  /** The age at which it ends, if something has changed. */
  readonly normalMs: number;
  /** The age at which it ends, if much has: at least `muchBytes`, and `pictures` times its whole picture. */
  readonly leastMs: number;
  readonly muchBytes: number;
  readonly pictures: number;
  /** The age and size at which it ends in any case. */
  readonly mostMs: number;
  readonly mostBytes: number;
  /** How long before its end the next one is announced, so that not everybody asks for it at once. */
  readonly aheadMs: number;
  /** It is handed out when it has ended, for caches that do not stream. */
  readonly closed: boolean;
}

const MUCH = { muchBytes: 1024 * 1024, pictures: 3, mostBytes: 16 * 1024 * 1024 } as const;
/** A cache may give up on a response that does not end; most wait a minute for each byte. */
const MOST_MS = 60_000;
const LEAST_MS = 2000;
const AHEAD_MS = 1000;
/** Segments of up to so many seconds are handed out whole. */
export const CLOSED_SECONDS = 3;
/** How long a closed one lasts if nothing changes: until then its readers hear nothing. */
const CLOSED_MOST_MS = 5000;

export function segmentTimes(seconds: number): SegmentTimes {
  const normalMs = seconds * 1000;
  if (seconds > CLOSED_SECONDS)
    return { normalMs, leastMs: LEAST_MS, mostMs: MOST_MS, aheadMs: AHEAD_MS, closed: false, ...MUCH };
  return { normalMs, leastMs: normalMs, mostMs: CLOSED_MOST_MS, aheadMs: 0, closed: true, ...MUCH };
}

/** Decides when the next segment is announced, and when it begins. All times are on one clock. */
export class SegmentRules {
  readonly times: SegmentTimes;
  #begunAt = 0;
  #pictureBytes = 0;
  #bytes = 0;
  #turnAt: number | null = null;

  constructor(times: SegmentTimes) {
    this.times = times;
  }

  begin(now: number, pictureBytes: number): void {
    this.#begunAt = now;
    this.#pictureBytes = pictureBytes;
    this.#bytes = 0;
    this.#turnAt = null;
  }

  /** An update of so many bytes went into it. */
  put(bytes: number): void {
    this.#bytes += bytes;
  }

  /** It ends as soon as possible. */
  expire(now: number): void {
    this.#turnAt = Math.min(this.#turnAt ?? now, now);
  }

  /** Whether the next segment begins with the next change. */
  isDue(now: number): boolean {
    return this.#turnAt !== null && now >= this.#turnAt;
  }

  /** To be asked after each change and after `waitMs`. @returns how long until the next segment, if that is to be told now */
  announces(now: number): number | null {
    if (this.#turnAt !== null || now < this.#announceAt) return null;
    const inMs = this.#bytes >= this.times.mostBytes ? 0 : this.times.aheadMs;
    this.#turnAt = now + inMs;
    return inMs;
  }

  /** How long until there is something to do, if nothing changes. */
  waitMs(now: number): number {
    return Math.max((this.#turnAt ?? this.#announceAt) - now, 0);
  }

  get #announceAt(): number {
    const { normalMs, leastMs, mostMs, mostBytes, muchBytes, pictures, aheadMs } = this.times;
    if (this.#bytes >= mostBytes) return this.#begunAt;
    const much = this.#bytes >= Math.max(muchBytes, pictures * this.#pictureBytes);
    const age = Math.min(mostMs, this.#bytes > 0 ? normalMs : mostMs, much ? leastMs : mostMs);
    return this.#begunAt + age - aheadMs;
  }
}
