import { unixTime } from '../../node/clock.js';
import type { MessageRecord, WireMessage } from './message-record.js';

export type NewMessage = WireMessage & Pick<MessageRecord, 'peer' | 'wire'>;

const KEPT = 1000;
/** Bytes of a message that are kept, for the hexdump. */
export const HEAD_BYTES = 256;
const MAX_FIELDS = 200;

/**
 * The last messages of a session, in a ring. Unless a page has turned it on, recording costs one comparison.
 */
export class MessageLog {
  /** Set while a page shows the log. */
  on = false;
  readonly #ring: (MessageRecord | undefined)[] = [];
  #count = 0;

  /** Takes a function that describes the message, and calls it only while a page shows the log. */
  record(describe: () => NewMessage): void {
    if (!this.on) return;
    const { bytes, fields, ...message } = describe();
    this.#count++;
    this.#ring[this.#count % KEPT] = {
      ...message,
      fields: fields.slice(0, MAX_FIELDS),
      number: this.#count,
      time: unixTime(),
      head: Uint8Array.from(bytes.subarray(0, HEAD_BYTES)),
    };
  }

  /** Number of the newest record; 0: none. */
  get count(): number {
    return this.#count;
  }

  /** Records after `number`, oldest first; only the newest `most` of them. */
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
