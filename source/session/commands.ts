import type { Inspection } from './inspect/inspection.js';
import type { InspectCommand } from './messages.js';

/** What is done for each command of a role: one entry each, no more and no less. */
export type Commands<Command extends { readonly type: string }> = {
  readonly [Type in Command['type']]: (command: Extract<Command, { readonly type: Type }>) => void | Promise<void>;
};

/** Does what the person asked for. @returns a promise where that takes time, which rejects where it fails */
export function perform<Command extends { readonly type: string }>(
  commands: Commands<Command>,
  command: Command,
): void | Promise<void> {
  const entry = commands[command.type as Command['type']] as (command: Command) => void | Promise<void>;
  return entry(command);
}

/** What both roles do alike. */
export function inspectCommands(inspection: Inspection): Commands<InspectCommand> {
  return {
    inspect: ({ messages }) => inspection.look(messages),
    export: ({ file }) => inspection.export(file),
  };
}
