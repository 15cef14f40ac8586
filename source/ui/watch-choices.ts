import { formatPeerAddress } from '../core/peer-address.js';
import type { FoundSharer, FoundSharers, LocalAddress } from '../session/app-services.js';
import { encryptionText } from '../session/option-values.js';
import type { ListedChoice } from './components/listed-choices.js';
import { padTo, truncate } from './text.js';
import { isLocal } from './watch-form-values.js';

/** An entry of the lists below the fields: choosing it fills in the address. */
export interface WatchChoice extends ListedChoice {
  readonly kind: 'found' | 'peer';
  /** A share of this machine. */
  readonly own: boolean;
}

/** Columns of a name, and of the rest of its line. */
const NAME = { least: 12, most: 40, rest: 58 } as const;
/** Longer lists scroll. */
const MAX_ROWS = { found: 5, peers: 6 } as const;

function foundChoice(sharer: FoundSharer, local: readonly LocalAddress[], columns: number): WatchChoice {
  const width = Math.max(NAME.least, Math.min(NAME.most, columns - NAME.rest));
  const { id, name, port, encryption } = sharer;
  const address = formatPeerAddress({ host: sharer.address, port }, sharer.wire);
  const own = isLocal(sharer.address, local);
  const notes = [encryptionText(encryption), own ? 'this machine' : ''].filter(note => note !== '');
  return {
    key: `found ${id}`,
    kind: 'found',
    text: address,
    line: [padTo(truncate(name, width), width), address, ...notes].join('  '),
    own,
  };
}

/** Sharers on the network, those of this machine last, then the last peers. */
export function watchChoices(
  found: FoundSharers | null,
  peers: readonly string[],
  local: readonly LocalAddress[],
  columns: number,
): WatchChoice[] {
  const sharers = (found?.sharers ?? []).map(sharer => foundChoice(sharer, local, columns));
  return [
    ...sharers.filter(({ own }) => !own),
    ...sharers.filter(({ own }) => own),
    ...peers.map((text): WatchChoice => ({ key: `peer ${text}`, kind: 'peer', text, line: text, own: false })),
  ];
}

/** How many of each fit in `rows`, not counting the borders of both boxes. */
export function choiceRows(
  rows: number,
  found: number,
  peers: number,
): { readonly found: number; readonly peers: number } {
  const least = peers > 0 ? 1 : 0;
  const foundRows = Math.max(1, Math.min(found, MAX_ROWS.found, rows - least));
  return { found: foundRows, peers: Math.max(0, Math.min(peers, MAX_ROWS.peers, rows - foundRows)) };
}

/** The text in place of the list while it is empty. */
export function nobodyText(found: FoundSharers | null, looked: boolean): string {
  if (found?.problem) return `Not searching: ${found.problem}`;
  return looked ? 'None found yet. The firewall must allow UDP port 5353.' : 'looking …';
}
