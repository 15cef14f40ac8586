import { PeerglassError } from '../core/errors.js';
import { plainText } from '../core/plain-text.js';
import type { WindowTarget } from './share-target.js';

type Titled = Pick<WindowTarget, 'id' | 'title'>;

/** The remedy for a window that is not on the screen. */
export const NOT_SHOWN = 'peerglass list shows the windows; one that is minimised cannot be shared.';

/**
 * The window with a title, or with a unique part of a title; case is ignored.
 *
 * @throws PeerglassError E_NO_SUCH_WINDOW
 */
export function windowByTitle<Window extends Titled>(wanted: string, windows: readonly Window[]): Window {
  const text = wanted.toLowerCase();
  const exact = windows.filter(({ title }) => title.toLowerCase() === text);
  const found = exact.length > 0 ? exact : windows.filter(({ title }) => title.toLowerCase().includes(text));
  const [window] = found;
  if (window && found.length === 1) return window;
  const name = plainText(wanted, 60);
  if (!window) {
    throw new PeerglassError('E_NO_SUCH_WINDOW', `No window on the screen has the id or title "${name}".`, NOT_SHOWN);
  }
  const choices = found.slice(0, 5).map(({ id, title }) => `${id} (${plainText(title, 40)})`);
  const remedy = `Give the id of one: ${choices.join(', ')}.`;
  throw new PeerglassError('E_NO_SUCH_WINDOW', `${found.length} windows have "${name}" in their title.`, remedy);
}
