import { Box } from 'ink';
import { useState } from 'react';
import { useKeys } from '../hooks/use-keys.js';
import { bindingsOf, type KeyScreen } from '../keys.js';
import Header from './header.js';
import KeyBar from './key-bar.js';
import Panel from './panel.js';
import Tone from './tone.js';

interface Props {
  readonly screen: KeyScreen;
  readonly title: string;
  readonly columns: number;
  readonly rows: number;
  readonly close: () => void;
}

/** Every key of a screen and what it does, from the table of keys. */
export default function HelpScreen({ screen, title, columns, rows, close }: Props) {
  const bindings = [...bindingsOf(screen), { shown: 'Ctrl-C', help: 'leave at once', action: 'leave' }];
  const height = rows - 2;
  const shown = Math.max(1, height - 2);
  // Two columns where the keys do not fit into one, and where there is room for two.
  const split = bindings.length > shown && columns >= 100;
  const perColumn = split ? Math.ceil(bindings.length / 2) : bindings.length;
  const last = Math.max(0, perColumn - shown);
  const [first, setFirst] = useState(0);
  const from = Math.min(first, last);
  useKeys('help', {
    up: () => setFirst(Math.max(0, from - 1)),
    down: () => setFirst(Math.min(last, from + 1)),
    back: close,
  });
  const width = Math.max(...bindings.map(binding => binding.shown.length));
  const column = (start: number) => (
    <Box flexDirection="column" width={split ? '50%' : '100%'} overflowY="hidden">
      {bindings.slice(start + from, Math.min(start + perColumn, start + from + shown)).map(binding => (
        <Tone key={binding.action}>
          <Tone tone="accent" bold>
            {binding.shown.padEnd(width)}
          </Tone>
          {`  ${binding.help}`}
        </Tone>
      ))}
    </Box>
  );
  const hidden = last > 0 ? `${from + 1}-${from + shown} of ${perColumn}` : '';
  return (
    <>
      <Header columns={columns} place="help" />
      <Panel title={title} aside={hidden} width={columns} height={height} focused>
        <Box>
          {column(0)}
          {split ? column(perColumn) : null}
        </Box>
      </Panel>
      <KeyBar screen="help" columns={columns} hidden={last > 0 ? '' : 'up down'} />
    </>
  );
}
