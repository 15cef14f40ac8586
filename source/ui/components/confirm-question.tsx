import { useKeys } from '../hooks/use-keys.js';
import { useReadQuestion } from '../hooks/use-read-question.js';
import AnswerKey from './answer-key.js';
import Panel from './panel.js';
import Tone from './tone.js';

interface Props {
  readonly question: string;
  /** What it is about: another thing must be read anew, however its text changes. */
  readonly about: string;
  readonly columns: number;
  readonly rows: number;
  readonly answer: (yes: boolean) => void;
}

/** A question before something that cannot be taken back. It has the keys until it is answered; yes counts once it was read. */
export default function ConfirmQuestion({ question, about, columns, rows, answer }: Props) {
  const read = useReadQuestion(about);
  useKeys('confirm', { yes: () => (read ? answer(true) : undefined), no: () => answer(false) });
  const line = (
    <Tone tone="warning" bold>
      {question}
      {'  '}
      <AnswerKey name="y" counts={read} />
      {' yes  '}
      <AnswerKey name="n" counts />
      {' no'}
    </Tone>
  );
  if (rows < 3) return line;
  return (
    <Panel title="Please confirm" width={columns} height={rows} tone="warning">
      {line}
    </Panel>
  );
}
