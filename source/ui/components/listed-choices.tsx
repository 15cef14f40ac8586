import Tone from './tone.js';

/** An entry of a list below a form's first field: choosing it fills in that field. */
export interface ListedChoice {
  /** Constant while the entry exists. */
  readonly key: string;
  /** For the field. */
  readonly text: string;
  /** As it is shown. */
  readonly line: string;
}

interface Props<Choice extends ListedChoice> {
  readonly choices: readonly Choice[];
  readonly rows: number;
  readonly chosen: Choice | null;
  readonly muted?: (choice: Choice) => boolean;
}

/** The part of a list that fits, with the chosen entry. */
export default function ListedChoices<Choice extends ListedChoice>({ choices, rows, chosen, muted }: Props<Choice>) {
  const at = chosen ? choices.indexOf(chosen) : -1;
  const first = Math.max(0, Math.min(choices.length - rows, at - rows + 1));
  return choices.slice(first, first + rows).map(choice => (
    <Tone
      key={choice.key}
      tone={choice === chosen ? 'accent' : muted?.(choice) ? 'muted' : 'plain'}
      bold={choice === chosen}
    >
      {choice === chosen ? '▸ ' : '  '}
      {choice.line}
    </Tone>
  ));
}
