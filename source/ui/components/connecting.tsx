import { Box } from 'ink';
import type { WatchSnapshot } from '../../session/snapshot.js';
import { useNow } from '../hooks/surroundings.js';
import Panel from './panel.js';
import Tone from './tone.js';

interface Props {
  readonly peer: string;
  readonly state: WatchSnapshot['state'];
  /** Unix ms. */
  readonly since: number;
  readonly width: number;
  readonly height: number;
  /** What the sharer has refused already; null: nothing. */
  readonly refused: 'code' | 'password' | null;
}

const SPINNER = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

const WORDS: Partial<Record<WatchSnapshot['state'], string>> = {
  connecting: 'connecting to',
  waiting: 'connected, waiting for the sharer at',
  reconnecting: 'connection lost, reconnecting to',
};

/** Shown until the first picture, and whenever the connection is lost: since when, and how to stop. */
export default function Connecting({ peer, state, since, width, height, refused }: Props) {
  const now = useNow(250);
  const seconds = Math.max(0, (now - since) / 1000).toFixed(1);
  const mark = SPINNER[Math.floor(now / 250) % SPINNER.length];
  const line = (
    <Tone>
      <Tone tone="accent" bold>{`${mark} `}</Tone>
      {`${WORDS[state] ?? state} `}
      <Tone bold>{peer}</Tone>
      <Tone tone="muted">{`  ${seconds} s`}</Tone>
    </Tone>
  );
  const hint = <Tone tone="muted">{hintOf(state, refused)}</Tone>;
  if (height < 3) {
    return (
      <Box flexDirection="column" height={height} paddingX={1} flexShrink={0}>
        {line}
        {height > 1 ? hint : null}
      </Box>
    );
  }
  return (
    <Panel title="Connecting" width={width} height={height} tone="accent">
      {line}
      {height > 3 ? hint : null}
    </Panel>
  );
}

function hintOf(state: Props['state'], refused: Props['refused']): string {
  if (state !== 'waiting') return 'Press Esc to cancel.';
  if (refused === null) return 'The sharer may have to accept you. Press Esc to leave.';
  return `After a wrong ${refused} the answer takes longer, up to a minute. Press Esc to leave.`;
}
