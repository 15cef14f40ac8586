import type { XClient } from 'x11';

/** The last of the atoms that every server has (X11 protocol, appendix B). */
const LAST_PREDEFINED = 68;

/**
 * Gives a client a table of atoms of its own. The package `x11` keeps one for all of its connections, so that on a second
 * server, or on the same one after it was started again, names would stand for the atoms of the first.
 */
export function ownAtoms(client: XClient): void {
  const predefined = Object.entries(client.atoms).filter(([, atom]) => atom > 0 && atom <= LAST_PREDEFINED);
  client.atoms = Object.fromEntries(predefined);
  client.atom_names = Object.fromEntries(predefined.map(([name, atom]) => [atom, name]));
}
