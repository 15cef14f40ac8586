import { Box } from 'ink';
import { memo } from 'react';
import { ms, rate, rateText } from '../format.js';
import { bar, graph, samplesIn, scaleFor, timeAxis } from '../graph.js';
import type { Series } from '../session-view.js';
import { widthOf } from '../text.js';
import { type Tone as ToneName, useTheme } from '../theme.js';
import Panel, { PANEL_MARGIN } from './panel.js';
import Tone from './tone.js';

interface Props {
  readonly title: string;
  readonly values: Series;
  /** When each value was measured, Unix ms. */
  readonly times: readonly number[];
  readonly width: number;
  readonly height: number;
  readonly tone: ToneName;
  /** The least that the top of the scale stands for. */
  readonly floor?: number;
  readonly frozen?: boolean;
  readonly focused?: boolean;
  /** Replaces the current value, e.g. with the reason why there is none. */
  readonly aside?: string | null;
}

/** Columns for the labels of the scale. */
const LABEL = 5;

function summary(values: Series, frozen: boolean): string {
  const now = values.at(-1);
  if (frozen) return 'frozen';
  return now === undefined || now === null ? '' : `now ${rateText(now)}`;
}

/** The last values as a graph with its own scale: the scale's ends beside it, the time below. */
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

interface SparkLineProps {
  readonly title: string;
  readonly values: Series;
  readonly width: number;
  readonly tone: ToneName;
  /** The least that the top of the scale stands for. */
  readonly floor?: number;
}

/** One line for a small terminal: name, current value, sparkline, and the top of the scale. */
export const SparkLine = memo(function SparkLine({ title, values, width, tone, floor = 1 }: SparkLineProps) {
  const { braille } = useTheme();
  const label = title.padEnd(7);
  const columns = Math.max(1, width - label.length - 6 - 7);
  const shown = values.slice(-samplesIn(columns, braille));
  const scale = scaleFor(shown, floor);
  return (
    <Tone>
      <Tone tone="muted">{label}</Tone>
      <Tone bold>{rate(values.at(-1) ?? 0)} </Tone>
      <Tone tone={tone}>{graph(shown, scale, { columns, rows: 1, braille })[0]}</Tone>
      <Tone tone="muted">{` ≤${rateText(scale.most)}`}</Tone>
    </Tone>
  );
});

interface Stage {
  readonly name: string;
  readonly ms: number;
}

interface StageBarProps {
  readonly stages: readonly Stage[];
  readonly columns: number;
}

const TONES: readonly ToneName[] = ['accent', 'good', 'second', 'warning'];

/** Where a frame's time goes: a figure and a bar for each stage, all on one scale. */
export function StageBar({ stages, columns }: StageBarProps) {
  const longest = Math.max(0.01, ...stages.map(stage => stage.ms));
  const each = Math.floor((columns - 2 * (stages.length - 1)) / stages.length);
  return (
    <Tone>
      {stages.map((stage, index) => {
        const label = `${stage.name} `;
        const figure = `${ms(stage.ms)} `;
        const room = Math.max(0, each - widthOf(label) - figure.length);
        return (
          <Tone key={stage.name}>
            {index > 0 ? '  ' : ''}
            <Tone tone="muted">{label}</Tone>
            <Tone bold>{figure}</Tone>
            <Tone tone={TONES[index % TONES.length] ?? 'accent'}>{bar(stage.ms / longest, room)}</Tone>
          </Tone>
        );
      })}
    </Tone>
  );
}
