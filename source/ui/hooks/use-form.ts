import { useState } from 'react';
import { type Field, OFF, ON, type Problems, stepChoice, type Values } from '../form.js';
import { beginEditing, type Editing, edit } from '../text-editing.js';

export interface Form<Name extends string> {
  readonly focus: Name;
  readonly editing: Editing;
  setFocus(name: Name): void;
  /** To the first field that has a problem; false where none has. */
  showProblem(problems: Problems<Name>): boolean;
  move(step: 1 | -1): void;
  /** Left and right: another choice, a switch turned, or the cursor moved. */
  change(step: 1 | -1): void;
  /** Any other key, for the line that is typed; true when it meant something. */
  type(key: string): boolean;
  /** The text of a field replaced from outside, and marked. */
  put(name: Name, text: string): void;
}

/** The focus and the typing of a form; the values belong to the screen. */
export function useForm<Name extends string>(
  fields: readonly Field<Name>[],
  values: Values<Name>,
  setValue: (name: Name, value: string) => void,
): Form<Name> {
  const [focus, setFocusState] = useState<Name>(fields[0]!.name);
  const [editing, setEditing] = useState<Editing>(() => beginEditing(values[fields[0]!.name]));
  const index = Math.max(
    0,
    fields.findIndex(field => field.name === focus),
  );
  const field = fields[index]!;

  function setFocus(name: Name): void {
    if (name === field.name) return;
    setFocusState(name);
    setEditing(beginEditing(values[name]));
  }

  function type(key: string): boolean {
    if (field.input.kind !== 'text') return false;
    const next = edit(editing, key, field.input.entry);
    if (next === editing) return false;
    setEditing(next);
    if (next.text !== values[field.name]) setValue(field.name, next.text);
    return true;
  }

  return {
    focus: field.name,
    editing,
    setFocus,
    type,
    showProblem(problems) {
      const wrong = fields.find(({ name }) => problems[name] !== undefined);
      if (wrong) setFocus(wrong.name);
      return wrong !== undefined;
    },
    move: step => setFocus(fields[(index + step + fields.length) % fields.length]!.name),
    change(step) {
      const { input, name } = field;
      if (input.kind === 'choice') setValue(name, stepChoice(input.choices, values[name], step));
      else if (input.kind === 'switch') setValue(name, values[name] === ON ? OFF : ON);
      else type(step > 0 ? 'right' : 'left');
    },
    put(name, text) {
      setFocusState(name);
      setEditing(beginEditing(text));
      setValue(name, text);
    },
  };
}
