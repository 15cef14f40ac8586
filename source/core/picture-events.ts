/**
 * The events of a picture's way from one screen to the other, for whoever wants to know where its time goes. While
 * nobody listens, one costs a comparison.
 */
export const PICTURE_EVENTS = [
  /** Share: the source said that something changed, and nothing was waiting to be captured. */
  'damage',
  /** Share: a capture begins. */
  'capture',
  /** Share: its pixels are there, and nobody reads the picture any more. `captured` identifies it from here on. */
  'captured',
  /** Share: it is compared and committed. `number` is its version. */
  'detected',
  /** Share: encoding begins for a viewer. `number` is the version. */
  'encode',
  /** Share: the first bytes of an update are handed to the socket. `number` is the update's, counted by connection. */
  'write',
  /** Share: the last bytes are. */
  'written',
  /** Share: the system has taken them. */
  'taken',
  /** Share: a viewer has answered the fence behind an update. */
  'answered',
  /** Viewer: the first bytes of an update are there. `number` is the update's, counted by connection. */
  'received',
  /** Viewer: its last byte has been read. */
  'complete',
  /** Viewer: all its pixels are in the framebuffer. */
  'decoded',
  /** Viewer: the window system has them. */
  'drawn',
] as const;
export type PictureEvent = (typeof PICTURE_EVENTS)[number];

/** An event in a log, as JSON on a line of its own. */
export interface PictureLine {
  readonly end: 'share' | 'watch';
  readonly event: PictureEvent;
  /** Milliseconds on the machine's monotonic clock, which all processes share. */
  readonly ms: number;
  /** See PICTURE_EVENTS. */
  readonly number: number;
  readonly captured: number;
}

/**
 * @param number of a version or an update
 * @param captured when it was captured, on the share's clock; 0: unknown, or nothing new is shown
 */
type Listener = (event: PictureEvent, number: number, captured: number) => void;

/** Of the thread: a log is of everything that happens in it, and its places are in every layer. */
let listener: Listener | null = null;

/** Calls back for each event in this thread; null: for none. */
export function followPictures(listen: Listener | null): void {
  listener = listen;
}

export function pictureEvent(event: PictureEvent, number: number, captured = 0): void {
  if (listener !== null) listener(event, number, captured);
}
