import { Box } from 'ink';
import { useState } from 'react';
import type { Choice } from '../form.js';
import { useKeys } from '../hooks/use-keys.js';
import { Header, KeyBar } from './bars.js';
import Panel from './panel.js';
import Tone from './tone.js';

interface Props {
  readonly place: string;
  readonly title: string;
  readonly choices: readonly Choice[];
  readonly chosen: string;
  readonly columns: number;
  readonly rows: number;
  readonly take: (value: string) => void;
  readonly back: () => void;
}

/** A list to choose from that fills the screen. */
export default function ChoiceList({ place, title, choices, chosen, columns, rows, take, back }: Props) {
  const [at, setAt] = useState(() =>
    Math.max(
      0,
      choices.findIndex(choice => choice.value === chosen),
    ),
  );
  const shown = Math.max(1, rows - 4);
  const last = choices.length - 1;
  const move = (to: number): void => setAt(Math.max(0, Math.min(last, to)));
  useKeys('list', {
    up: () => setAt(at === 0 ? last : at - 1),
    down: () => setAt(at === last ? 0 : at + 1),
    pageUp: () => move(at - shown),
    pageDown: () => move(at + shown),
    take: () => {
      const choice = choices[at];
      if (choice) take(choice.value);
    },
    back,
  });
  const first = Math.max(0, Math.min(choices.length - shown, at - Math.floor(shown / 2)));
  return (
    <>
      <Header columns={columns} place={place} />
      <Panel title={title} aside={`${at + 1} of ${choices.length}`} width={columns} height={rows - 2} focused>
        <Box flexDirection="column">
          {choices.slice(first, first + shown).map((choice, index) => (
            <Tone key={choice.value} tone={first + index === at ? 'accent' : 'plain'} bold={first + index === at}>
              {first + index === at ? '▸ ' : '  '}
              {choice.label}
              {choice.value === chosen ? <Tone tone="muted"> (now)</Tone> : ''}
            </Tone>
          ))}
        </Box>
      </Panel>
      <KeyBar screen="list" columns={columns} />
    </>
  );
}
