import { Box } from 'ink';
import { useEffect, useState } from 'react';
import type { ViewerSnapshot } from '../../session/snapshot.js';
import { NOT_ENCRYPTED } from '../format.js';
import { useNow, usePainter } from '../hooks/surroundings.js';
import { useKeys } from '../hooks/use-keys.js';
import { viewerName } from '../share-lines.js';
import type { AskingViewer } from '../share-view.js';
import { truncate } from '../text.js';
import Panel from './panel.js';
import Tone from './tone.js';

interface ConsentQuestionProps {
  readonly asking: readonly AskingViewer[];
  /** The first one, once a snapshot has told of it. */
  readonly first: Pick<ViewerSnapshot, 'identity' | 'name' | 'via' | 'browser' | 'encryption'> | null;
  /** Whether it was on the screen for long enough to be answered. */
  readonly read: boolean;
  readonly columns: number;
  /** 4 draws a panel; less draws two plain lines. */
  readonly rows: number;
}

interface AnswersProps {
  readonly read: boolean;
  /** Whether the viewer has a key to be remembered by. */
  readonly rememberable: boolean;
  readonly seconds: number;
  readonly short: boolean;
}

function Answers({ read, rememberable, seconds, short }: AnswersProps) {
  return (
    <Tone>
      <AnswerKey name="y" counts={read} />
      {' yes  '}
      <AnswerKey name="n" counts={read} />
      {' no  '}
      <AnswerKey name="a" counts={read} />
      {short ? ' all' : ' everyone this session'}
      {rememberable ? (
        <>
          {'  '}
          <AnswerKey name="v" counts={read} />
          {short ? ' remember' : ' yes, and remember'}
        </>
      ) : null}
      <Tone tone="warning" bold>{`  (${seconds.toString().padStart(2)} s)`}</Tone>
    </Tone>
  );
}

/** The question that must not be missed: somebody waits to be let in, and sees nothing until then. */
export function ConsentQuestion({ asking, first, read, columns, rows }: ConsentQuestionProps) {
  const now = useNow(500);
  const question = asking[0];
  if (!question) return null;
  const seconds = Math.max(0, Math.ceil((question.expiresAt - now) / 1000));
  const more = asking.length > 1 ? `and ${asking.length - 1} more waiting` : 'declined if unanswered';
  const name = first === null ? '' : viewerName(first);
  const named = name === '' ? '' : ` (${truncate(name, 30)})`;
  const protection = first === null ? '' : `, ${first.encryption ?? NOT_ENCRYPTED}`;
  const code = question.gaveCode ? ', with the right code' : '';
  const who = `${question.address}${named} wants to watch${code}${protection}`;
  if (rows < 4) {
    return (
      <Box flexDirection="column" height={rows} flexShrink={0} paddingX={1}>
        <Tone tone="warning" bold>{`▶ ${who}`}</Tone>
        <Answers read={read} rememberable={first?.identity != null} seconds={seconds} short={columns < 60} />
      </Box>
    );
  }
  return (
    <Panel title="Let them in?" aside={more} width={columns} height={rows} tone="warning">
      <Tone tone="warning" bold>{`▶ ${who}`}</Tone>
      <Answers read={read} rememberable={first?.identity != null} seconds={seconds} short={columns < 60} />
    </Panel>
  );
}

interface AnswerKeyProps {
  readonly name: string;
  /** Whether the key works yet: the question must have been on the screen for a moment. */
  readonly counts: boolean;
}

/** A key that answers a question. Brackets show that it works, also without colours. */
function AnswerKey({ name, counts }: AnswerKeyProps) {
  return (
    <Tone tone={counts ? 'warning' : 'muted'} bold={counts} inverse={counts}>
      {counts ? `[${name}]` : ` ${name} `}
    </Tone>
  );
}

interface ConfirmQuestionProps {
  readonly question: string;
  /** The subject. A new subject restarts the reading time; a new text about the same one does not. */
  readonly about: string;
  readonly columns: number;
  readonly rows: number;
  readonly answer: (yes: boolean) => void;
}

/**
 * Asks before something that cannot be undone. Takes all keys until it is answered; `y` works after the reading time.
 */
export function ConfirmQuestion({ question, about, columns, rows, answer }: ConfirmQuestionProps) {
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

/** A key pressed sooner than this was meant for something else. */
const READING_MS = 700;

/**
 * Whether a question has been on the screen long enough to be answered. The time restarts with another question, and
 * when the terminal comes back from another program.
 * @param question identifies it; null while none is shown
 */
export function useReadQuestion(question: string | number | null): boolean {
  const painter = usePainter();
  const [read, setRead] = useState<string | number | null>(null);
  useEffect(() => {
    let timer: NodeJS.Timeout | null = null;
    const begin = (): void => {
      setRead(null);
      if (timer) clearTimeout(timer);
      timer = question === null ? null : setTimeout(() => setRead(question), READING_MS);
    };
    begin();
    painter.on('opened', begin);
    return () => {
      painter.off('opened', begin);
      if (timer) clearTimeout(timer);
    };
  }, [painter, question]);
  return question !== null && read === question;
}
