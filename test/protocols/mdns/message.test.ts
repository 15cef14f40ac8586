import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type DnsMessage,
  type DnsRecord,
  decodeMessage,
  encodeMessage,
  labelOf,
  MDNS_LIMITS,
  sameName,
} from '../../../source/protocols/mdns/message.js';

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));
const latin = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

const SERVICE = ['_rfb', '_tcp', 'local'];
const DESK = ["Ann's desk. 2nd floor", ...SERVICE];

const ANSWER: DnsMessage = {
  response: true,
  questions: [],
  records: [
    { name: SERVICE, type: 'PTR', target: DESK, ttl: 4500, unique: false },
    { name: DESK, type: 'SRV', port: 5900, target: ['desk', 'local'], ttl: 120, unique: true },
    { name: DESK, type: 'TXT', texts: ['wire=rfb', 'encryption=none'], ttl: 4500, unique: true },
    { name: ['desk', 'local'], type: 'A', address: '192.168.1.82', ttl: 120, unique: true },
    { name: ['desk', 'local'], type: 'AAAA', address: 'fe80::1:0:ab', ttl: 120, unique: true },
  ],
  wanted: [],
};

describe('a message of mDNS', () => {
  test('is read as it was written', () => {
    expect(decodeMessage(encodeMessage(ANSWER))).toEqual(ANSWER);
    const question: DnsMessage = {
      ...ANSWER,
      response: false,
      questions: [{ name: SERVICE, type: 'PTR' }],
      records: [],
      wanted: [ANSWER.records[1]!],
    };
    expect(decodeMessage(encodeMessage(question))).toEqual(question);
  });

  test('has the bytes of RFC 1035', () => {
    const question: DnsMessage = {
      ...ANSWER,
      response: false,
      questions: [{ name: SERVICE, type: 'PTR' }],
      records: [],
    };
    expect(Buffer.from(encodeMessage(question)).toString('hex')).toBe(
      `000000000001000000000000${`04${latin('_rfb')}04${latin('_tcp')}05${latin('local')}00`}000c0001`,
    );
  });

  test('of another program, with compressed names and unknown records, is read', () => {
    // As Avahi and Apple write it: each name once, then pointers; an NSEC record behind.
    const message = bytesOf(`
      0000 8400 0000 0002 0000 0002
      04${latin('_rfb')} 04${latin('_tcp')} 05${latin('local')} 00  000c 0001 00001194 0007  04${latin('desk')} c00c
      c027  0021 8001 00000078 000c  0000 0000 170c 03${latin('mac')} c016
      c040  0001 8001 00000078 0004  0a000007
      c040  002f 8001 00000078 0005  c040 0001 40
    `);
    expect(decodeMessage(message)?.records).toEqual([
      { name: SERVICE, type: 'PTR', target: ['desk', ...SERVICE], ttl: 4500, unique: false },
      { name: ['desk', ...SERVICE], type: 'SRV', port: 5900, target: ['mac', 'local'], ttl: 120, unique: true },
      { name: ['mac', 'local'], type: 'A', address: '10.0.0.7', ttl: 120, unique: true },
    ]);
  });

  test.each([
    ['a name that points to itself', '0000 8400 0000 0001 0000 0000 c00c 000c 0001 00000078 0000'],
    ['a name that points ahead', '0000 8400 0000 0001 0000 0000 c00e c00c 000c 0001 00000078 0000'],
    ['a label that reaches beyond the end', '0000 0000 0001 0000 0000 0000 3f41'],
    ['a label of a kind that nobody uses', '0000 0000 0001 0000 0000 0000 8041 00 000c 0001'],
    ['more records than it has', '0000 8400 0000 0040 0000 0000'],
    ['a header cut off', '0000 8400'],
    [
      'records that say another length than they have',
      '0000 8400 0000 0001 0000 0000 00 0021 0001 00000078 0003 000000 0000',
    ],
  ])('with %s is none', (_, text) => {
    expect(decodeMessage(bytesOf(text))).toBe(null);
  });

  test('that is too large or has too many records is not read', () => {
    const record: DnsRecord = { name: ['a'], type: 'A', address: '1.2.3.4', ttl: 1 };
    const many = (count: number) => encodeMessage({ ...ANSWER, records: new Array<DnsRecord>(count).fill(record) });
    expect(decodeMessage(many(MDNS_LIMITS.records))?.records.length).toBe(MDNS_LIMITS.records);
    expect(decodeMessage(many(MDNS_LIMITS.records + 1))).toBe(null);
    expect(decodeMessage(new Uint8Array(MDNS_LIMITS.message + 1))).toBe(null);
  });

  test('of arbitrary bytes is read or refused, quickly', () => {
    const valid = encodeMessage(ANSWER);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        decodeMessage(bytes);
      }),
    );
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.nat(255), (at, value) => {
        const bytes = valid.slice();
        bytes[at] = value;
        decodeMessage(bytes);
      }),
    );
    // Each name as long as names get, by pointers: the most that one message can make a reader do.
    const head = [...encodeMessage({ ...ANSWER, records: [] })];
    head[7] = MDNS_LIMITS.records;
    const name = Array.from({ length: 126 }, () => [1, 97]).flat();
    const first = [...name, 0, 0, 12, 0, 1, 0, 0, 0, 9, 0, 2, 0xc0, 12];
    const rest = [0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 9, 0, 2, 0xc0, 12];
    const records = Array.from({ length: MDNS_LIMITS.records - 1 }, () => rest).flat();
    expect(decodeMessage(Uint8Array.from([...head, ...first, ...records]))?.records.length).toBe(MDNS_LIMITS.records);
  });

  test('names differ by more than the case of ASCII', () => {
    expect(sameName(['Desk', 'LOCAL'], ['desk', 'local'])).toBe(true);
    expect(sameName(['a.b'], ['a', 'b'])).toBe(false);
    expect(sameName(['É'], ['é'])).toBe(false);
  });

  test('a text that is too long for a label is cut between characters', () => {
    expect(labelOf('é'.repeat(40))).toBe('é'.repeat(31));
    expect(labelOf('desk')).toBe('desk');
  });
});
