// The discrete cosine transform of eight values, for eight blocks at once, one per lane. After Arai, Agui and Nakajima
// (1988), whose results are scaled: value k by sqrt(8) times SCALE[k], which quantization compensates. Values are
// 16-bit fixed-point numbers, and all products are rounded (mulr: 15 fraction bits).

// @ts-ignore: decorator
@inline
function mulr(v: v128, fraction: i32): v128 {
  return i16x8.q15mulr_sat_s(v, i16x8.splat(<i16>fraction));
}

/** Eight vectors, `step` bytes from one to the next, in place. */
export function forwardCosine(at: usize, step: usize): void {
  const v0 = v128.load(at);
  const v1 = v128.load(at + step);
  const v2 = v128.load(at + step * 2);
  const v3 = v128.load(at + step * 3);
  const v4 = v128.load(at + step * 4);
  const v5 = v128.load(at + step * 5);
  const v6 = v128.load(at + step * 6);
  const v7 = v128.load(at + step * 7);
  const sum07 = i16x8.add(v0, v7);
  const sum16 = i16x8.add(v1, v6);
  const sum25 = i16x8.add(v2, v5);
  const sum34 = i16x8.add(v3, v4);
  const outer = i16x8.add(sum07, sum34);
  const inner = i16x8.add(sum16, sum25);
  v128.store(at, i16x8.add(outer, inner));
  v128.store(at + step * 4, i16x8.sub(outer, inner));
  const difference = i16x8.sub(sum07, sum34);
  const turned = mulr(i16x8.add(i16x8.sub(sum16, sum25), difference), 23170);
  v128.store(at + step * 2, i16x8.add(difference, turned));
  v128.store(at + step * 6, i16x8.sub(difference, turned));

  const minus07 = i16x8.sub(v0, v7);
  const low = i16x8.add(i16x8.sub(v3, v4), i16x8.sub(v2, v5));
  const middle = i16x8.add(i16x8.sub(v2, v5), i16x8.sub(v1, v6));
  const high = i16x8.add(i16x8.sub(v1, v6), minus07);
  const both = mulr(i16x8.sub(low, high), 12540);
  const z2 = i16x8.add(mulr(low, 17734), both);
  // 1.306563 as 1 plus the rest.
  const z4 = i16x8.add(i16x8.add(high, mulr(high, 10045)), both);
  const z3 = mulr(middle, 23170);
  const z11 = i16x8.add(minus07, z3);
  const z13 = i16x8.sub(minus07, z3);
  v128.store(at + step * 5, i16x8.add(z13, z2));
  v128.store(at + step * 3, i16x8.sub(z13, z2));
  v128.store(at + step, i16x8.add(z11, z4));
  v128.store(at + step * 7, i16x8.sub(z11, z4));
}

/** The inverse, for values that are SCALE[k] / sqrt(8) times those of an orthonormal transform. */
export function inverseCosine(at: usize, step: usize): void {
  const v0 = v128.load(at);
  const v1 = v128.load(at + step);
  const v2 = v128.load(at + step * 2);
  const v3 = v128.load(at + step * 3);
  const v4 = v128.load(at + step * 4);
  const v5 = v128.load(at + step * 5);
  const v6 = v128.load(at + step * 6);
  const v7 = v128.load(at + step * 7);
  const sum04 = i16x8.add(v0, v4);
  const minus04 = i16x8.sub(v0, v4);
  const sum26 = i16x8.add(v2, v6);
  const minus26 = i16x8.sub(v2, v6);
  // sqrt(2) as 1 plus the rest.
  const turned = i16x8.sub(i16x8.add(minus26, mulr(minus26, 13573)), sum26);
  const even0 = i16x8.add(sum04, sum26);
  const even3 = i16x8.sub(sum04, sum26);
  const even1 = i16x8.add(minus04, turned);
  const even2 = i16x8.sub(minus04, turned);

  const z13 = i16x8.add(v5, v3);
  const z10 = i16x8.sub(v5, v3);
  const z11 = i16x8.add(v1, v7);
  const z12 = i16x8.sub(v1, v7);
  const odd7 = i16x8.add(z11, z13);
  const minus = i16x8.sub(z11, z13);
  const z = i16x8.add(z10, z12);
  // 1.847759 as 2 minus the rest.
  const z5 = i16x8.sub(i16x8.add(z, z), mulr(z, 4989));
  // 1.082392 and 2.613126.
  const ten = i16x8.sub(i16x8.add(z12, mulr(z12, 2700)), z5);
  const twelve = i16x8.sub(z5, i16x8.add(i16x8.add(z10, z10), mulr(z10, 20091)));
  const odd6 = i16x8.sub(twelve, odd7);
  const odd5 = i16x8.sub(i16x8.add(minus, mulr(minus, 13573)), odd6);
  const odd4 = i16x8.add(ten, odd5);
  v128.store(at, i16x8.add(even0, odd7));
  v128.store(at + step * 7, i16x8.sub(even0, odd7));
  v128.store(at + step, i16x8.add(even1, odd6));
  v128.store(at + step * 6, i16x8.sub(even1, odd6));
  v128.store(at + step * 2, i16x8.add(even2, odd5));
  v128.store(at + step * 5, i16x8.sub(even2, odd5));
  v128.store(at + step * 4, i16x8.add(even3, odd4));
  v128.store(at + step * 3, i16x8.sub(even3, odd4));
}

// @ts-ignore: decorator
@inline
function low16(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}
// @ts-ignore: decorator
@inline
function high16(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
// @ts-ignore: decorator
@inline
function low32(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 4, 1, 5);
}
// @ts-ignore: decorator
@inline
function high32(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 2, 6, 3, 7);
}
// @ts-ignore: decorator
@inline
function low64(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 0, 2);
}
// @ts-ignore: decorator
@inline
function high64(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 1, 3);
}

/**
 * Transposes four consecutive vectors at `top` and four at `bottom` to four at `toTop` and four at `toBottom`: the
 * first result holds the first lane of each. Applied twice, it restores them.
 */
export function turnLanes(top: usize, bottom: usize, toTop: usize, toBottom: usize): void {
  const a0 = v128.load(top);
  const a1 = v128.load(top, 16);
  const a2 = v128.load(top, 32);
  const a3 = v128.load(top, 48);
  const a4 = v128.load(bottom);
  const a5 = v128.load(bottom, 16);
  const a6 = v128.load(bottom, 32);
  const a7 = v128.load(bottom, 48);
  const b0 = low16(a0, a1);
  const b1 = high16(a0, a1);
  const b2 = low16(a2, a3);
  const b3 = high16(a2, a3);
  const b4 = low16(a4, a5);
  const b5 = high16(a4, a5);
  const b6 = low16(a6, a7);
  const b7 = high16(a6, a7);
  const c0 = low32(b0, b2);
  const c1 = high32(b0, b2);
  const c2 = low32(b1, b3);
  const c3 = high32(b1, b3);
  const c4 = low32(b4, b6);
  const c5 = high32(b4, b6);
  const c6 = low32(b5, b7);
  const c7 = high32(b5, b7);
  v128.store(toTop, low64(c0, c4));
  v128.store(toTop, high64(c0, c4), 16);
  v128.store(toTop, low64(c1, c5), 32);
  v128.store(toTop, high64(c1, c5), 48);
  v128.store(toBottom, low64(c2, c6));
  v128.store(toBottom, high64(c2, c6), 16);
  v128.store(toBottom, low64(c3, c7), 32);
  v128.store(toBottom, high64(c3, c7), 48);
}
