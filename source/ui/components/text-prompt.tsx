import { Box } from 'ink';
import { useState } from 'react';
import { useKeys } from '../hooks/use-keys.js';
import { beginEditing, type Entry, edit } from '../text-editing.js';
import { Header, KeyBar } from './bars.js';
import { TypedText } from './form-lines.js';
import Panel from './panel.js';
import { Sentence } from './tone.js';

interface Props {
  readonly place: string;
  readonly title: string;
  readonly hint: string;
  readonly entry: Entry;
  readonly columns: number;
  readonly problemOf: (text: string) => string | undefined;
  readonly take: (text: string) => void;
  readonly back: () => void;
}

/** One line to type, checked while typing. */
export default function TextPrompt({ place, title, hint, entry, columns, problemOf, take, back }: Props) {
  const [editing, setEditing] = useState(() => beginEditing(''));
  const problem = problemOf(editing.text);
  useKeys(
    'prompt',
    { take: () => (problem === undefined ? take(editing.text) : undefined), back },
    { otherwise: key => setEditing(edit(editing, key, entry)) },
  );
  return (
    <>
      <Header columns={columns} place={place} />
      <Panel title={title} width={columns} height={3} focused>
        <TypedText editing={editing} empty={hint} />
      </Panel>
      <Box flexDirection="column" flexGrow={1} paddingX={1} overflowY="hidden">
        <Sentence text={problem ?? ''} columns={columns - 2} tone={editing.text === '' ? 'muted' : 'bad'} />
      </Box>
      <KeyBar screen="prompt" columns={columns} />
    </>
  );
}
