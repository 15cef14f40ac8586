import { createDecipheriv, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joined } from '../../../source/core/bytes.js';
import { TURN_KIND } from '../../../source/protocols/broadcast/constants.js';
import { broadcastBody } from '../../../source/protocols/broadcast/messages.js';
import { BroadcastFault, type BroadcastFaultKind } from '../../../source/protocols/broadcast/resource-reader.js';
import { epochKey } from '../../../source/protocols/broadcast/sealing.js';
import { LOG_KIND } from '../../../source/protocols/recording/constants.js';
import { bodyOf } from '../../../source/protocols/recording/messages.js';
import { pointerPosition } from '../../../source/protocols/rfb/server-writer.js';
import { LINK_KEY, messagesIn, metaOf, readerOf, SEALED_TURN, sealerOf } from '../../helpers/sealed-broadcast.js';
import { drawSeed } from '../../helpers/seed.js';

const AT = 1_700_000_000_123;

const meta = (change = {}) => broadcastBody.meta(metaOf(change));

/** A segment of some messages. */
function segment(name = 'u/7', sealer = sealerOf()): Uint8Array[] {
  return [
    sealer.seal(name, LOG_KIND.meta, meta()),
    sealer.seal(name, LOG_KIND.update, bodyOf.update(4, AT, [pointerPosition(1, 2), pointerPosition(3, 4)])),
    sealer.seal(name, LOG_KIND.beat, bodyOf.beat(4, AT + 1000)),
    sealer.seal(name, 99, [Uint8Array.of(1, 2, 3)]),
    sealer.seal(name, TURN_KIND, broadcastBody.turn(8, 1000)),
  ];
}

async function faultOf(read: Promise<unknown>): Promise<BroadcastFaultKind | null> {
  return read.then(
    () => null,
    thrown => {
      if (!(thrown instanceof BroadcastFault)) throw thrown;
      return thrown.kind;
    },
  );
}

const EXPECTED = [
  { type: 'meta', meta: metaOf() },
  {
    ...{ type: 'update', n: 4, at: AT },
    rectangles: [
      { x: 1, y: 2, width: 0, height: 0, encoding: -225, data: new Uint8Array() },
      { x: 3, y: 4, width: 0, height: 0, encoding: -225, data: new Uint8Array() },
    ],
  },
  { type: 'beat', n: 4, at: AT + 1000 },
  { type: 'unknown' },
  { type: 'turn', next: 8, inMs: 1000 },
];

describe('the messages of a segment', () => {
  test.each([[1], [7], [64], [100_000]])('are read as they were sealed, %i bytes at a time', async length => {
    const plain = (await messagesIn('u/7', joined(segment()), length)).map(message =>
      message.type === 'update'
        ? { ...message, rectangles: message.rectangles.map(each => ({ ...each, data: Uint8Array.from(each.data) })) }
        : message,
    );
    expect(plain).toEqual(EXPECTED);
  });

  test('are these bytes', () => {
    const turn = sealerOf().seal('u/7', TURN_KIND, broadcastBody.turn(8, 1000));
    expect(Buffer.from(turn).toString('hex')).toBe(SEALED_TURN);
    // What anybody else makes of it, by RFC 5869 and GCM.
    const bytes = Buffer.from(turn);
    const head = bytes.subarray(4, 20);
    const key = Buffer.from(hkdfSync('sha256', LINK_KEY, head.subarray(2, 10), 'peerglass broadcast 1', 32));
    expect(Buffer.from(epochKey(LINK_KEY, head.subarray(2, 10)))).toEqual(key);
    const nonce = Buffer.concat([Buffer.alloc(4), head.subarray(8)]);
    const opened = createDecipheriv('aes-256-gcm', key, nonce);
    opened.setAAD(Buffer.concat([head, Buffer.from('u/7')]));
    opened.setAuthTag(bytes.subarray(-16));
    const body = Buffer.concat([opened.update(bytes.subarray(20, -16)), opened.final()]);
    expect(body.toString('hex')).toBe('0000000803e8');
    expect(bytes.readUInt32BE(0)).toBe(bytes.length - 4);
  });

  test('say of a message that is not whole how much there is', async () => {
    const reader = readerOf('u/7');
    const [first] = segment();
    reader.push(first!.subarray(0, -1));
    expect(await reader.next()).toBeNull();
    expect([reader.unread, reader.epoch]).toEqual([first!.length - 1, null]);
    reader.push(first!.subarray(-1));
    expect(await reader.next()).toMatchObject({ type: 'meta' });
    expect([reader.unread, reader.epoch]).toEqual([0, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)]);
  });
});

describe('refused is', () => {
  test('another key', async () => {
    const reader = readerOf(
      'u/7',
      LINK_KEY.map(byte => byte ^ 1),
    );
    reader.push(joined(segment()));
    expect(await faultOf(reader.next())).toBe('sealed');
  });

  test('a message of another resource', async () => {
    expect(await faultOf(messagesIn('k/7', joined(segment('u/7'))))).toBe('sealed');
    expect(await faultOf(messagesIn('u/8', joined(segment('u/7'))))).toBe('sealed');
    expect(await faultOf(messagesIn('u/8', joined(segment('u/8'))))).toBe('order');
  });

  test('a message that was there before', async () => {
    const [first, second, ...others] = segment();
    expect(await faultOf(messagesIn('u/7', joined([first!, second!, second!])))).toBe('order');
    expect(await faultOf(messagesIn('u/7', joined([first!, others[0]!, second!])))).toBe('order');
  });

  test('a message of another share with the same link', async () => {
    const [first] = segment();
    const [, other] = segment('u/7', sealerOf([8, 7, 6, 5, 4, 3, 2, 1]));
    expect(await faultOf(messagesIn('u/7', joined([first!, other!])))).toBe('order');
  });

  test('a resource without a description', async () => {
    expect(await faultOf(messagesIn('u/7', joined(segment().slice(1))))).toBe('format');
  });

  test.each([
    ['no state', { state: undefined }],
    ['another state', { state: 'asleep' }],
    ['no pixels', { width: 0 }],
    ['too many pixels', { width: 16_384, height: 16_384 }],
    ['a segment that is no number', { k: '7' }],
    ['segments without an end', { segmentMs: 1e9 }],
  ])('a description with %s', async (_, change) => {
    expect(await faultOf(messagesIn('m', sealerOf().seal('m', LOG_KIND.meta, meta(change))))).toBe('format');
  });

  test.each([
    ['shorter than any', [0, 0, 0, 31]],
    ['longer than allowed', [1, 0, 0, 1]],
    ['not sealed', [0, 0, 0, 32, 1, ...Array(40).fill(0)]],
  ])('a message that is %s', async (_, bytes) => {
    expect(await faultOf(messagesIn('u/7', Uint8Array.from(bytes)))).toBe('format');
  });

  test('a resource that has no end', () => {
    const reader = readerOf('u/7');
    const much = new Uint8Array(32 * 1024 * 1024);
    reader.push(much);
    reader.push(much);
    expect(() => reader.push(Uint8Array.of(1))).toThrow(BroadcastFault);
  });

  test('every change of a byte: what comes before it is read, nothing behind it', async () => {
    const pieces = segment();
    const bytes = joined(pieces);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const damaged = bytes.slice();
        damaged[at]! ^= change;
        const reader = readerOf('u/7');
        reader.push(damaged);
        let read = 0;
        const fault = await faultOf(
          (async () => {
            while (await reader.next()) read++;
          })(),
        );
        let whole = 0;
        for (let end = pieces[0]!.length; end <= at; end += pieces[whole]!.length) whole++;
        expect(read).toBe(whole);
        // A length that grew only waits for more.
        expect(fault !== null || reader.unread > 0).toBe(true);
      }),
      { seed: drawSeed(), numRuns: 300 },
    );
  });

  test('any noise, and any body that somebody with the key may seal', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(1, 2, 3, 4, 5, 6, 7), fc.uint8Array({ maxLength: 80 })), { maxLength: 4 }),
        fc.uint8Array({ maxLength: 60 }),
        async (bodies, noise) => {
          const sealer = sealerOf();
          const pieces = bodies.map(([kind, body]) => sealer.seal('u/7', kind, [body]));
          const first = sealer.seal('u/7', LOG_KIND.meta, meta());
          const fault = await faultOf(messagesIn('u/7', joined([first, ...pieces, noise])));
          expect([null, 'format', 'order', 'sealed']).toContain(fault);
        },
      ),
      { seed: drawSeed(), numRuns: 300 },
    );
  });
});
