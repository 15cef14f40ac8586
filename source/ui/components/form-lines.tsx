import { Box } from 'ink';
import { type Field, ON, type Problems, type Values } from '../form.js';
import { graphemes, padTo } from '../text.js';
import type { Editing } from '../text-editing.js';
import { isBold, useTheme } from '../theme.js';
import Tone, { PlainText } from './tone.js';

/** A line being edited, with its cursor or fully selected. */
export function TypedText({ editing, empty }: { readonly editing: Editing; readonly empty: string }) {
  const theme = useTheme();
  const { accent } = theme.colours;
  const colour = accent === null ? {} : { color: accent };
  const bold = isBold(theme, 'accent');
  if (editing.text === '') {
    return (
      <PlainText wrap="truncate-end">
        <PlainText inverse> </PlainText>
        <Tone tone="muted">{empty}</Tone>
      </PlainText>
    );
  }
  if (editing.selected) {
    return (
      <PlainText wrap="truncate-end" bold={bold} inverse {...colour}>
        {editing.text}
      </PlainText>
    );
  }
  const characters = graphemes(editing.text);
  return (
    <PlainText wrap="truncate-middle" bold={bold} {...colour}>
      {characters.slice(0, editing.cursor).join('')}
      <PlainText inverse>{characters[editing.cursor] ?? ' '}</PlainText>
      {characters.slice(editing.cursor + 1).join('')}
    </PlainText>
  );
}

interface Props<Name extends string> {
  readonly fields: readonly Field<Name>[];
  readonly values: Values<Name>;
  readonly problems: Problems<Name>;
  readonly focus: Name | null;
  readonly editing: Editing;
  readonly columns: number;
  readonly rows: number;
}

/** Room for the longest label, indented, and a space. */
const LABEL = 16;

/** The lines of a form, scrolled so that the focused one is visible. */
export default function FormLines<Name extends string>(props: Props<Name>) {
  const { fields, values, problems, focus, editing, columns, rows } = props;
  const at = fields.findIndex(field => field.name === focus);
  const first = Math.max(0, Math.min(fields.length - rows, at - Math.floor(rows / 2)));
  return (
    <Box flexDirection="column" flexShrink={0}>
      {fields.slice(first, first + rows).map(field => {
        const focused = field.name === focus;
        const wrong = problems[field.name] !== undefined;
        const { input } = field;
        const value = values[field.name];
        const room = columns - LABEL - 2;
        const wide = room >= 44 && field.note !== '';
        return (
          <Box key={field.name}>
            <Box flexShrink={0}>
              <Tone tone={focused ? 'accent' : 'plain'} bold={focused}>
                {focused ? '▸ ' : wrong ? '! ' : '  '}
              </Tone>
              <Tone tone={wrong ? 'bad' : focused ? 'accent' : 'muted'}>
                {padTo(`${field.indented ? '  ' : ''}${field.label}`, LABEL)}
              </Tone>
            </Box>
            <Box width={wide ? 16 : room} flexShrink={0}>
              {input.kind === 'choice' ? (
                <Tone bold={focused}>
                  <Tone tone={focused ? 'accent' : 'muted'}>‹ </Tone>
                  {input.choices.find(choice => choice.value === value)?.label ?? input.choices[0]?.label ?? value}
                  <Tone tone={focused ? 'accent' : 'muted'}> ›</Tone>
                </Tone>
              ) : input.kind === 'switch' ? (
                <Tone tone={value === ON ? 'good' : 'muted'} bold={focused}>
                  {value === ON ? '● on' : '○ off'}
                </Tone>
              ) : focused ? (
                <TypedText editing={editing} empty={input.empty ?? ''} />
              ) : (
                <Tone tone={wrong ? 'bad' : value === '' ? 'muted' : 'plain'}>
                  {value === '' ? (input.empty ?? '') : value}
                </Tone>
              )}
            </Box>
            {wide ? <Tone tone="muted">{` ${field.note}`}</Tone> : null}
          </Box>
        );
      })}
    </Box>
  );
}
