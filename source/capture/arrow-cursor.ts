import type { CursorShape } from './capture-source.js';

/** `#` is black, `.` white, the rest transparent; the tip is the hotspot. */
const ARROW = [
  '#           ',
  '##          ',
  '#.#         ',
  '#..#        ',
  '#...#       ',
  '#....#      ',
  '#.....#     ',
  '#......#    ',
  '#.......#   ',
  '#........#  ',
  '#.....####  ',
  '#..#..#     ',
  '#.# #..#    ',
  '##  #..#    ',
  '#    #..#   ',
  '     #..#   ',
  '      ##    ',
];

/** A plain arrow, for where a pointer is known to be but not what it looks like. */
export function arrowCursor(): CursorShape {
  const width = ARROW[0]!.length;
  const rgba = Uint8Array.from(
    [...ARROW.join('')].flatMap(ink =>
      ink === '#' ? [0, 0, 0, 255] : ink === '.' ? [255, 255, 255, 255] : [0, 0, 0, 0],
    ),
  );
  return { width, height: ARROW.length, rgba, hotspotX: 0, hotspotY: 0, serial: 0 };
}
