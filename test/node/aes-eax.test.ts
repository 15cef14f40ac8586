import { createCipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TAG_LENGTH } from '../../source/core/record-cipher.js';
import { AesEax, NodeAes } from '../../source/node/aes-eax.js';
import { sealedBy } from '../helpers/sealed-records.js';

const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

/** Message, key, nonce, header and cipher text of the paper's test vectors. */
const PUBLISHED = `
- 233952DEE4D5ED5F9B9C6D6FF80FF478 62EC67F9C3A4A407FCB2A8C49031A8B3 6BFB914FD07EAE6B E037830E8389F27B025A2D6527E79D01
F7FB 91945D3F4DCBEE0BF45EF52255F095A4 BECAF043B0A23D843194BA972C66DEBD FA3BFD4806EB53FA 19DD5C4C9331049D0BDAB0277408F67967E5
1A47CB4933 01F74AD64077F2E704C0F60ADA3DD523 70C3DB4F0D26368400A10ED05D2BFF5E 234A3463C1264AC6 D851D5BAE03A59F238A23E39199DC9266626C40F80
481C9E39B1 D07CF6CBB7F313BDDE66B727AFD3C5E8 8408DFFF3C1A2B1292DC199E46B7D617 33CCE2EABFF5A79D 632A9D131AD4C168A4225D8E1FF755939974A7BEDE
40D0C07DA5E4 35B6D0580005BBC12B0587124557D2C2 FDB6B06676EEDC5C61D74276E1F8E816 AEB96EAEBE2970E9 071DFE16C675CB0677E536F73AFE6A14B74EE49844DD
4DE3B35C3FC039245BD1FB7D BD8E6E11475E60B268784C38C62FEB22 6EAC5C93072D8E8513F750935E46DA1B D4482D1CA78DCE0F 835BB4F15D743E350E728414ABB8644FD6CCB86947C5E10590210A4F
8B0A79306C9CE7ED99DAE4F87F8DD61636 7C77D6E813BED5AC98BAA417477A2E7D 1A8C98DCD73D38393B2BF1569DEEFC19 65D2017990D62528 02083E3979DA014812F59F11D52630DA30137327D10649B0AA6E1C181DB617D7F2
1BDA122BCE8A8DBAF1877D962B8592DD2D56 5FFF20CAFAB119CA2FC73549E20F5B0D DDE59B97D722156D4D9AFF2BC7559826 54B9F04E6A09189A 2EC47B2C4954A489AFC7BA4897EDCDAE8CC33B60450599BD02C96382902AEF7F832A
6CF36720872B8513F6EAB1A8A44438D5EF11 A4A4782BCFFD3EC5E7EF6D8C34A56123 B781FCF2F75FA5A8DE97A9CA48E522EC 899A175897561D7E 0DE18FD0FDD91E7AF19F1D8EE8733938B1E8E7F6D2231618102FDB7FE55FF1991700
CA40D7446E545FFAED3BD12A740A659FFBBB3CEAB7 8395FCF1E95BEBD697BD010BC766AAC3 22E7ADD93CFC6393C57EC0B3C17D6B44 126735FCC320D25A CB8920F87A6C75CFF39627B56E3ED197C552D295A7CFC46AFC253B4652B1AF3795B124AB6E`
  .trim()
  .split('\n')
  .map(line => line.split(' ').map(word => hex(word.replace('-', ''))));

describe.each([
  ['as fast as it can', (key: Uint8Array) => new AesEax(key)],
  ["by Node's own objects", (key: Uint8Array) => new AesEax(key, new NodeAes(key))],
])('AES-EAX, %s,', (_, create) => {
  it.each(PUBLISHED)('agrees with the published vectors (%#)', (message, key, nonce, header, expected) => {
    const cipher = create(key!);
    // Twice: the second one begins where a stream was left.
    for (let time = 0; time < 2; time++) {
      const sealed = sealedBy(cipher, nonce!, header!, message!);
      expect(sealed.toString('hex')).toBe(Buffer.from(expected!).toString('hex'));
      expect(Buffer.from(cipher.open(nonce!, header!, expected!)!)).toEqual(Buffer.from(message!));
    }
  });

  it.each([16, 32])('agrees with CMACs that are computed block by block, with a key of %i bytes', length => {
    const key = randomBytes(length);
    const cipher = create(key);
    for (const size of [0, 1, 15, 16, 17, 31, 32, 33, 1000, 8192]) {
      const [nonce, header, message] = [randomBytes(16), randomBytes(1 + (size % 15)), randomBytes(size)];
      const out = sealedBy(cipher, nonce, header, message);
      expect(out.equals(plainly(key, nonce, header, message))).toBe(true);
      expect(Buffer.from(create(key).open(nonce, header, out)!)).toEqual(message);
    }
  });

  it('opens nothing that was changed, by a single bit, or is too short', () => {
    const key = randomBytes(32);
    const cipher = create(key);
    const [nonce, header, message] = [randomBytes(16), randomBytes(2), randomBytes(20)];
    const sealed = sealedBy(cipher, nonce, header, message);
    for (const part of [nonce, header, sealed]) {
      for (let bit = 0; bit < part.length * 8; bit++) {
        part[bit >> 3]! ^= 1 << (bit & 7);
        expect(cipher.open(nonce, header, sealed)).toBeNull();
        part[bit >> 3]! ^= 1 << (bit & 7);
      }
    }
    expect(cipher.open(nonce, header, sealed.subarray(0, TAG_LENGTH - 1))).toBeNull();
    expect(Buffer.from(cipher.open(nonce, header, sealed)!)).toEqual(message);
  });
});

/** EAX as its paper defines it, with a cipher of its own for each block. */
function plainly(key: Buffer, nonce: Buffer, header: Buffer, message: Buffer): Buffer {
  const bits = key.length * 8;
  const block = (bytes: Uint8Array) => createCipheriv(`aes-${bits}-ecb`, key, null).setAutoPadding(false).update(bytes);
  const xor = (one: Uint8Array, other: Uint8Array) => one.map((byte, index) => byte ^ (other[index] ?? 0));
  const double = (bytes: Uint8Array) => {
    const number = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
    const twice = ((number << 1n) & ((1n << 128n) - 1n)) ^ (number >> 127n ? 0x87n : 0n);
    return hex(twice.toString(16).padStart(32, '0'));
  };
  const cmac = (kind: number, text: Uint8Array) => {
    const whole = Buffer.concat([Buffer.alloc(15), Buffer.from([kind]), text]);
    const padded = Buffer.concat([whole, Buffer.from([0x80]), Buffer.alloc(15)]).subarray(0, (whole.length + 15) & ~15);
    const last = double(block(new Uint8Array(16)));
    const key = whole.length === padded.length ? last : double(last);
    let chain = new Uint8Array(16);
    for (let at = 0; at < padded.length; at += 16) {
      const input = xor(padded.subarray(at, at + 16), chain);
      chain = Uint8Array.from(block(at + 16 === padded.length ? xor(input, key) : input));
    }
    return chain;
  };
  const counter = cmac(0, nonce);
  const encrypted = createCipheriv(`aes-${bits}-ctr`, key, counter).update(message);
  return Buffer.concat([encrypted, xor(xor(counter, cmac(1, header)), cmac(2, encrypted))]);
}
