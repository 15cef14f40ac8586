// How a decoding kernel reads a colour of an rfb stream.
//
// `size` is its bytes on the wire. Colours of one or two bytes are looked up: `table` points at 256 or 65,536 BGRX
// pixels, indexed by the bytes as a little-endian number. In colours of three or four bytes each channel is a whole
// byte: `layout` holds the byte positions of blue (bits 0-7), green (8-15) and red (16-23).

@inline
export function colourAt(source: usize, size: i32, layout: i32, table: usize): u32 {
  if (size == 1) return load<u32>(table + ((<usize>load<u8>(source)) << 2));
  if (size == 2) return load<u32>(table + ((<usize>load<u16>(source)) << 2));
  return (
    <u32>load<u8>(source + (layout & 0xff)) |
    (<u32>load<u8>(source + ((layout >> 8) & 0xff)) << 8) |
    (<u32>load<u8>(source + ((layout >> 16) & 0xff)) << 16)
  );
}

// Paints a row of one colour.
@inline
export function fillRow(target: usize, count: i32, colour: u32): void {
  const end = target + ((<usize>count) << 2);
  while (target < end) {
    store<u32>(target, colour);
    target += 4;
  }
}
