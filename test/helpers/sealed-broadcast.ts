import { RECORD_CIPHERS } from '../../source/node/record-ciphers.js';
import type { BroadcastMessage, BroadcastMeta } from '../../source/protocols/broadcast/messages.js';
import { ResourceReader } from '../../source/protocols/broadcast/resource-reader.js';
import { resourceOf } from '../../source/protocols/broadcast/resources.js';
import { MessageSealer } from '../../source/protocols/broadcast/sealing.js';

/** The key of a test's links. */
export const LINK_KEY = Uint8Array.from({ length: 32 }, (_, index) => index);

/** The first message of `sealerOf()` for u/7: segment 8 begins in a second. Any platform opens it with LINK_KEY. */
export const SEALED_TURN = '0000002681040102030405060708000000000001' + '1992bea0ea9688e71a5f9b6b09c61cd2ff38a6c66ca4';

export const aes = (key: Uint8Array) => RECORD_CIPHERS[0]!.create(key);

export const sealerOf = (epoch: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8]) =>
  new MessageSealer(LINK_KEY, Uint8Array.from(epoch), aes);

export const readerOf = (name: string, key: Uint8Array = LINK_KEY) => new ResourceReader(resourceOf(name)!, key, aes);

export const metaOf = (change: Partial<BroadcastMeta> = {}): BroadcastMeta => ({
  ...{ k: 7, n: 3, at: 1_700_000_000_000, width: 300, height: 200, name: 'a name', cells: 4 },
  ...{ state: 'live', segmentMs: 10_000, closed: false },
  ...change,
});

/** The messages of a resource, its bytes given in pieces of this length. @throws BroadcastFault */
export async function messagesIn(
  name: string,
  bytes: Uint8Array,
  length = Math.max(bytes.length, 1),
): Promise<BroadcastMessage[]> {
  const reader = readerOf(name);
  const messages: BroadcastMessage[] = [];
  for (let at = 0; at < bytes.length; at += length) {
    reader.push(bytes.subarray(at, at + length));
    for (let message = await reader.next(); message; message = await reader.next()) messages.push(message);
  }
  return messages;
}
