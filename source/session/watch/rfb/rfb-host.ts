import type { StreamInflater } from '../../../codecs/decode/inflate.js';
import type { WatchOptions } from '../../watch-options.js';
import type { WireHost } from '../wire-session.js';

/** What the rfb wire asks of whoever watches: of the options only what it speaks of to the server. */
export interface RfbHost extends Omit<WireHost, 'options' | 'inflater'> {
  readonly options: Pick<WatchOptions, 'code' | 'quality' | 'level'>;
  readonly inflater: StreamInflater;
}
