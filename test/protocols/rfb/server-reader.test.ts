import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../source/core/byte-reader.js';
import { PeerglassError } from '../../../source/core/errors.js';
import type { ClientMessage } from '../../../source/protocols/rfb/messages.js';
import { ServerReader } from '../../../source/protocols/rfb/server-reader.js';
import { drawSeed } from '../../helpers/seed.js';

/** Reads everything, delivered in pieces of `piece` bytes. */
function read(hex: string, piece = 1): ClientMessage[] {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const input = new ByteReader();
  const reader = new ServerReader(input);
  const messages: ClientMessage[] = [];
  for (let at = 0; at < bytes.length; at += piece) {
    input.push(bytes.subarray(at, at + piece));
    for (let message = reader.next(); message !== undefined; message = reader.next()) messages.push(message);
  }
  return messages;
}

const refused = expect.objectContaining({ code: 'E_RFB_PROTOCOL' });

describe("the server's reader", () => {
  it.each([1, 3, 1000])('reads every message, in pieces of %i bytes', piece => {
    const bytes = [
      '00 000000 10 10 01 01 001f 003f 001f 0b 05 00 000000',
      '02 00 0003 00000007 ffffff11 fffffec7',
      '03 01 0001 0002 0003 0004',
      '04 01 0000 0000ff0d',
      '05 07 0102 0304',
      '06 000000 00000003 616263',
      '06 000000 fffffffb 00000001 ff',
      '96 01 0000 0000 0780 0438',
      'f8 000000 80000003 02 aabb',
      'fb 00 0400 0300 01 00 00000007 0000 0000 0400 0300 00000000',
      'fa 00 01 02',
      'ff 00 0001 0000ff0d 0000001c',
      'ff 01 0002 03 02 0000ac44',
      'ff 01 0000',
    ].join('');
    expect(read(bytes, piece)).toEqual([
      {
        type: 'set-pixel-format',
        format: {
          ...{ bitsPerPixel: 16, depth: 16, bigEndian: true, trueColour: true },
          ...{ redMax: 31, greenMax: 63, blueMax: 31, redShift: 11, greenShift: 5, blueShift: 0 },
        },
      },
      { type: 'set-encodings', encodings: [7, -239, -313] },
      { type: 'update-request', incremental: true, area: { x: 1, y: 2, width: 3, height: 4 } },
      { type: 'key', down: true, keysym: 0xff0d },
      { type: 'pointer', buttons: 7, x: 0x102, y: 0x304 },
      { type: 'cut-text', extended: false, length: 3 },
      { type: 'cut-text', extended: true, length: 5 },
      { type: 'continuous-updates', enable: true, area: { x: 0, y: 0, width: 1920, height: 1080 } },
      { type: 'fence', flags: 0x80000003, payload: Uint8Array.of(0xaa, 0xbb) },
      {
        type: 'set-desktop-size',
        size: { width: 1024, height: 768 },
        screens: [{ id: 7, x: 0, y: 0, width: 1024, height: 768, flags: 0 }],
      },
      { type: 'ignored', message: 250 },
      { type: 'ignored', message: 255 },
      { type: 'ignored', message: 255 },
      { type: 'ignored', message: 255 },
    ]);
  });

  it.each([
    ['cut text of 4 GiB less one, which is an extended one of 1 byte', '06000000ffffffff'],
    ['cut text of 2 GiB less one', '060000007fffffff'],
    ['an extended clipboard of INT_MIN', '0600000080000000'],
    ['a fence of 65 bytes', 'f80000000000000041'],
    ['an unknown message', '63'],
    ['file transfer', '07'],
    ['an unknown QEMU message', 'ff07'],
    ['24 bits a pixel', '000000001818000100ff00ff00ff100800000000'],
    ['0 bits a pixel', '000000000018000100ff00ff00ff100800000000'],
    ['a maximum of 0', '0000000020180001000000ff00ff100800000000'],
    ['a maximum that is no mask', '0000000020180001006400ff00ff100800000000'],
    ['overlapping channels', '000000002018000100ff00ff00ff101000000000'],
    ['a channel beyond the pixel', '000000002018000100ff00ff00ff190800000000'],
    ['a shift of 255', '000000002018000100ff00ff00ffff0800000000'],
  ])('refuses %s', (_, hex) => {
    expect(() => read(hex)).toThrow(refused);
  });

  it('reads 65,535 encodings and keeps the first thousand', () => {
    const messages = read(`0200ffff${'00000000'.repeat(65_534)}00000007${'0301000000000001 0001'}`, 5000);
    expect(messages).toHaveLength(2);
    const [first] = messages;
    expect(first?.type === 'set-encodings' && first.encodings.length).toBe(1024);
  });

  it('discards a long clipboard as it arrives', () => {
    const input = new ByteReader(100_000);
    const reader = new ServerReader(input);
    input.push(Buffer.from('0600000000f00000', 'hex'));
    for (let sent = 0; sent < 0xf00000; sent += 65_536) {
      expect(reader.next()).toBeUndefined();
      input.push(Buffer.alloc(65_536));
    }
    expect(reader.next()).toEqual({ type: 'cut-text', extended: false, length: 0xf00000 });
    expect(input.available).toBe(0);
  });

  it('reads 255 screens', () => {
    const [message] = read(`fb000400030 0ff00${'00000000000000000000000000000000'.repeat(255)}`, 1000);
    expect(message?.type === 'set-desktop-size' && message.screens.length).toBe(255);
  });

  it('returns messages or a declared error for any bytes, whatever the pieces', () => {
    const starts = fc.constantFrom(0, 2, 3, 4, 5, 6, 150, 248, 250, 251, 255);
    const bytes = fc.array(fc.tuple(starts, fc.uint8Array({ maxLength: 40 })), { maxLength: 8 });
    const outcome = (hex: string, piece: number) => {
      try {
        return read(hex, piece);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(PeerglassError);
        return (thrown as PeerglassError).message;
      }
    };
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 50 }), (messages, piece) => {
        const hex = Buffer.concat(messages.map(([type, rest]) => Buffer.from([type, ...rest]))).toString('hex');
        const whole = outcome(hex, 1e6);
        const pieces = outcome(hex, piece);
        expect(typeof pieces).toBe(typeof whole);
        expect(pieces).toEqual(whole);
      }),
      { seed: drawSeed() },
    );
  });
});
