import { countText } from '../format.js';
import { bar } from '../graph.js';
import type { Area } from '../layout.js';
import { padTo } from '../text.js';
import Panel, { PANEL_MARGIN } from './panel.js';
import Tone from './tone.js';

interface Props {
  /** Rectangles by encoding, since the session began. */
  readonly counts: Readonly<Record<string, number>>;
  readonly area: Area;
  readonly focused: boolean;
}

const NAME = 14;
const COUNT = 10;

/** Which encodings the picture came in: the most frequent first, each with its part of all rectangles. */
export default function EncodingsPanel({ counts, area, focused }: Props) {
  const { width, height } = area;
  const used = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const total = used.reduce((sum, [, count]) => sum + count, 0);
  const room = Math.max(0, width - PANEL_MARGIN - NAME - COUNT - 2);
  return (
    <Panel title="Encodings" aside={`${countText(total)} rectangles`} width={width} height={height} focused={focused}>
      {used.length === 0 ? <Tone tone="muted">nothing received yet</Tone> : null}
      {used.slice(0, height - 2).map(([name, count]) => (
        <Tone key={name}>
          <Tone tone="muted">{padTo(name, NAME)}</Tone>
          <Tone bold>{padTo(countText(count), COUNT, 'start')} </Tone>
          <Tone tone="second">{bar(count / total, room)}</Tone>
        </Tone>
      ))}
    </Panel>
  );
}
