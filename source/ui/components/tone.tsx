import type { ReactNode } from 'react';
import { isBold, type Tone as ToneName, useTheme } from '../theme.js';
import PlainText from './plain-text.js';

interface Props {
  readonly tone?: ToneName;
  readonly bold?: boolean;
  readonly inverse?: boolean;
  readonly children: ReactNode;
}

/** Text in one of the theme's tones. It never wraps: a line that is too long ends in an ellipsis. */
export default function Tone({ tone = 'plain', bold = false, inverse = false, children }: Props) {
  const theme = useTheme();
  const colour = theme.colours[tone];
  const strong = bold && isBold(theme, tone);
  return (
    <PlainText wrap="truncate-end" bold={strong} inverse={inverse} {...(colour === null ? {} : { color: colour })}>
      {children}
    </PlainText>
  );
}
