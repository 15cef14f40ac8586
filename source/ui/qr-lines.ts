import { encode } from 'uqr';

/** A QR code as lines of half blocks, two modules to a cell, with the quiet zone; drawn dark on light (inverse). */
export function qrLines(text: string): string[] {
  const { data, size } = encode(text, { border: 2 });
  const lines: string[] = [];
  for (let row = 0; row < size; row += 2) {
    let line = '';
    for (let column = 0; column < size; column++) {
      const upper = data[row]?.[column] ?? false;
      const lower = data[row + 1]?.[column] ?? false;
      // The light modules are the ground, because the text is drawn inverse.
      line += upper && lower ? '█' : upper ? '▀' : lower ? '▄' : ' ';
    }
    lines.push(line);
  }
  return lines;
}
