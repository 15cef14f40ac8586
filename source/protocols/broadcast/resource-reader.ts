import { ByteReader } from '../../core/byte-reader.js';
import { readU48, viewOf } from '../../core/bytes.js';
import { TAG_LENGTH } from '../../core/record-cipher.js';
import { LOG } from '../recording/constants.js';
import { LogFault } from '../recording/messages.js';
import { BROADCAST, BROADCAST_LIMITS } from './constants.js';
import { type BroadcastMessage, readBroadcastBody } from './messages.js';
import { nameOf, type Resource } from './resources.js';
import { epochKey, headerOf, type MessageOpener, nonceOf } from './sealing.js';

/**
 * sealed: a message does not open with the key, or is one of another resource; order: it was sent before, or belongs to
 * another broadcast; format: it is none.
 */
export type BroadcastFaultKind = 'sealed' | 'order' | 'format';

/** What was read cannot be believed; the message is the end of a sentence. */
export class BroadcastFault extends Error {
  override readonly name = 'BroadcastFault';
  readonly kind: BroadcastFaultKind;

  constructor(kind: BroadcastFaultKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

const LEAST = LOG.headBytes + TAG_LENGTH;

/**
 * Reads the messages of one resource, however its bytes are split, and opens them. It believes nothing:
 *
 * ```ts
 * for await (const chunk of body) {
 *   reader.push(chunk);
 *   for (let message = await reader.next(); message; message = await reader.next()) take(message);
 * }
 * ```
 */
export class ResourceReader {
  readonly #resource: Resource;
  readonly #name: string;
  readonly #linkKey: Uint8Array;
  readonly #createOpener: (key: Uint8Array) => MessageOpener;
  readonly #reader = new ByteReader(BROADCAST_LIMITS.resource);
  #epoch: Uint8Array | null = null;
  #opener: MessageOpener | null = null;
  #counter = 0;
  #begun = false;

  /** @param createOpener AES-256-GCM with a key; called once or never */
  constructor(resource: Resource, linkKey: Uint8Array, createOpener: (key: Uint8Array) => MessageOpener) {
    this.#resource = resource;
    this.#name = nameOf(resource);
    this.#linkKey = linkKey;
    this.#createOpener = createOpener;
  }

  /** Bytes of a message that is not whole yet: more than 0 at the end means that the resource was cut off. */
  get unread(): number {
    return this.#reader.available;
  }

  /** Eight bytes, the same in all resources of a broadcast until it is started again; null before the first message. */
  get epoch(): Uint8Array | null {
    return this.#epoch;
  }

  /** Not while `next` has not answered. @throws BroadcastFault where a resource has no end */
  push(bytes: Uint8Array): void {
    const { consumed, available } = this.#reader;
    if (consumed + available + bytes.length > BROADCAST_LIMITS.resource) {
      throw new BroadcastFault('format', `${this.#name} is longer than ${BROADCAST_LIMITS.resource} bytes`);
    }
    this.#reader.push(bytes);
  }

  /**
   * The next message, valid until the next call; null: more bytes are needed. The first one is a description.
   * @throws BroadcastFault, after which nothing may be read
   */
  async next(): Promise<BroadcastMessage | null> {
    const sealed = this.#reader.attempt(() => this.#reader.bytes(this.#length()));
    if (sealed === undefined) return null;
    const head = sealed.subarray(0, LOG.headBytes);
    const opener = this.#openerOf(head);
    const body = await opener.open(nonceOf(head), headerOf(head, this.#name), sealed.subarray(LOG.headBytes));
    if (body === null) throw new BroadcastFault('sealed', `a message of ${this.#name} does not open with this key`);
    // Believed only now: a tag covers it.
    const counter = readU48(viewOf(head), 2 + LOG.epochBytes);
    if (counter <= this.#counter) throw new BroadcastFault('order', `a message of ${this.#name} was sent before`);
    this.#counter = counter;
    return this.#checked(this.#bodyOf(head[1]!, body));
  }

  #length(): number {
    const length = this.#reader.u32();
    if (length < LEAST || length > BROADCAST_LIMITS.message) {
      throw new BroadcastFault('format', `a message of ${this.#name} has ${length} bytes`);
    }
    return length;
  }

  #openerOf(head: Uint8Array): MessageOpener {
    if (head[0] !== BROADCAST.format) throw new BroadcastFault('format', `a message has format ${head[0]}`);
    const epoch = head.slice(2, 2 + LOG.epochBytes);
    this.#epoch ??= epoch;
    if (!this.#epoch.every((byte, index) => byte === epoch[index])) {
      throw new BroadcastFault('order', `a message of ${this.#name} belongs to another broadcast`);
    }
    this.#opener ??= this.#createOpener(epochKey(this.#linkKey, epoch));
    return this.#opener;
  }

  #bodyOf(kind: number, body: Uint8Array): BroadcastMessage {
    try {
      return readBroadcastBody(kind, body);
    } catch (thrown) {
      if (thrown instanceof LogFault) throw new BroadcastFault('format', thrown.message, { cause: thrown });
      throw thrown;
    }
  }

  #checked(message: BroadcastMessage): BroadcastMessage {
    const resource = this.#resource;
    const isMeta = message.type === 'meta';
    if (!this.#begun && !isMeta) throw new BroadcastFault('format', `${this.#name} does not begin with a description`);
    if (isMeta && resource.kind !== 'm' && message.meta.k !== resource.segment) {
      throw new BroadcastFault('order', `${this.#name} is about segment ${message.meta.k}`);
    }
    this.#begun = true;
    return message;
  }
}
