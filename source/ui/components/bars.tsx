import { Box } from 'ink';
import { memo } from 'react';
import { barOf, type KeyScreen } from '../keys.js';
import type { Tone as ToneName } from '../theme.js';
import Tone from './tone.js';

interface HeaderProps {
  readonly columns: number;
  readonly place: string;
  readonly state?: string;
  readonly stateTone?: ToneName;
  readonly about?: string;
  /** Right-aligned; left out where it does not fit. */
  readonly aside?: string;
}

/** The line at the top of every screen: its name and the session's state. */
export function Header({ columns, place, state, stateTone = 'plain', about = '', aside = '' }: HeaderProps) {
  return (
    <Box width={columns} height={1} flexShrink={0} paddingX={1} justifyContent="space-between">
      <Box flexShrink={1}>
        <Tone>
          <Tone tone="accent" bold>
            ◈ peerglass
          </Tone>
          <Tone tone="muted"> › </Tone>
          <Tone bold>{place}</Tone>
          {state === undefined ? '' : '  '}
          {state === undefined ? '' : <Tone tone={stateTone} bold>{`● ${state}`}</Tone>}
          {about === '' ? '' : <Tone tone="muted">{`  ${about}`}</Tone>}
        </Tone>
      </Box>
      {columns < 60 || aside === '' ? null : (
        <Box flexShrink={0} marginLeft={2}>
          <Tone tone="muted">{aside}</Tone>
        </Box>
      )}
    </Box>
  );
}

interface KeyBarProps {
  readonly screen: KeyScreen;
  readonly columns: number;
  /** Actions without a meaning at the moment, separated by spaces (a string, so that it compares by value). */
  readonly hidden?: string;
}

/** The line at the bottom: the keys that work now. */
export const KeyBar = memo(function KeyBar({ screen, columns, hidden = '' }: KeyBarProps) {
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
});
