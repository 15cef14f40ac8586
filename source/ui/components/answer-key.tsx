import Tone from './tone.js';

interface Props {
  readonly name: string;
  /** Whether it counts yet: a question has to be read first. */
  readonly counts: boolean;
}

/** A key that answers a question; in brackets once it counts, which can be told without colours too. */
export default function AnswerKey({ name, counts }: Props) {
  return (
    <Tone tone={counts ? 'warning' : 'muted'} bold={counts} inverse={counts}>
      {counts ? `[${name}]` : ` ${name} `}
    </Tone>
  );
}
