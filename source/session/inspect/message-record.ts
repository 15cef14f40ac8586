/** One protocol message, as the messages page lists it. */
export interface MessageRecord {
  /** Number within the session, from 1. */
  readonly number: number;
  /** Unix time in milliseconds. */
  readonly time: number;
  readonly direction: 'sent' | 'received';
  /** The other end: on a share, which viewer. */
  readonly peer: string;
  readonly wire: 'classic' | 'rfb';
  /** E.g. "Frame", "FramebufferUpdate". */
  readonly name: string;
  /** Bytes on the wire. */
  readonly length: number;
  /** One line, e.g. "frame 12, 5 rectangles, ratio 31". */
  readonly info: string;
  /** For the detail pane: names and values; deeper levels are indented by two spaces a level. */
  readonly fields: readonly MessageField[];
  /** The first bytes, for the hexdump. */
  readonly head: Uint8Array;
}

export type MessageField = readonly [name: string, value: string];

/** A message as its protocol describes it. */
export interface WireMessage {
  readonly direction: MessageRecord['direction'];
  readonly name: string;
  readonly length: number;
  readonly info: string;
  readonly fields: readonly MessageField[];
  /** All bytes. Only the first are kept. */
  readonly bytes: Uint8Array;
}
