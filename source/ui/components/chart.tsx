import { Box } from 'ink';
import { memo } from 'react';
import { rateText } from '../format.js';
import { graph, samplesIn, scaleFor, timeAxis } from '../graph.js';
import type { Course } from '../session-view.js';
import { type Tone as ToneName, useTheme } from '../theme.js';
import Panel, { PANEL_MARGIN } from './panel.js';
import Tone from './tone.js';

interface Props {
  readonly title: string;
  readonly values: Course;
  /** When the values were taken, Unix ms. */
  readonly times: readonly number[];
  readonly width: number;
  readonly height: number;
  readonly tone: ToneName;
  /** The least that the top of the scale stands for. */
  readonly floor?: number;
  readonly frozen?: boolean;
  readonly focused?: boolean;
  /** In place of the value now, e.g. why there is none. */
  readonly aside?: string | null;
}

/** Columns for the labels of the scale. */
const LABEL = 5;

function summary(values: Course, frozen: boolean): string {
  const now = values.at(-1);
  if (frozen) return 'frozen';
  return now === undefined || now === null ? '' : `now ${rateText(now)}`;
}

/** The last values as a graph that scales itself, with the ends of its scale beside it and the time below it. */
function Chart(props: Props) {
  const { title, values, times, width, height, tone, floor = 1, frozen = false, focused = false, aside = null } = props;
  const { braille } = useTheme();
  const columns = Math.max(1, width - PANEL_MARGIN - LABEL - 1);
  const rows = Math.max(1, height - 2);
  const shown = values.slice(-samplesIn(columns, braille));
  const scale = scaleFor(shown, floor);
  const lines = graph(shown, scale, { columns, rows, braille });
  const known = shown.filter(value => value !== null);
  const mean = known.length === 0 ? 0 : known.reduce((sum, value) => sum + value, 0) / known.length;
  const label = (row: number): string => {
    if (row === 0) return rateText(scale.most);
    if (row === rows - 1) return rateText(scale.least);
    return row === Math.floor(rows / 2) && rows >= 5 ? `ø${rateText(mean)}` : '';
  };
  return (
    <Panel
      title={title}
      aside={aside ?? summary(values, frozen)}
      width={width}
      height={height}
      focused={focused}
      foot={timeAxis(times, { columns, braille }, frozen ? '' : 'now')}
    >
      {lines.map((line, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row of the graph is its place
        <Box key={row}>
          <Tone tone={tone}>{line}</Tone>
          <Tone tone="muted">{` ${label(row).padStart(LABEL)}`}</Tone>
        </Box>
      ))}
    </Panel>
  );
}

export default memo(Chart);
