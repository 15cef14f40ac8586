import { Text } from 'ink';
import type { ReactNode } from 'react';
import { type Tone as ToneName, useTheme } from '../theme.js';

interface Props {
  readonly tone?: ToneName;
  readonly bold?: boolean;
  readonly inverse?: boolean;
  readonly children: ReactNode;
}

/** Text in one of the theme's tones. It never wraps: a line that is too long ends in an ellipsis. */
export default function Tone({ tone = 'plain', bold = false, inverse = false, children }: Props) {
  const colour = useTheme().colours[tone];
  return (
    <Text wrap="truncate-end" bold={bold} inverse={inverse} {...(colour === null ? {} : { color: colour })}>
      {children}
    </Text>
  );
}
