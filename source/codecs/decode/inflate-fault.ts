/**
 * A fault in compressed bytes. The caller knows which protocol they came from and reports it in that protocol's terms.
 */
export class InflateFault extends Error {
  readonly kind: 'damaged' | 'truncated' | 'too-long' | 'too-short';

  constructor(kind: InflateFault['kind'], message: string) {
    super(message);
    this.name = 'InflateFault';
    this.kind = kind;
  }
}

export function damaged(reason: string): InflateFault {
  return new InflateFault('damaged', `the compressed data are damaged (${reason})`);
}

export function truncated(): InflateFault {
  return new InflateFault('truncated', 'the compressed data end too early');
}

export function tooLong(max: number): InflateFault {
  return new InflateFault('too-long', `more than ${max} bytes come out of the compressed data`);
}

export function tooShort(length: number, expected: number): InflateFault {
  return new InflateFault('too-short', `${length} bytes came out of the compressed data, not ${expected}`);
}
