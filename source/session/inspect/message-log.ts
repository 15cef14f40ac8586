/** One message of a wire, as the messages page lists it. */
export interface MessageRecord {
  /** Counts from 1 within the session. */
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
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The first bytes, for the hexdump. */
  readonly head: Uint8Array;
}

export type NewMessage = Omit<MessageRecord, 'number' | 'time' | 'head'> & { readonly bytes: Uint8Array };

const KEPT = 1000;
const HEAD_BYTES = 256;
const MOST_FIELDS = 200;

/**
 * The last messages of a session, in a ring. While nobody looks, recording costs one comparison: a page turns it on, and
 * takes what is new.
 */
export class MessageLog {
  /** Set by whoever shows it. */
  on = false;
  readonly #ring: (MessageRecord | undefined)[] = [];
  #count = 0;

  /** Makes the record only when somebody looks, so the caller passes how to describe the message. */
  record(describe: () => NewMessage): void {
    if (!this.on) return;
    const { bytes, fields, ...message } = describe();
    this.#count++;
    this.#ring[this.#count % KEPT] = {
      ...message,
      fields: fields.slice(0, MOST_FIELDS),
      number: this.#count,
      time: Date.now(),
      head: Uint8Array.from(bytes.subarray(0, HEAD_BYTES)),
    };
  }

  /** Number of the newest record; 0: none. */
  get count(): number {
    return this.#count;
  }

  /** What came after `number`, the oldest first, at most `most` of the newest. */
  since(number: number, most: number): MessageRecord[] {
    const first = Math.max(number + 1, this.#count - Math.min(most, KEPT) + 1, 1);
    const records: MessageRecord[] = [];
    for (let at = first; at <= this.#count; at++) {
      const record = this.#ring[at % KEPT];
      if (record?.number === at) records.push(record);
    }
    return records;
  }
}
