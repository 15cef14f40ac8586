/**
 * Decides when a viewer can take its next frame or update. Positions are bytes since the start of the connection, times
 * are milliseconds of one clock. There is one class per kind of feedback that a protocol offers.
 */
export interface Pacer {
  /** A frame was written; its last byte is at `position`. */
  wrote(position: number, now: number): void;
  /**
   * The viewer has received everything up to `position`; for a protocol without feedback, this machine's system has
   * taken it.
   */
  acknowledged(position: number, now: number): void;
  /** 0: send now. Otherwise the time to wait before asking again; Infinity: until the next acknowledgement. */
  waitMs(now: number): number;
  /** The connection's throughput in bytes a second; null while unknown. */
  readonly bandwidth: number | null;
}

/** Paces an rfb viewer, which requests updates and may answer fences. */
export interface UpdatePacer extends Pacer {
  /** Whether it measures by fences. */
  readonly byFences: boolean;
  /** Whether to begin the next update while this one is still being encoded. */
  readonly beginsEarly: boolean;
  /** Whether the next update waits for the reply to the last, and not only until link and viewer are free. */
  readonly awaitsAnswers: boolean;
  /** What link and viewer carry when they have enough to do, in bytes a second; null while unknown. */
  readonly capacity: number | null;
  /** The part of the round trip in which updates waited for others, in ms; infinite where it is not known. */
  readonly queueingMs: number;
  /** The round trip of a fence that had nothing before it; null while unknown. */
  readonly emptyRttMs: number | null;
  /**
   * Set where answers may be late because the viewer is busy, and not because of the link: then the round trip is
   * measured again soon, and less and less often.
   */
  seemsBusy: boolean;
  /** The mean round trip of fences: to the viewer, through its decoder and back. Null while there is none. */
  readonly rttMs: number | null;
  /** Age of the last measurement. */
  rttAgeMs(now: number): number | null;
  /** Whether an update that ends at `position` is to be followed by a fence. */
  fenceDue(position: number, now: number): boolean;
  /** Whether the next update is to be preceded by a fence of its own. */
  probeDue(now: number): boolean;
  /** The viewer requested an update; everything up to `position` was written before. */
  asked(position: number, now: number): void;
  /**
   * @param preparationMs time since the update was begun, capture included; null when nothing was captured for it
   * @param fenced false: this update gets no reply of its own
   * @param leadMs as preparationMs, but until its first byte was written
   * @param begunAt when that was, if it was written in pieces as the link took them
   */
  wrote(
    position: number,
    now: number,
    preparationMs?: number | null,
    fenced?: boolean,
    leadMs?: number | null,
    begunAt?: number,
  ): void;
}
