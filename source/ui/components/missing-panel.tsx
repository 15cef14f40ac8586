import { Box } from 'ink';
import type { ErrorReport } from '../../core/errors.js';
import { wrap } from '../text.js';
import Panel, { PANEL_MARGIN } from './panel.js';
import Tone from './tone.js';

interface Props {
  /** Why what is shared cannot be seen. */
  readonly missing: ErrorReport;
  readonly columns: number;
  readonly rows: number;
}

/** What is shared is gone or hidden: what is missing, what can be done, and, where there is room, what happens by itself. */
export default function MissingPanel({ missing, columns, rows }: Props) {
  const boxed = rows >= 3;
  const text = `${missing.message} Press o to share something else. ${missing.remedy}`;
  const lines = wrap(text, columns - (boxed ? PANEL_MARGIN : 2)).slice(0, boxed ? rows - 2 : rows);
  const said = lines.map(line => (
    <Tone key={line} tone="warning" bold>
      {line}
    </Tone>
  ));
  if (boxed) {
    return (
      <Panel title="Viewers keep the last picture" width={columns} height={rows} tone="warning">
        {said}
      </Panel>
    );
  }
  return (
    <Box flexDirection="column" height={rows} paddingX={1} flexShrink={0}>
      {said}
    </Box>
  );
}
