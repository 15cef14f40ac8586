/** A plain decoder of the Echo encoding (docs/echo.md), and what it keeps from rectangle to rectangle. */
export class EchoReference {
  #colours: number[] = [];
  #probabilities = new Map<string, number>();
  #predictions = tables();
  #data: Uint8Array = new Uint8Array(0);
  #at = 0;
  #range = 0;
  #code = 0;

  /**
   * @param data behind the two bytes of the head
   * @returns the pixels, 0x00RRGGBB; null if the bytes are not exactly one such rectangle
   */
  decode(data: Uint8Array, width: number, height: number, fresh: boolean): Uint32Array | null {
    if (data.length < 5) return null;
    if (fresh) {
      this.#colours = [];
      this.#probabilities = new Map();
      this.#predictions = tables();
    }
    this.#data = data;
    this.#range = 0xffffffff;
    this.#code = new DataView(data.buffer, data.byteOffset).getUint32(1);
    this.#at = 5;
    const indices = new Uint16Array(width * height);
    for (let at = 0; at < indices.length; at++) {
      const index = this.#pixel(indices, width, at % width, Math.floor(at / width));
      if (index === null || this.#at > data.length) return null;
      indices[at] = index;
    }
    return this.#at === data.length ? Uint32Array.from(indices, index => this.#colours[index] ?? 0) : null;
  }

  #pixel(indices: Uint16Array, width: number, x: number, y: number): number | null {
    const indexAt = (dx: number, dy: number) => {
      const outside = x + dx < 0 || x + dx >= width || y + dy < 0;
      return outside ? 0 : indices[(y + dy) * width + x + dx]!;
    };
    const four = (dx: number, dy: number) =>
      [3, 2, 1, 0].reduce((number, more) => (number << 8) | (indexAt(dx + more, dy) & 255), 0) >>> 0;
    const [above, ahead, next, over, left] = [four(-2, -1), four(2, -1), four(-1, -1), four(-1, -2), four(-4, 0)];
    const before = indexAt(-1, 0);
    const same = Math.imul(before & 255, 0x01010101) >>> 0;
    const refused: number[] = [];
    if ([above, ahead, over, left].every(each => each === same)) {
      if (this.#bit('flat', 5)) return before;
      refused.push(before);
    }
    const hashes = [
      mixed(
        times(above, 0x9e3779b1) ^
          times(over, 0x85ebca6b) ^
          times(left, 0xc2b2ae35) ^
          times(ahead & 0xffff, 0x27d4eb2f),
      ),
      mixed(times(next, 0x85ebca6b) ^ times(left >>> 8, 0x9e3779b1) ^ times((over >>> 8) & 0xff, 0xc2b2ae35)),
      mixed(times(next & 0xffffff, 0xc2b2ae35) ^ times(left >>> 24, 0x85ebca6b)),
    ];
    let index: number | null = null;
    for (const [table, hash] of hashes.entries()) {
      const prediction = this.#predictions[table]!.get(hash >>> 16);
      if (!prediction || prediction.check !== ((hash >>> 8) & 255) || refused.includes(prediction.index)) continue;
      if (this.#bit(`hit ${table} ${prediction.count} ${refused.length}`, 5)) {
        index = prediction.index;
        break;
      }
      refused.push(prediction.index);
    }
    index ??= this.#literal();
    if (index !== null) for (const [table, hash] of hashes.entries()) this.#learn(table, hash, index);
    return index;
  }

  #literal(): number | null {
    if (this.#bit('known', 4)) {
      const high = this.#tree('high', 4);
      const index = high * 256 + this.#tree(`low ${high}`, 8);
      return index < this.#colours.length ? index : null;
    }
    if (this.#colours.length === 4096) return null;
    const green = this.#tree('green', 8);
    const red = (this.#tree('red', 8) + green) & 255;
    const blue = (this.#tree('blue', 8) + green) & 255;
    return this.#colours.push((red << 16) | (green << 8) | blue) - 1;
  }

  #learn(table: number, hash: number, index: number): void {
    const check = (hash >>> 8) & 255;
    const predictions = this.#predictions[table]!;
    const prediction = predictions.get(hash >>> 16);
    const fresh = { index, count: 1, check };
    if (!prediction) predictions.set(hash >>> 16, fresh);
    else if (prediction.check !== check) {
      if (prediction.count > 4) prediction.count--;
      else predictions.set(hash >>> 16, fresh);
    } else if (prediction.index === index) prediction.count = Math.min(prediction.count + 1, 15);
    else if (prediction.count <= 2) predictions.set(hash >>> 16, fresh);
    else prediction.count >>= 1;
  }

  #tree(name: string, bits: number): number {
    let node = 1;
    for (let left = bits; left > 0; left--) node = node * 2 + (this.#bit(`${name} ${node}`, 4) ? 1 : 0);
    return node - 2 ** bits;
  }

  #bit(name: string, rate: number): boolean {
    const probability = this.#probabilities.get(name) ?? 16_384;
    const bound = (this.#range >>> 15) * probability;
    const one = this.#code < bound;
    this.#probabilities.set(
      name,
      one ? probability + ((32_768 - probability) >> rate) : probability - (probability >> rate),
    );
    if (one) this.#range = bound;
    else {
      this.#code -= bound;
      this.#range -= bound;
    }
    while (this.#range < 2 ** 24) {
      this.#range *= 256;
      this.#code = ((this.#code << 8) | (this.#data[this.#at++] ?? 0)) >>> 0;
    }
    return one;
  }
}

interface Prediction {
  readonly index: number;
  count: number;
  readonly check: number;
}

function tables(): Map<number, Prediction>[] {
  return [new Map(), new Map(), new Map()];
}

function times(one: number, other: number): number {
  return Math.imul(one, other);
}

function mixed(hash: number): number {
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
}
