import { Text, type TextProps } from 'ink';
import type { ReactNode } from 'react';
import { withoutControls } from '../../core/plain-text.js';

function plain(children: ReactNode): ReactNode {
  if (typeof children === 'string') return withoutControls(children);
  return Array.isArray(children) ? (children as readonly ReactNode[]).map(plain) : children;
}

/**
 * All text of the screens. Whatever it was made of: the only control characters that are written are those of the styles,
 * which are Ink's.
 */
export default function PlainText({ children, ...style }: TextProps) {
  return <Text {...style}>{plain(children)}</Text>;
}
