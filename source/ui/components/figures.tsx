import { Box } from 'ink';
import type { Tone as ToneName } from '../theme.js';
import Tone from './tone.js';

export interface Figure {
  readonly label: string;
  /** Of a fixed width, so that nothing moves. */
  readonly value: string;
  readonly tone?: ToneName;
}

interface Props {
  readonly figures: readonly Figure[];
  /** In a line. */
  readonly across: number;
  readonly columns: number;
}

/** Figures in a grid, labels and values each in line. */
export default function Figures({ figures, across, columns }: Props) {
  const lines: Figure[][] = [];
  for (let index = 0; index < figures.length; index += across) lines.push(figures.slice(index, index + across));
  const gap = 2;
  const width = Math.floor((columns - gap * (across - 1)) / across);
  return (
    <>
      {lines.map(line => (
        <Box key={line[0]?.label}>
          {line.map((figure, index) => (
            <Box key={figure.label} width={width} marginLeft={index > 0 ? gap : 0} flexShrink={0} overflowY="hidden">
              <Box flexGrow={1} flexShrink={1} overflowY="hidden">
                <Tone tone="muted">{figure.label}</Tone>
              </Box>
              <Box flexShrink={0}>
                <Tone bold tone={figure.tone ?? 'plain'}>
                  {figure.value}
                </Tone>
              </Box>
            </Box>
          ))}
        </Box>
      ))}
    </>
  );
}
