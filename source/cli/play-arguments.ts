import { parsePosition, parseScale, parseSpeed, parseText, parseThreads, parseView } from '../session/option-values.js';
import { type ViewKind, WATCH_DEFAULTS } from '../session/watch-options.js';
import type { PlayFileCommand, PlayPageCommand, RunOptions } from './command.js';
import { type GivenFlags, usage } from './given-flags.js';
import { requireOwnFiles } from './named-files.js';

const parseFile = (text: string) => parseText(text, 'A file');

/**
 * `peerglass play FILE`.
 * @param view the default of --view
 * @throws PeerglassError E_USAGE
 */
export function playCommand(
  flags: GivenFlags,
  run: RunOptions,
  file: string | undefined,
  view: ViewKind,
): PlayFileCommand | PlayPageCommand {
  if (file === undefined || file.trim() === '') {
    throw usage('peerglass play needs a recording.', 'For example: peerglass play recording.pglog');
  }
  requireOwnFiles(flags, { what: 'The recording', file });
  const page = flags.value('html', parseFile, null);
  if (page !== null) {
    const other = ['view', 'scale', 'fullscreen', 'at', 'speed', 'skip-still', 'threads', 'snapshot'].find(name =>
      flags.has(name),
    );
    if (other !== undefined) throw usage(`--html writes a page and plays nothing: leave --${other} out.`);
    return { kind: 'play-page', file, page };
  }
  const snapshotFile = flags.value('snapshot', parseFile, null);
  if (snapshotFile !== null && flags.has('view')) {
    throw usage('--snapshot saves one picture and shows nothing: leave --view out.');
  }
  const headless = run.headless || snapshotFile !== null;
  return {
    kind: 'play',
    options: {
      file,
      view: snapshotFile === null ? flags.value('view', parseView, view) : 'none',
      scale: flags.value('scale', parseScale, 'fit'),
      fullscreen: flags.switch('fullscreen') === true,
      at: flags.value('at', parsePosition, null),
      speed: flags.value('speed', parseSpeed, 1),
      skipStill: flags.switch('skip-still') === true,
      threads: flags.value('threads', parseThreads, WATCH_DEFAULTS.threads),
      snapshotFile,
      endsAtEnd: headless,
      terminalCells: null,
    },
    run: { ...run, headless },
  };
}
