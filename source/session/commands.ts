import type { Inspection } from './inspect/inspection.js';
import type { InspectCommand } from './messages.js';

/** Exactly one handler for each command of a role. */
export type Commands<Command extends { readonly type: string }> = {
  readonly [Type in Command['type']]: (command: Extract<Command, { readonly type: Type }>) => void | Promise<void>;
};

/** Runs a command. @returns a promise if it takes time, which rejects on failure */
export function perform<Command extends { readonly type: string }>(
  commands: Commands<Command>,
  command: Command,
): void | Promise<void> {
  const entry = commands[command.type as Command['type']] as (command: Command) => void | Promise<void>;
  return entry(command);
}

/** Runs a command, and calls back now and once it is done. */
export function performAndReport<Command extends { readonly type: string }>(
  commands: Commands<Command>,
  command: Command,
  report: () => void,
): void {
  const done = perform(commands, command);
  if (done) void done.then(report);
  report();
}

/** Commands of both roles. */
export function inspectCommands(inspection: Inspection): Commands<InspectCommand> {
  return {
    inspect: ({ messages }) => inspection.look(messages),
    export: ({ file }) => inspection.export(file),
  };
}
