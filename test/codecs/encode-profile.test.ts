import { expect, it } from 'vitest';
import { chooseProfile } from '../../source/codecs/encode/encode-profile.js';
import { WirePixels } from '../../source/codecs/encode/wire-pixels.js';
import { BGRX } from '../../source/core/pixel-format.js';
import { nodeCompressors } from '../../source/node/compressors.js';
import { ENCODING } from '../../source/protocols/rfb/constants.js';

const { hextile, raw, rre, tight, trle, zrle } = ENCODING;

it.each([
  ['the first known encoding of the list', [rre, zrle, hextile], 'zrle'],
  ['Hextile rather than TRLE, whatever the order', [trle, hextile], 'hextile'],
  ['a compressing encoding rather than TRLE', [trle, tight], 'tight'],
  ['TRLE where nothing better is listed', [trle, raw], 'trle'],
  ['Raw where nothing is known', [rre], 'raw'],
])('a viewer is sent %s', (_, encodings, encoding) => {
  expect(chooseProfile(encodings, new WirePixels(BGRX), 2, null, nodeCompressors).encoding).toBe(encoding);
});
