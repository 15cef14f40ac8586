import { graphemes } from './text.js';

/** A line of text being edited. `selected`: all of it is selected, and the next character replaces it. */
export interface Editing {
  readonly text: string;
  /** In graphemes. */
  readonly cursor: number;
  readonly selected: boolean;
}

export interface Entry {
  /** One character that the field takes. */
  readonly accepts: RegExp;
  readonly longest: number;
}

export function beginEditing(text: string): Editing {
  return { text, cursor: graphemes(text).length, selected: text !== '' };
}

/** What a key makes of the line; the same object when it means nothing here. */
export function edit(editing: Editing, key: string, entry: Entry): Editing {
  const characters = graphemes(editing.text);
  const { cursor, selected } = editing;
  const at = (place: number): Editing => ({
    text: editing.text,
    cursor: Math.max(0, Math.min(characters.length, place)),
    selected: false,
  });
  switch (key) {
    case 'left':
      return at(selected ? 0 : cursor - 1);
    case 'right':
      return at(selected ? characters.length : cursor + 1);
    case 'home':
      return at(0);
    case 'end':
      return at(characters.length);
    case 'ctrl-u':
      return beginEditing('');
    case 'backspace': {
      if (selected) return beginEditing('');
      if (cursor === 0) return editing;
      const text = [...characters.slice(0, cursor - 1), ...characters.slice(cursor)].join('');
      return { text, cursor: cursor - 1, selected: false };
    }
  }
  if (graphemes(key).length !== 1 || !entry.accepts.test(key)) return editing;
  if (selected) return { text: key, cursor: 1, selected: false };
  if (characters.length >= entry.longest) return editing;
  const text = [...characters.slice(0, cursor), key, ...characters.slice(cursor)].join('');
  return { text, cursor: cursor + 1, selected: false };
}
