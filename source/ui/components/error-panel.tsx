import { Box } from 'ink';
import type { ErrorReport } from '../../core/errors.js';
import { wrap } from '../text.js';
import Panel, { PANEL_MARGIN } from './panel.js';
import Tone from './tone.js';

interface Props {
  readonly error: ErrorReport;
  readonly width: number;
  readonly height: number;
}

/** What happened, and what to do: the code in the title, so that it can be looked up. */
export default function ErrorPanel({ error, width, height }: Props) {
  const columns = Math.max(1, width - PANEL_MARGIN);
  const happened = wrap(error.message, columns);
  const remedy = error.remedy === '' ? [] : wrap(error.remedy, columns);
  return (
    <Panel title={error.code} width={width} height={height} tone="bad">
      <Box flexDirection="column" overflowY="hidden">
        {happened.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text
          <Tone key={index} bold>
            {line === '' ? ' ' : line}
          </Tone>
        ))}
        {remedy.length > 0 && height > 6 ? <Tone> </Tone> : null}
        {remedy.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text
          <Tone key={index}>{line === '' ? ' ' : line}</Tone>
        ))}
      </Box>
    </Panel>
  );
}
