import type { ShareOptions } from '../session/share-options.js';
import type { Command } from './command.js';

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
    case 'watch': {
      if (!command.options) return NONE;
      const { snapshotFile, exportFile, recordFile } = command.options;
      return { ...NONE, snapshotFile, exportFile, recordFile };
    }
    case 'demo':
    case 'bakeoff':
      return { ...NONE, ...ofShare(command.share), snapshotFile: command.watch.snapshotFile };
    case 'capture-port':
      return { ...NONE, exportFile: command.file };
    default:
      return NONE;
  }
}

function ofShare({ source, certFile, keyFile, exportFile, recordFile }: ShareOptions) {
  const recording = source.kind === 'replay' ? { file: source.file, at: null } : null;
  return { recording, certFile, keyFile, exportFile, recordFile };
}
