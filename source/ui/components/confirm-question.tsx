import { useKeys } from '../hooks/use-keys.js';
import Panel from './panel.js';
import Tone from './tone.js';

interface Props {
  readonly question: string;
  readonly columns: number;
  readonly rows: number;
  readonly answer: (yes: boolean) => void;
}

/** A question before something that cannot be taken back. It has the keys until it is answered. */
export default function ConfirmQuestion({ question, columns, rows, answer }: Props) {
  useKeys('confirm', { yes: () => answer(true), no: () => answer(false) });
  const line = (
    <Tone tone="warning" bold>
      {question}
      {'  '}
      <Tone tone="warning" inverse bold>
        {' y '}
      </Tone>
      {' yes  '}
      <Tone tone="warning" inverse bold>
        {' n '}
      </Tone>
      {' no'}
    </Tone>
  );
  if (rows < 3) return line;
  return (
    <Panel title="Sure?" width={columns} height={rows} tone="warning">
      {line}
    </Panel>
  );
}
