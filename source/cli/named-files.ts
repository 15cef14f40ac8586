import path from 'node:path';
import { accept } from '../session/option-values.js';
import type { ShareOptions } from '../session/share-options.js';
import type { WatchOptions } from '../session/watch-options.js';
import type { Command } from './command.js';
import { type GivenFlags, usage } from './given-flags.js';

/** None. */
const NONE = {
  ...{ recording: null, certFile: null, keyFile: null },
  ...{ snapshotFile: null, exportFile: null, recordFile: null },
};

/** The files that a command names, which are checked before anything else is asked for. */
export function namedFiles(command: Command) {
  switch (command.kind) {
    case 'play': {
      const { file, at, snapshotFile } = command.options;
      return { ...NONE, recording: { file, at }, snapshotFile };
    }
    case 'share':
      return { ...NONE, ...ofShare(command.options) };
    case 'watch':
      return { ...NONE, ...ofWatch(command.options) };
    case 'watch-form':
      return { ...NONE, ...ofWatch(command.given.options) };
    case 'demo':
    case 'bakeoff':
      return { ...NONE, ...ofShare(command.share), snapshotFile: command.watch.snapshotFile };
    case 'capture-port':
      return { ...NONE, exportFile: command.file };
    default:
      return NONE;
  }
}

function ofWatch({ snapshotFile, exportFile, recordFile }: Omit<WatchOptions, 'peer'>) {
  return { snapshotFile, exportFile, recordFile };
}

function ofShare({ source, certFile, keyFile, exportFile, recordFile }: ShareOptions) {
  const recording = source.kind === 'replay' ? { file: source.file, at: null } : null;
  return { recording, certFile, keyFile, exportFile, recordFile };
}

/** Flags with a file that is written. */
const WRITTEN = ['record', 'export', 'snapshot', 'html', 'log'] as const;

/**
 * Checks that no file is written twice, or over what is read. Devices, such as /dev/null, take everything.
 * @param read the file that is read, and what names it; null: none
 * @throws PeerglassError E_USAGE
 */
export function requireOwnFiles(
  flags: GivenFlags,
  read: { readonly what: string; readonly file: string } | null,
): void {
  const named = new Map(read ? [[path.resolve(read.file), read.what]] : []);
  for (const flag of WRITTEN) {
    const file = flags.value(flag, text => accept(path.resolve(text)), null);
    if (file === null || file.startsWith('/dev/')) continue;
    const other = named.get(file);
    if (other !== undefined) throw usage(`${other} and --${flag} name the same file.`, 'Choose another file for one.');
    named.set(file, `--${flag}`);
  }
}
