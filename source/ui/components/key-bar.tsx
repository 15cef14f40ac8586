import { memo } from 'react';
import { barOf, type KeyScreen } from '../keys.js';
import Tone from './tone.js';

interface Props {
  readonly screen: KeyScreen;
  readonly columns: number;
  /** Actions that mean nothing at the moment, parted by spaces (a text, so that it compares by value). */
  readonly hidden?: string;
}

/** The line at the bottom: the keys that do something now. */
function KeyBar({ screen, columns, hidden = '' }: Props) {
  const items = barOf(screen, columns - 2, hidden.split(' '));
  return (
    <Tone tone="muted">
      {' '}
      {items.map(({ keys, label }, index) => (
        <Tone key={keys} tone="muted">
          {index > 0 ? '  ' : ''}
          <Tone tone="accent" bold>
            {keys}
          </Tone>
          {` ${label}`}
        </Tone>
      ))}
    </Tone>
  );
}

export default memo(KeyBar);
