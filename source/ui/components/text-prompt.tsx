import { Box } from 'ink';
import { useState } from 'react';
import { useKeys } from '../hooks/use-keys.js';
import { graphemes } from '../text.js';
import { beginEditing, type Editing, type Entry, edit } from '../text-editing.js';
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
  /** The initial text. */
  readonly typed?: string;
  /** Whether the typed text is hidden on the screen. */
  readonly secret?: boolean;
  /** Shown while what is typed has no problem. */
  readonly note?: string;
  readonly problemOf: (text: string) => string | undefined;
  readonly take: (text: string) => void;
  readonly back: () => void;
}

/** A line of input, checked while it is typed. */
export default function TextPrompt(props: Props) {
  const { place, title, hint, entry, columns, typed = '', secret = false, note = '', problemOf, take, back } = props;
  const [editing, setEditing] = useState(() => beginEditing(typed));
  const problem = problemOf(editing.text);
  const untouched = editing.text === '' || editing.text === typed;
  useKeys(
    'prompt',
    { take: () => (problem === undefined ? take(editing.text) : undefined), back },
    { otherwise: key => setEditing(edit(editing, key, entry)) },
  );
  return (
    <>
      <Header columns={columns} place={place} />
      <Panel title={title} width={columns} height={3} focused>
        <TypedText editing={secret ? hidden(editing) : editing} empty={hint} />
      </Panel>
      <Box flexDirection="column" flexGrow={1} paddingX={1} overflowY="hidden">
        <Sentence text={problem ?? note} columns={columns - 2} tone={untouched || !problem ? 'muted' : 'bad'} />
      </Box>
      <KeyBar screen="prompt" columns={columns} />
    </>
  );
}

function hidden(editing: Editing): Editing {
  return { ...editing, text: '*'.repeat(graphemes(editing.text).length) };
}
