// Runs of palette indices, as ZRLE's palette RLE has them.

export function paletteRle(indices: usize, count: i32, to: usize): i32 {
  let target = to;
  let at = 0;
  while (at < count) {
    const index = load<u8>(indices + <usize>at);
    let end = at + 1;
    while (end < count && load<u8>(indices + <usize>end) == index) end++;
    let rest = end - at - 1;
    if (rest == 0) {
      store<u8>(target++, index);
    } else {
      store<u8>(target++, index | 128);
      for (; rest >= 255; rest -= 255) store<u8>(target++, 255);
      store<u8>(target++, <u8>rest);
    }
    at = end;
  }
  return <i32>(target - to);
}
