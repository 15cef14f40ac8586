import { NETWORKS, type networksOf } from '../../node/address-scope.js';

/** One of several that share something scarce. */
export interface Crowding {
  /** Where it comes from, as `networksOf` has it. */
  readonly networks: ReturnType<typeof networksOf>;
}

/**
 * Decides who makes room when a resource is used up: the machine that uses most, found from its wide network down, so
 * that many addresses count as one. If the newcomer's machine would then use no less than the others, it is the
 * newcomer.
 *
 * @param newcomer null: somebody makes room in any case
 * @returns the entries of that machine in their order; null: the newcomer finds no room
 */
export function crowded<Entry extends Crowding>(
  entries: readonly Entry[],
  newcomer: Crowding | null,
): readonly Entry[] | null {
  let rest = entries;
  let coming = newcomer;
  for (let level = 0; level < NETWORKS; level++) {
    const groups = new Map<string, Entry[]>();
    for (const entry of rest) {
      const network = entry.networks[level]!;
      const same = groups.get(network);
      if (same) same.push(entry);
      else groups.set(network, [entry]);
    }
    const most = [...groups.values()].reduce<readonly Entry[]>((a, b) => (b.length > a.length ? b : a), []);
    const own: readonly Entry[] = (coming && groups.get(coming.networks[level]!)) ?? [];
    if (coming && own.length + 1 >= most.length) rest = own;
    else {
      rest = most;
      coming = null;
    }
  }
  return coming ? null : rest;
}
