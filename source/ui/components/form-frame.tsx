import { Box } from 'ink';
import type { ReactNode } from 'react';
import type { Field, Problems, Values } from '../form.js';
import { useTerminalSize } from '../hooks/surroundings.js';
import type { Form } from '../hooks/use-form.js';
import type { TerminalSize } from '../screen-painter.js';
import { wrap } from '../text.js';
import type { Tone } from '../theme.js';
import { Header, KeyBar } from './bars.js';
import FormLines from './form-lines.js';
import HelpScreen from './help-screen.js';
import Panel, { PANEL_MARGIN } from './panel.js';
import ToneText from './tone.js';

export interface FormMessage {
  readonly text: string;
  readonly tone: Tone;
  readonly bold?: boolean;
  /** At most so many lines of it. */
  readonly most?: number;
}

interface Props<Name extends string> {
  readonly place: 'share' | 'watch' | 'play';
  readonly title: string;
  /** At the right of the title. */
  readonly aside?: string;
  /** What Enter does. */
  readonly about: string;
  readonly fields: readonly Field<Name>[];
  readonly values: Values<Name>;
  readonly problems: Problems<Name>;
  readonly form: Form<Name>;
  /** Whether the focus is on a field, not on something below the fields. */
  readonly focused?: boolean;
  /** Choices for the first field, shown below it. */
  readonly choices?: { readonly drawn: ReactNode; readonly rows: number };
  /** Messages, below everything that can be chosen, which gives way to them: none is cut off. */
  readonly messages: readonly FormMessage[];
  /** Actions without a meaning at the moment. */
  readonly hidden: string;
  /** Closes the help, which replaces the form; null while it is not open. */
  readonly closeHelp: (() => void) | null;
}

/** Whether a form has room for boxes around its parts. */
export function hasBoxes({ columns, rows }: TerminalSize): boolean {
  return rows >= 18 && columns >= 50;
}

/** The frame of each form: header, fields, messages, key bar. */
export default function FormFrame<Name extends string>(props: Props<Name>) {
  const { place, title, fields, form, focused = true, messages, choices, closeHelp } = props;
  const size = useTerminalSize();
  const { columns, rows } = size;
  const screen = `${place}Form` as const;
  if (closeHelp !== null) {
    return <HelpScreen screen={screen} title={title} columns={columns} rows={rows} close={closeHelp} />;
  }
  const border = hasBoxes(size) ? 2 : 0;
  const lead = choices ? fields.slice(0, 1) : fields;
  const rest = fields.slice(lead.length);
  const said = messages.flatMap(({ text, most, ...style }) =>
    wrap(text, columns - 2)
      .slice(0, most)
      .map(line => ({ line, ...style })),
  );
  const room = Math.max(border + 1, rows - (border > 0 ? 3 : 2) - said.length);
  const leadRows = Math.min(room, lead.length + border);
  const restRows = Math.min(room - leadRows - (choices?.rows ?? 0), rest.length + border);
  const lines = (some: readonly Field<Name>[], height: number) => (
    <FormLines
      fields={some}
      values={props.values}
      problems={props.problems}
      focus={focused ? form.focus : null}
      editing={form.editing}
      columns={border > 0 ? columns - PANEL_MARGIN : columns - 1}
      rows={height - border}
    />
  );
  const part = (heading: string, aside: string, some: readonly Field<Name>[], height: number) => {
    if (border === 0) return lines(some, height);
    const chosen = focused && some.some(({ name }) => name === form.focus);
    const hidden = some.length - (height - border);
    const foot = hidden > 0 ? ` ${hidden} more ${hidden === 1 ? 'field' : 'fields'}: ↓ ↑ ` : '';
    return (
      <Panel title={heading} aside={aside} width={columns} height={height} focused={chosen} foot={foot}>
        {lines(some, height)}
      </Panel>
    );
  };
  return (
    <>
      <Header columns={columns} place={place} about={columns < 60 ? '' : props.about} />
      {part(title, props.aside ?? '', lead, leadRows)}
      {choices?.drawn}
      {restRows > border ? part('Options', '', rest, restRows) : null}
      <Box flexDirection="column" flexGrow={1} paddingX={1} overflowY="hidden">
        {said.map(({ line, tone, bold = false }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text
          <Box key={index} height={1} flexShrink={0}>
            <ToneText tone={tone} bold={bold}>
              {line}
            </ToneText>
          </Box>
        ))}
      </Box>
      <KeyBar screen={screen} columns={columns} hidden={props.hidden} />
    </>
  );
}
