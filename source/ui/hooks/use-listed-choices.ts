import { useState } from 'react';
import type { ListedChoice } from '../components/listed-choices.js';
import type { Form } from './use-form.js';

interface Options<Name extends string, Choice extends ListedChoice> {
  readonly form: Form<Name>;
  /** The form's fields; the list belongs to the first one. */
  readonly fields: readonly { readonly name: Name }[];
  /** The text of the first field. */
  readonly text: string;
  readonly choices: readonly Choice[];
  /** The first field is about to be left. */
  readonly onLeave?: () => void;
}

/** A form whose first field has a list of choices below it. */
export function useListedChoices<Name extends string, Choice extends ListedChoice>(options: Options<Name, Choice>) {
  const { form, fields, text, choices, onLeave } = options;
  const [first, ...others] = fields.map(({ name }) => name);
  /** Null while a field is chosen. */
  const [picked, setPicked] = useState<string | null>(null);
  // An entry that has gone is no longer chosen, but its text stays in the field.
  const chosen = choices.find(({ key }) => key === picked) ?? null;

  function drop(): void {
    setPicked(null);
  }

  function toField(step: () => void): void {
    drop();
    if (form.focus === first) onLeave?.();
    step();
  }

  /**
   * Fields and choices in the order of the screen. A text that was typed is in no list, and an arrow from it must not
   * replace it: the list is then last.
   */
  function move(step: 1 | -1): void {
    const typed = text.trim() !== '' && !choices.some(choice => choice.text === text);
    const stops = typed ? [first!, ...others, ...choices] : [first!, ...choices, ...others];
    const next = stops[(stops.indexOf(chosen ?? form.focus) + step + stops.length) % stops.length]!;
    if (typeof next === 'string') toField(() => form.setFocus(next));
    else {
      setPicked(next.key);
      form.put(first!, next.text);
    }
  }

  /** Handlers of the keys that such a form has. */
  const keys = {
    up: () => move(-1),
    down: () => move(1),
    next: () => toField(() => form.move(1)),
    previous: () => toField(() => form.move(-1)),
    less: () => (chosen === null ? form.change(-1) : undefined),
    more: () => (chosen === null ? form.change(1) : undefined),
  };

  return {
    chosen,
    drop,
    keys,
    /** Any other key, for the field that is edited. */
    type(key: string): void {
      drop();
      form.type(key);
    },
  };
}
