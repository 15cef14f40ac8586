/** Sets the title, moves, colours, clears (7 and 8 bit), rings, reverses direction, ends the line; shows as PWNED. */
export const EVIL =
  'PWNED\u001b]0;own3d\u0007\u001b[5;5H\u001b[31m\u009b2J\u009d0;t\u009c\u202e\u2066\u061c\u007f\r\n\b\u001bc\u001bPq\u001b\\';

/** The painter's own sequences: cursor moves, erasing, modes, and, where Ink draws no colours, the end of a style. */
const OWN = /\u001b\[(?:\d+;\d+H|2J|K|0m|\?\d+[hl]|=0u|>4m)|\u001b>|\u0007(?=$|\u001b\[\?2026h)/g;

/** Control characters in the output that are not the painter's own, with the text next to them. */
export function strayControls(output: string, own = OWN): string[] {
  const rest = output.replace(own, '');
  return [
    ...rest.matchAll(/.{0,10}[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069].{0,10}/gsu),
  ].map(each => JSON.stringify(each[0]));
}
