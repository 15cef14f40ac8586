import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../source/core/byte-reader.js';
import { ClientReader } from '../../../source/protocols/rfb/client-reader.js';
import {
  isShareStatus,
  type ShareStatus,
  ShareStatusReader,
  shareStatus,
} from '../../../source/protocols/rfb/share-status.js';

/** What a viewer reads of the fences. */
function read(fences: readonly Uint8Array[]): (ShareStatus | null)[] {
  const bytes = new ByteReader();
  for (const fence of fences) bytes.push(fence);
  const messages = new ClientReader();
  const status = new ShareStatusReader();
  const found: (ShareStatus | null)[] = [];
  for (let event = messages.next(bytes); event; event = messages.next(bytes)) {
    if (event.type !== 'fence') throw new Error(event.type);
    expect(isShareStatus(event.flags, event.payload)).toBe(true);
    found.push(status.take(event.payload));
  }
  return found;
}

describe('the Share Status extension', () => {
  it('consists of fences without a reply, of at most 64 bytes', () => {
    const fences = shareStatus({ type: 'state', kind: 'paused', text: '' });
    expect(fences).toEqual([
      Uint8Array.from([248, 0, 0, 0, 0, 0, 0, 0, 13, 0xd0, 0x47, 0x53, 0x54, 1, 0, ...Buffer.from('paused\0')]),
    ]);
    const long = shareStatus({ type: 'state', kind: 'source-gone', text: 'x'.repeat(1000) });
    expect(long.map(fence => fence.length)).toEqual([73, 73, 73, 73]);
  });

  it('carries its message, however long', () => {
    const state: ShareStatus = {
      type: 'state',
      kind: 'source-gone',
      text: 'The window “Folien” was closed; 少々お待ちください。',
    };
    expect(read(shareStatus(state)).filter(Boolean)).toEqual([state]);
    const latency: ShareStatus = { type: 'latency', p50: 12.345, p95: 60_000 };
    expect(read(shareStatus(latency))).toEqual([latency]);
  });

  it('cuts a text that is too long between two characters', () => {
    const [status] = read(shareStatus({ type: 'state', kind: 'k', text: '日'.repeat(500) })).filter(Boolean);
    expect(status?.type === 'state' && /^日+$/.test(status.text)).toBe(true);
  });

  it('accepts fences of any content without a fault, and keeps little of them', () => {
    const reader = new ShareStatusReader();
    const [kind, follow] = [fc.integer({ min: 0, max: 4 }), fc.constantFrom(0, 0, 1, 255)];
    const text = fc.string({ maxLength: 50 }).map(text => Buffer.from(`kind\0${text}`).subarray(0, 58));
    const payload = fc.tuple(kind, follow, fc.oneof(fc.uint8Array({ maxLength: 58 }), text));
    let states = 0;
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 40 }), payloads => {
        for (const [kind, follow, body] of payloads) {
          const status = reader.take(Uint8Array.from([0xd0, 0x47, 0x53, 0x54, kind, follow, ...body]));
          if (status?.type !== 'state') continue;
          states++;
          expect(status.kind.length + status.text.length).toBeLessThanOrEqual(232);
        }
      }),
    );
    expect(states).toBeGreaterThan(0);
  });

  it('is not an answer to a fence of the viewer, nor a request', () => {
    expect(isShareStatus(0, new Uint8Array(4))).toBe(false);
    expect(isShareStatus(0, new Uint8Array(64))).toBe(false);
    const [fence] = shareStatus({ type: 'latency', p50: 1, p95: 1 });
    expect(isShareStatus(0x8000_0000, fence!.subarray(9))).toBe(false);
  });
});
