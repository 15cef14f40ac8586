/**
 * Says when a viewer can take its next frame. Positions are counted in bytes of the connection since its beginning,
 * times in milliseconds of one clock. There is one kind a feedback: what the viewer's protocol tells back.
 */
export interface Pacer {
  /** A frame was written whose last byte is at `position`. */
  wrote(position: number, now: number): void;
  /** The viewer (or, where it cannot tell, this machine's system) has everything up to `position`. */
  acknowledged(position: number, now: number): void;
  /** 0: send now. Else how long until it is worth asking again; Infinity: not before the next acknowledgement. */
  waitMs(now: number): number;
  /** What the connection carries, in bytes a second; null before anything is known. */
  readonly bandwidth: number | null;
}

/** Paces a viewer of the rfb wire, which asks for updates and may answer fences. */
export interface UpdatePacer extends Pacer {
  /** Whether it goes by the answers to fences. */
  readonly byFences: boolean;
  /** Whether the next update is best begun while this one is still being made. */
  readonly beginsEarly: boolean;
  /** Whether the next update waits for an answer to the last, and not only for link and viewer to be done with it. */
  readonly awaitsAnswers: boolean;
  /** The answers' mean delay: to the viewer, through its decoder and back. Null while there is none. */
  readonly rttMs: number | null;
  /** How long ago that was measured last. */
  rttAgeMs(now: number): number | null;
  /** Whether an update that ends there is to be followed by a fence. */
  fenceDue(position: number, now: number): boolean;
  /** The viewer asked for an update; everything up to `position` was written before. */
  asked(position: number, now: number): void;
  /**
   * @param preparationMs since the update was begun, capture and all; null when nothing was captured for it
   * @param fenced false: nothing will be heard of this one by itself
   * @param leadMs as preparationMs, until the first of it was written
   */
  wrote(position: number, now: number, preparationMs?: number | null, fenced?: boolean, leadMs?: number | null): void;
}
