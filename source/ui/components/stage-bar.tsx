import { ms } from '../format.js';
import { bar } from '../graph.js';
import { widthOf } from '../text.js';
import type { Tone as ToneName } from '../theme.js';
import Tone from './tone.js';

export interface Stage {
  readonly name: string;
  readonly ms: number;
}

interface Props {
  readonly stages: readonly Stage[];
  readonly columns: number;
}

const TONES: readonly ToneName[] = ['accent', 'good', 'second', 'warning'];

/** Where a frame's time goes: a figure and a bar for each stage, to one scale. */
export default function StageBar({ stages, columns }: Props) {
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
