import { PSEUDO_ENCODING } from '../../protocols/rfb/constants.js';
import type { Encoding } from './encoding.js';

/** peerglass's own Echo (docs/echo.md), in the place of Tight's JPEG, for drawings; the Tight decoder reads it. */
export const echo: Encoding<'echo'> = {
  number: PSEUDO_ENCODING.echo,
  name: 'echo',
  label: 'Echo',
  decode: null,
  pseudoEncodings: () => [PSEUDO_ENCODING.echo],
};
