import { describe, expect, it, vi } from 'vitest';
import { createMessageOpener } from '../../source/browser/message-opener.js';
import { AesGcmOpener } from '../../source/core/aes-gcm.js';
import { epochKey, headerOf, nonceOf } from '../../source/protocols/broadcast/sealing.js';
import { aes, LINK_KEY, SEALED_TURN } from '../helpers/sealed-broadcast.js';

/** The one message that all platforms open. */
const MESSAGE = Uint8Array.from(Buffer.from(SEALED_TURN, 'hex')).subarray(4);
const HEAD = MESSAGE.subarray(0, 16);
const KEY = epochKey(LINK_KEY, HEAD.subarray(2, 10));

const WAYS = [
  ['OpenSSL', () => aes(KEY)],
  ['WebCrypto, as a page has it over https', () => createMessageOpener(KEY)],
  ['what a page has over http', () => withoutWebCrypto(() => createMessageOpener(KEY))],
] as const;

function withoutWebCrypto<Result>(make: () => Result): Result {
  vi.stubGlobal('crypto', {});
  try {
    return make();
  } finally {
    vi.unstubAllGlobals();
  }
}

describe.each(WAYS)('a sealed message, opened by %s', (_, create) => {
  it('says that segment 8 begins in a second', async () => {
    const opened = await create().open(nonceOf(HEAD), headerOf(HEAD, 'u/7'), MESSAGE.subarray(16));
    expect([...opened!]).toEqual([0, 0, 0, 8, 1000 >> 8, 1000 & 255]);
  });

  it('says nothing where it is of another resource, or a bit of it is another one', async () => {
    const opener = create();
    expect(await opener.open(nonceOf(HEAD), headerOf(HEAD, 'u/8'), MESSAGE.subarray(16))).toBeNull();
    const changed = MESSAGE.slice(16);
    changed[2]! ^= 4;
    expect(await opener.open(nonceOf(HEAD), headerOf(HEAD, 'u/7'), changed)).toBeNull();
  });
});

it('a page without WebCrypto takes its own cipher', () => {
  expect(withoutWebCrypto(() => createMessageOpener(KEY))).toBeInstanceOf(AesGcmOpener);
  expect(createMessageOpener(KEY)).not.toBeInstanceOf(AesGcmOpener);
});
