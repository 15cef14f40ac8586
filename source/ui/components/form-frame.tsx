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
  /** What can be chosen below the fields. */
  readonly below?: ReactNode;
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
  const { place, title, fields, form, focused = true, saidRows = 0, closeHelp } = props;
  const size = useTerminalSize();
  const { columns, rows } = size;
  const screen = `${place}Form` as const;
  if (closeHelp !== null) {
    return <HelpScreen screen={screen} title={title} columns={columns} rows={rows} close={closeHelp} />;
  }
  const boxed = hasBoxes(size);
  const room = rows - 3 - saidRows;
  const height = Math.min(room, fields.length + 2);
  const lines = (
    <FormLines
      fields={fields}
      values={props.values}
      problems={props.problems}
      focus={focused ? form.focus : null}
      editing={form.editing}
      columns={boxed ? columns - PANEL_MARGIN : columns - 1}
      rows={boxed ? height - 2 : room}
    />
  );
  return (
    <>
      <Header columns={columns} place={place} about={columns < 60 ? '' : props.about} />
      {boxed ? (
        <Panel title={title} aside={props.aside ?? ''} width={columns} height={height} focused={focused}>
          {lines}
        </Panel>
      ) : (
        lines
      )}
      {props.below}
      <Box flexDirection="column" flexGrow={1} paddingX={1} overflowY="hidden">
        {props.children}
      </Box>
      <KeyBar screen={screen} columns={columns} hidden={props.hidden} />
    </>
  );
}
