import { Text, type TextProps } from 'ink';
import type { ReactNode } from 'react';
import { withoutControls } from '../../core/plain-text.js';
import { wrap } from '../text.js';
import { isBold, type Tone as ToneName, useTheme } from '../theme.js';

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

function plain(children: ReactNode): ReactNode {
  if (typeof children === 'string') return withoutControls(children);
  return Array.isArray(children) ? (children as readonly ReactNode[]).map(plain) : children;
}

/**
 * All text of the screens passes through here: the only control characters that reach the terminal are Ink's styles.
 */
export function PlainText({ children, ...style }: TextProps) {
  return <Text {...style}>{plain(children)}</Text>;
}

interface SentenceProps {
  readonly text: string;
  readonly columns: number;
  readonly tone: ToneName;
  readonly bold?: boolean;
}

/** A text on as many lines as it needs, for messages that must not be cut. */
export function Sentence({ text, columns, tone, bold = false }: SentenceProps) {
  return wrap(text, columns).map((line, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text
    <Tone key={index} tone={tone} bold={bold}>
      {line}
    </Tone>
  ));
}
