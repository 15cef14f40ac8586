import { describe, expect, it } from 'vitest';
import { capabilitiesOf } from '../../../source/session/share/rfb/client-capabilities.js';

const [TIGHT, COSINE, FINE_60, COARSE_8, COARSE_6, GREY, COLOURS_2X] = [7, 0xd047_4353 | 0, -452, -24, -26, -765, -766];

describe('the quality that a viewer requests', () => {
  it.each([
    ['none', [TIGHT, COSINE, GREY], null],
    ['a coarse one', [TIGHT, COARSE_8], { quality: 92, subsampling: '4:4:4' }],
    ['a fine one, which goes first', [TIGHT, COARSE_8, FINE_60], { quality: 60, subsampling: '4:2:2' }],
    ['with Cosine', [TIGHT, COSINE, COARSE_8], { quality: 92, subsampling: '4:4:4' }],
    ['of one too low for Cosine', [TIGHT, COSINE, COARSE_6], { quality: 79, subsampling: '4:4:4' }],
    ['with a subsampling', [FINE_60, GREY], { quality: 60, subsampling: 'grey', subsamplingRequested: true }],
    [
      'with a subsampling, which Cosine does not have',
      [COSINE, COARSE_8, COLOURS_2X],
      { quality: 92, subsampling: '4:2:2', subsamplingRequested: true },
    ],
  ])('is %s', (_, encodings, quality) => {
    expect(capabilitiesOf(encodings).quality).toEqual(quality);
  });
});
