const WIDTH = 16;

/** Rows of 16 bytes: where, the bytes, and the characters among them. At most 75 columns. */
export function hexdump(bytes: Uint8Array): string[] {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += WIDTH) {
    const row = [...bytes.subarray(at, at + WIDTH)];
    const hex = row.map((byte, index) => (index === WIDTH / 2 ? ' ' : '') + byte.toString(16).padStart(2, '0'));
    const characters = row.map(byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'));
    rows.push(
      `${at.toString(16).padStart(4, '0')}  ${hex.join(' ').padEnd(WIDTH * 3)}  ${characters.join('').padEnd(WIDTH)}`,
    );
  }
  return rows;
}
