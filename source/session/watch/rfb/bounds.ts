/**
 * Limits on what a server can make this viewer do. Sizes of single things (a picture's side, a name, a cursor) are in
 * RFB_LIMITS, those of one rectangle in its decoder.
 */

/** Data kept until it can be used. */
export const BUFFER_LIMITS = {
  /** Unread bytes above which the socket is paused until they have been decoded. */
  unread: 8 * 1024 * 1024,
  /** Dirty rectangles of an update before they are merged, at worst into their bounds. */
  dirty: 256,
  /** Disjoint rectangles presented one by one. */
  presented: 512,
  /** Areas of an update that films do not draw over. */
  masks: 1024,
  /** Pictures of films that wait for the rest of their update, and the spans that are visible of one. */
  films: 16,
  filmSpans: 4096,
  /** Compressed bytes waiting to be decoded on other threads. */
  pendingBytes: 32 * 1024 * 1024,
  /** Rectangles of an update listed in one record on the messages page. */
  traced: 20_000,
} as const;

/** Replies to the server. */
export const REPLY_LIMITS = {
  /** Unsent bytes above which nothing more is read from the server: reading would only add to them. */
  unsent: 64 * 1024,
} as const;

/** How long one thing may keep all others waiting, in milliseconds. */
export const TIME_SLICES = {
  /** Messages are handled for this long before the window and the watcher's commands get their turn. */
  turnMs: 12,
  /** An update that takes longer is shown in part, and again each time this has passed. */
  interimMs: 1000,
} as const;

/** H.264 that cannot be decoded. */
export const VIDEO_LIMITS = {
  /** So many faults within such a time, in milliseconds, and no more of it is wanted. */
  faults: 3,
  faultsMs: 10_000,
  /** Rectangles are asked for anew at most once in this time. */
  askMs: 1000,
  /** How long an answer to that may take. */
  answerMs: 2000,
  /** Rectangles that wait for theirs; the oldest is forgotten, and asked for when more of it comes. */
  lost: 64,
} as const;

/** How often the viewer is notified. */
export const NOTICE_LIMITS = {
  /** States of the share announced at once; after that one per interval, the last. */
  statesAtOnce: 4,
  oneStateMs: 1000,
} as const;

/** How long a connection may make no progress. */
export const TIMEOUTS = {
  /** One step of the handshake. Consent takes at most half of this. */
  handshakeMs: 60_000,
  /** After this the person is told what it waits for. */
  quietMs: 5000,
  /** How often a partial message or an unread reply is checked. */
  tickMs: 500,
  /** Fewer bytes per tick count as no progress: no link is that slow. */
  minBytes: 16,
  /**
   * Ticks without progress before a warning (just after the one for an unresponsive link would come), and before the
   * connection is given up.
   */
  warnTicks: 9,
  giveUpTicks: 120,
} as const;
