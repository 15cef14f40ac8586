import { Box } from 'ink';
import type { Tone as ToneName } from '../theme.js';
import Tone from './tone.js';

interface Props {
  readonly columns: number;
  readonly place: string;
  readonly state?: string;
  readonly stateTone?: ToneName;
  readonly about?: string;
  /** At the right; left out where it does not fit. */
  readonly aside?: string;
}

/** The line at the top of every screen: where one is, how it stands. */
export default function Header({ columns, place, state, stateTone = 'plain', about = '', aside = '' }: Props) {
  return (
    <Box width={columns} height={1} flexShrink={0} paddingX={1} justifyContent="space-between">
      <Box flexShrink={1} overflowY="hidden">
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
