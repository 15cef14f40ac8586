import { Box } from 'ink';
import type { ReactNode } from 'react';
import type { Field, Problems, Values } from '../form.js';
import { useTerminalSize } from '../hooks/surroundings.js';
import type { Form } from '../hooks/use-form.js';
import type { TerminalSize } from '../screen-painter.js';
import { Header, KeyBar } from './bars.js';
import FormLines from './form-lines.js';
import HelpScreen from './help-screen.js';
import Panel, { PANEL_MARGIN } from './panel.js';

interface Props<Name extends string> {
  readonly place: 'share' | 'watch';
  readonly title: string;
  /** In the line of the title. */
  readonly aside?: string;
  /** What Enter does. */
  readonly about: string;
  readonly fields: readonly Field<Name>[];
  readonly values: Values<Name>;
  readonly problems: Problems<Name>;
  readonly form: Form<Name>;
  /** Whether a field is chosen, and not something below them. */
  readonly focused?: boolean;
  /** What can be chosen instead of typing the first field, below that; the other fields follow it. */
  readonly choices?: { readonly drawn: ReactNode; readonly rows: number };
  /** Rows that what is said must have. */
  readonly saidRows?: number;
  /** What is said, under all that can be chosen. */
  readonly children: ReactNode;
  /** Actions that mean nothing at the moment. */
  readonly hidden: string;
  /** Leads back from the help, which is in the place of the form; null while it is not asked for. */
  readonly closeHelp: (() => void) | null;
}

/** Whether a form has room for boxes around its parts. */
export function hasBoxes({ columns, rows }: TerminalSize): boolean {
  return rows >= 18 && columns >= 50;
}

/** What both forms have around their fields. */
export default function FormFrame<Name extends string>(props: Props<Name>) {
  const { place, title, fields, form, focused = true, saidRows = 0, choices, closeHelp } = props;
  const size = useTerminalSize();
  const { columns, rows } = size;
  const screen = `${place}Form` as const;
  if (closeHelp !== null) {
    return <HelpScreen screen={screen} title={title} columns={columns} rows={rows} close={closeHelp} />;
  }
  const border = hasBoxes(size) ? 2 : 0;
  const lead = choices ? fields.slice(0, 1) : fields;
  const rest = fields.slice(lead.length);
  const room = rows - (border > 0 ? 3 : 2) - saidRows;
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
    return (
      <Panel title={heading} aside={aside} width={columns} height={height} focused={chosen}>
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
        {props.children}
      </Box>
      <KeyBar screen={screen} columns={columns} hidden={props.hidden} />
    </>
  );
}
