import { Box } from 'ink';
import type { ReactNode } from 'react';
import { truncate, widthOf } from '../text.js';
import { type Tone as ToneName, useTheme } from '../theme.js';
import Tone from './tone.js';

interface Props {
  readonly title: string;
  /** At the right of the title line, e.g. the panel's setting. */
  readonly aside?: string;
  readonly width: number;
  readonly height: number;
  readonly tone?: ToneName;
  readonly focused?: boolean;
  /** In the lower border, starting at the content's left edge. */
  readonly foot?: string;
  readonly children?: ReactNode;
}

/** Columns of a panel that its content cannot use. */
export const PANEL_MARGIN = 4;

/** A box with its title in the border. */
export default function Panel({ title, aside = '', width, height, tone, focused = false, foot = '', children }: Props) {
  const colours = useTheme().colours;
  const border: ToneName = tone ?? (focused ? 'accent' : 'muted');
  const colour = colours[border];
  const name = truncate(title, Math.max(0, width - 6));
  const room = width - widthOf(name) - 10;
  const note = room > 8 ? truncate(aside, room) : '';
  const line = Math.max(0, width - widthOf(name) - 5 - (note === '' ? 0 : widthOf(note) + 3));
  const marked = focused ? '▸' : ' ';
  return (
    <Box flexDirection="column" width={width} height={height} flexShrink={0}>
      <Tone tone={border}>
        {`╭─${marked}`}
        <Tone tone={tone ?? (focused ? 'accent' : 'plain')} bold>
          {name}
        </Tone>
        {` ${'─'.repeat(line)}`}
        {note === '' ? '' : ' '}
        {note === '' ? '' : <Tone tone="muted">{note}</Tone>}
        {note === '' ? '╮' : ' ─╮'}
      </Tone>
      <Box
        flexDirection="column"
        flexGrow={1}
        borderStyle="round"
        borderTop={false}
        borderBottom={false}
        paddingX={1}
        overflowY="hidden"
        {...(colour === null ? {} : { borderColor: colour })}
      >
        {children}
      </Box>
      <Tone
        tone={border}
      >{`╰─${truncate(foot, Math.max(0, width - PANEL_MARGIN)).padEnd(Math.max(0, width - 3), '─')}╯`}</Tone>
    </Box>
  );
}
