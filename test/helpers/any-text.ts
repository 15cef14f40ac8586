import fc from 'fast-check';

const codePoints = fc.oneof(fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10_ffff }));

/**
 * Any text of whole characters. (fast-check's own unit `binary` is the same, but takes more than a second to build.)
 */
export const anyText: fc.Arbitrary<string> = fc.string({ unit: codePoints.map(each => String.fromCodePoint(each)) });
