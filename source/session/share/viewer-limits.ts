/**
 * Limits on the work and the memory that viewers can cause, whatever they send. The aim: all of them together delay
 * another viewer by no more than about the time of a frame, whole pictures and costly changes included. (The costs of
 * encode profiles, and which of them are served together, are in EncodeCosts; the maximum length of messages is in
 * RFB_LIMITS; memory of past connections is limited in the classes that keep it: wrong codes, bans.)
 */
export const VIEWER_LIMITS = {
  /**
   * Compute. A viewer's messages are read in slices. The first ones are paid from the viewer's credit, which an
   * ordinary viewer never exhausts; later ones wait for a turn among all viewers without credit. `sliceMs` is the
   * maximum length of a slice in milliseconds, `creditShare` the fraction of time that refills one viewer's credit,
   * `turnsShare` the fraction for all turns together. What lies below the messages (records, TLS, WebSockets) counts as
   * much for each piece that arrives, and for each of its bytes.
   */
  sliceMs: 2,
  creditShare: 0.01,
  pieceMs: 0.003,
  byteMs: 0.00002,
  turnsShare: 0.25,
  /**
   * The frames of a WebSocket cost some microseconds each, whatever is in them: this many bytes of them are parsed at
   * once and this many per millisecond, more than an ordinary browser sends; further ones in the same turns as above.
   */
  framesBytes: 8192,
  framesBytesPerMs: 16,
  /**
   * Refreshes: first pictures, non-incremental requests, and areas encoded again because the viewer changed its
   * settings meanwhile. `refreshMs` is the credit of each client address in milliseconds of encoding and `refreshShare`
   * its refill as a fraction of time, however many connections it has; the `refreshAll` limits are those of all clients
   * together. Rectangles that others were sent in the same encoding cost nothing: a class that joins at once is one
   * picture. `refreshClients` client addresses are remembered.
   */
  refreshMs: 250,
  refreshShare: 0.1,
  refreshAllMs: 1000,
  refreshAllShare: 0.25,
  refreshClients: 256,
  /**
   * Without credit, the viewers' refreshes take turns: this many pixels each, whatever the encoding, and this fraction
   * of time for all turns together. Changes for other viewers, or for the same one, go in between.
   */
  refreshPiecePixels: 65_536,
  refreshQueueShare: 0.15,
  /**
   * While there are several viewers, all refreshes, and changes that are costly compared with those of the other
   * viewers, are encoded in slices of at most this many milliseconds, plus the cells begun by then. Slices are encoded
   * one at a time, and the next one waits until pending changes of other viewers are encoded. At the highest level
   * cells are limited to this many rows: with some contents 256x128 pixels take 60 ms there.
   */
  refreshSliceMs: 8,
  refreshSlowRows: 32,
  /**
   * Key exchanges of CPace and RSA-AES, about 3 ms each on a fast computer, and handshakes of TLS, which count
   * `handshakeOfTlsMs` each: the credit of each client address in milliseconds and its
   * refill as a fraction of time, those of all clients together, and what is left for clients that were let in before when
   * that is used up. Beyond that viewers are refused.
   */
  exchangesMs: 1000,
  exchangesShare: 0.1,
  exchangesAllMs: 1500,
  exchangesAllShare: 0.2,
  exchangesReservedMs: 500,
  exchangesReservedShare: 0.05,
  handshakeOfTlsMs: 3,
  /** The number of encode profiles whose costs are remembered: more than there are connections. */
  costs: 128,
  /** A requested or dirty region of more pieces than this becomes its bounding rectangle. */
  spans: 100,

  /** Buffer. Unread bytes per viewer, incomplete message included; reading stops at the limit. */
  unreadBytes: 1024 * 1024,
  /** Unanswered fences that are tracked. A viewer that answers none of them will not answer later ones either. */
  openFences: 4096,

  /**
   * Reply. Unsent bytes of replies: a viewer with more is disconnected, since pictures can be skipped but replies
   * cannot. `gatheredBytes` of replies are batched before they are written and other viewers have their turn.
   */
  unsentAnswerBytes: 64 * 1024,
  gatheredBytes: 16 * 1024,

  /**
   * Connect. Connections in total; those from one address other than loopback, which may be a class behind one router;
   * those from one address that have sent nothing for `silentMs`, of which the oldest makes room; those waiting for the
   * person's answer; and refused ones that are being sent the reason.
   */
  connections: 160,
  connectionsFromOne: 112,
  silentFromOne: 4,
  silentMs: 2000,
  asking: 100,
  beingRefused: 32,
  /** Time limits for a handshake without its human part, for typing a code, and for reading the reason of a refusal. */
  handshakeMs: 15_000,
  typingMs: 180_000,
  refusalMs: 2000,

  /**
   * Guessing. The delay before a machine's next answer is judged after a wrong one; it doubles each time up to the
   * maximum and is forgotten after `wrongForgetMs`. All machines together may be wrong `wrongAtOnce` times, and once
   * more every `wrongEveryMs`: at most 20 times in any minute.
   */
  wrongFirstMs: 1000,
  wrongMaxMs: 60_000,
  wrongForgetMs: 600_000,
  wrongAtOnce: 10,
  wrongEveryMs: 6000,
  /**
   * The number of answers that may wait for a verdict; how long they wait before the user is asked instead or, if
   * unattended, before they are rejected; and the number of remembered machines with the right code, which do not
   * count; of those that were let in, as many are remembered.
   */
  answersWaiting: 64,
  answerMs: 5000,
  unattendedAnswerMs: 45_000,
  provenPlaces: 1024,
} as const;
