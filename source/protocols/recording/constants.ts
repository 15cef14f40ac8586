/** Numbers of the log format (docs/log-format.md). All numbers in a log are big-endian. */
export const LOG = {
  /** A byte that begins no text, the name, and a line end that a transfer as text would change. */
  magic: Uint8Array.of(0x89, 0x50, 0x47, 0x4c, 0x4f, 0x47, 0x0d, 0x0a),
  /** The first byte of a message that is not sealed. */
  format: 0x01,
  /** Of the length before each message. */
  lengthBytes: 4,
  /** Format, kind, epoch and counter. */
  headBytes: 16,
  epochBytes: 8,
  /** Of the CRC-32 that ends a message. */
  checkBytes: 4,
  /** Of an update's or beat's number and time. */
  stampBytes: 10,
  /** Of a cell's number and that of the update. */
  cellBytes: 6,
  /** Before each rectangle: its length. */
  rectangleBytes: 4,
  /** Of a segment in the index. */
  entryBytes: 16,
  /** The trailer: the offset of the index, and its mark. */
  endMark: Uint8Array.of(0x50, 0x47, 0x4c, 0x4f, 0x47, 0x45, 0x4e, 0x44),
  trailerBytes: 14,
  /** The number of the cell that holds the pointer instead of pixels. */
  pointerCell: 0xffff,
  version: 1,
} as const;

export const LOG_KIND = { update: 1, cell: 2, beat: 3, meta: 5, index: 6 } as const;

/** Limits that a reader enforces. */
export const LOG_LIMITS = {
  /** Bytes of a message. */
  message: 16 * 1024 * 1024,
  /** Bytes of a segment's description. */
  meta: 64 * 1024,
  segments: 1_000_000,
  /** Rectangles of an update. */
  rectangles: 65_536,
  /** Pixels of each side of the picture, and of all of it. */
  side: 16_384,
  pixels: 1 << 27,
  /** Characters of a name. */
  name: 200,
} as const;
