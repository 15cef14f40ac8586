/**
 * What viewers may make the sharer do and keep, whatever they send. The aim is that all of them together cost another viewer
 * no more than about a frame's time, whole pictures and costly changes included. (What a way to encode costs, and who is
 * served together, is in EncodeCosts; how long single messages may be in RFB_LIMITS; memory of past connections in the
 * classes that have it: wrong codes, bans.)
 */
export const VIEWER_LIMITS = {
  /**
   * Compute. What one viewer says is read in slices: a first one out of a credit that an ordinary viewer never uses up, those
   * after it when it is its turn among all that have used up theirs. So long (in milliseconds) is a slice at most, and
   * such a part of the time is a viewer's credit, or goes to all those turns together.
   */
  sliceMs: 2,
  creditShare: 0.01,
  turnsShare: 0.25,
  /**
   * Refreshes: first pictures, what is asked for again (non-incremental requests), and what is encoded once more because the
   * viewer changed its mind meanwhile. Each machine may cause so much encoding in one go, and such a part of the time in the
   * long run, over however many connections; all of them together so much. What others were sent alike costs nothing: a
   * class that joins at once is one picture. So many machines are remembered.
   */
  refreshMs: 250,
  refreshShare: 0.1,
  refreshAllMs: 1000,
  refreshAllShare: 0.25,
  refreshPlaces: 256,
  /**
   * Beyond that refreshes of all viewers take turns: so many pixels each, whatever they are encoded with, and such a part
   * of the time for all turns together. What changed for others, or for the same viewer, goes in between.
   */
  refreshPiece: 65_536,
  refreshTurnsShare: 0.15,
  /**
   * While there is another viewer all refreshes, on credit or in turn, and changes that are costly beside the other viewers'
   * are encoded in slices: so long (in milliseconds) at
   * most and the cells that are begun by then, one slice at a time, and another only once what changed meanwhile for
   * others is encoded. At the highest level a cell has so few rows: of some content 256x128 pixels take 60 ms there.
   */
  refreshSliceMs: 8,
  refreshSlowRows: 32,
  /** So many ways to encode are remembered by what they cost: more than there are connections. */
  costs: 128,
  /** What is asked for or still to be sent in more pieces than that becomes the rectangle around them. */
  spans: 100,

  /** Collect. Bytes of a message that is not whole yet and of those behind it; a viewer is not read beyond them. */
  unreadBytes: 1024 * 1024,
  /** Fences that it has not answered. One that answers none of them will not answer later ones either. */
  openFences: 4096,

  /**
   * Answer. Bytes of answers that lie unsent: a viewer that lets more of them lie is ended, since pictures can wait but answers
   * cannot be left out. So many are gathered before they are written and others are looked after.
   */
  unsentAnswerBytes: 64 * 1024,
  gatheredBytes: 16 * 1024,

  /**
   * Hold open. Connections in all, those from one other machine, those that shake hands (of which a silent one gives way to
   * one that comes), those that wait for the person's answer, and refused ones that are still being told why.
   */
  connections: 64,
  connectionsFromOne: 24,
  handshakes: 16,
  asking: 16,
  beingRefused: 16,
  /** A handshake's time without the person's answer, and the time to read why a connection is refused. */
  handshakeMs: 15_000,
  refusalMs: 2000,
} as const;
