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
