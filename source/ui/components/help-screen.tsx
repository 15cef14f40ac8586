import { Box } from 'ink';
import { useState } from 'react';
import { HELP_GAP, HELP_KEY_GAP, helpTable } from '../help-lines.js';
import { useKeys } from '../hooks/use-keys.js';
import { bindingsOf, type KeyScreen } from '../keys.js';
import { Header, KeyBar } from './bars.js';
import Panel, { PANEL_MARGIN } from './panel.js';
import Tone from './tone.js';

interface Props {
  readonly screen: KeyScreen;
  readonly title: string;
  readonly columns: number;
  readonly rows: number;
  readonly close: () => void;
}

/** The keys of the picture's window that the dashboard does not have. */
function windowEntries(screen: KeyScreen) {
  if (screen !== 'watch') return [];
  const known = new Set(bindingsOf('watch').map(({ shown, help }) => `${shown} ${help}`));
  const others = bindingsOf('window').filter(({ shown, help }) => !known.has(`${shown} ${help}`));
  return [{ shown: '', help: "In the picture's window:" }, ...others];
}

/** Every key of a screen with its meaning, from the table of keys. */
export default function HelpScreen({ screen, title, columns, rows, close }: Props) {
  const height = rows - 2;
  const shown = Math.max(1, height - 2);
  const entries = [...bindingsOf(screen), { shown: 'Ctrl-C', help: 'quit at once' }, ...windowEntries(screen)];
  const table = helpTable(entries, columns - PANEL_MARGIN, shown);
  const last = Math.max(0, table.lines - shown);
  const [first, setFirst] = useState(0);
  const from = Math.min(first, last);
  const move = (step: number): void => setFirst(Math.max(0, Math.min(last, from + step)));
  useKeys('help', {
    up: () => move(-1),
    down: () => move(1),
    pageUp: () => move(-shown),
    pageDown: () => move(shown),
    back: close,
  });
  const keyColumns = table.keyWidth + HELP_KEY_GAP;
  const hidden = last > 0 ? `lines ${from + 1}-${from + shown} of ${table.lines}` : '';
  return (
    <>
      <Header columns={columns} place="help" />
      <Panel title={title} aside={hidden} width={columns} height={height} focused>
        <Box>
          {table.columns.map((lines, column) => (
            <Box
              // biome-ignore lint/suspicious/noArrayIndexKey: a column of the table is its place
              key={column}
              flexDirection="column"
              width={table.width}
              marginLeft={column > 0 ? HELP_GAP : 0}
              flexShrink={0}
            >
              {lines.slice(from, from + shown).map(({ keys, text }, line) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text
                <Tone key={line}>
                  <Tone tone="accent" bold>
                    {keys.padEnd(keyColumns)}
                  </Tone>
                  {text}
                </Tone>
              ))}
            </Box>
          ))}
        </Box>
      </Panel>
      <KeyBar screen="help" columns={columns} hidden={last > 0 ? '' : 'up down'} />
    </>
  );
}
