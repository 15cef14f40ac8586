import { wrap } from '../text.js';
import type { Tone as ToneName } from '../theme.js';
import Tone from './tone.js';

interface Props {
  readonly text: string;
  readonly columns: number;
  readonly tone: ToneName;
  readonly bold?: boolean;
}

/** A text over as many lines as it needs, for what must be read whole. */
export default function Sentence({ text, columns, tone, bold = false }: Props) {
  return wrap(text, columns).map((line, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text
    <Tone key={index} tone={tone} bold={bold}>
      {line}
    </Tone>
  ));
}
