import { memo } from 'react';
import { rate, rateText } from '../format.js';
import { graph, samplesIn, scaleFor } from '../graph.js';
import type { Course } from '../session-view.js';
import { type Tone as ToneName, useTheme } from '../theme.js';
import Tone from './tone.js';

interface Props {
  readonly title: string;
  readonly values: Course;
  readonly width: number;
  readonly tone: ToneName;
  /** The least that the top of the scale stands for. */
  readonly floor?: number;
}

/** One line for a small terminal: what, how much, its course, and the top of its scale. */
function SparkLine({ title, values, width, tone, floor = 1 }: Props) {
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
}

export default memo(SparkLine);
