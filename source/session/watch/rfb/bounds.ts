/**
 * What a server may make this viewer do, whatever it sends. Sizes of single things (a picture's side, a name, a pointer)
 * are RFB_LIMITS; those of one rectangle are its decoder's.
 */

/** Collect: what is kept until it can be used. */
export const BUFFER_LIMITS = {
  /** Unread bytes from which on the socket is left alone until they have been decoded. */
  unread: 8 * 1024 * 1024,
  /** Rectangles of an update that are told apart before they are joined, or else widened to their bounds. */
  dirty: 256,
  /** Disjoint rectangles that are presented one by one. */
  presented: 512,
  /** Compressed bytes that wait to be decoded on other threads. */
  pendingBytes: 32 * 1024 * 1024,
  /** Rectangles of an update that the messages page lists in one record. */
  traced: 20_000,
} as const;

/** Answer: what is said back. */
export const REPLY_LIMITS = {
  /** Bytes that the server has not taken, from which on nothing more of it is read: it could only make more of them. */
  unsent: 64 * 1024,
} as const;

/** Compute: how long one thing keeps all others waiting, in milliseconds. */
export const TIME_SLICES = {
  /** Messages are handled for that long before the window and the watcher's commands get their turn. */
  turnMs: 12,
  /** An update that goes on for longer than this is shown as far as it has come, again and again. */
  interimMs: 1000,
} as const;

/** Tell: how often the person at this end hears of something. */
export const NOTICE_LIMITS = {
  /** So many states of the share are told at once, then one each time that so many milliseconds have gone by: the last. */
  statesAtOnce: 4,
  oneStateMs: 1000,
} as const;

/** Hold open: how long nothing may come of it. */
export const TIMEOUTS = {
  /** A step of the handshake. Consent takes at most half of it. */
  handshakeMs: 60_000,
  /** How often a message that has begun, or an answer that lies, is looked at. */
  tickMs: 500,
  /** Less than this in a tick is nothing: no link is that slow. */
  minBytes: 16,
  /** Ticks without progress before the person is told (just after a link that does not answer would be told of), and before the connection is given up. */
  warnTicks: 9,
  giveUpTicks: 120,
} as const;
