import { Box } from 'ink';
import { useNow } from '../hooks/use-now.js';
import type { AskingViewer } from '../share-view.js';
import AnswerKey from './answer-key.js';
import Panel from './panel.js';
import Tone from './tone.js';

interface Props {
  readonly asking: readonly AskingViewer[];
  /** Whether it was on the screen for long enough to be answered. */
  readonly read: boolean;
  readonly columns: number;
  /** 4 draws a panel; less draws two plain lines. */
  readonly rows: number;
}

interface AnswersProps {
  readonly read: boolean;
  readonly seconds: number;
  readonly short: boolean;
}

function Answers({ read, seconds, short }: AnswersProps) {
  return (
    <Tone>
      <AnswerKey name="y" counts={read} />
      {' yes  '}
      <AnswerKey name="n" counts={read} />
      {' no  '}
      <AnswerKey name="a" counts={read} />
      {short ? ' all' : ' everybody this session'}
      <Tone tone="warning" bold>{`  (${seconds.toString().padStart(2)} s)`}</Tone>
    </Tone>
  );
}

/** The question that must not be missed: somebody waits to be let in, and sees nothing until then. */
export default function ConsentQuestion({ asking, read, columns, rows }: Props) {
  const now = useNow(500);
  const first = asking[0];
  if (!first) return null;
  const seconds = Math.max(0, Math.ceil((first.expiresAt - now) / 1000));
  const more = asking.length > 1 ? `and ${asking.length - 1} more waiting` : 'declined if unanswered';
  const who = `${first.address} wants to watch`;
  if (rows < 4) {
    return (
      <Box flexDirection="column" height={rows} flexShrink={0} paddingX={1}>
        <Tone tone="warning" bold>{`▶ ${who}`}</Tone>
        <Answers read={read} seconds={seconds} short={columns < 60} />
      </Box>
    );
  }
  return (
    <Panel title="Let them in?" aside={more} width={columns} height={rows} tone="warning">
      <Tone tone="warning" bold>{`▶ ${who}`}</Tone>
      <Answers read={read} seconds={seconds} short={columns < 60} />
    </Panel>
  );
}
