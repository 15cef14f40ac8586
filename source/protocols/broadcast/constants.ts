/** Numbers of a broadcast (docs/broadcast.md). Its messages are those of a log, sealed. All numbers are big-endian. */
export const BROADCAST = {
  /** The first byte of a message: format 1, sealed. */
  format: 0x81,
  version: 1,
  idBytes: 16,
  keyBytes: 32,
  /** What the key of an epoch is derived for. */
  label: 'peerglass broadcast 1',
  /** Where resources are on a server, before the ID. */
  path: '/live/',
  /** Of a turn's segment and time. */
  turnBytes: 6,
} as const;

/** Beside those of a log. */
export const TURN_KIND = 4;

/** Limits on what a reader believes. */
export const BROADCAST_LIMITS = {
  /** Bytes of a message. */
  message: 16 * 1024 * 1024,
  /** Bytes of a segment, and of a whole picture. */
  resource: 64 * 1024 * 1024,
  /** The number of a segment. */
  segment: 0xffff_ffff,
  /** Milliseconds of a segment. */
  segmentMs: 600_000,
} as const;
