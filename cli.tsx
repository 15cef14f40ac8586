import { readFileSync } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';
import { inspect } from 'node:util';
import { parseArguments } from './source/cli/arguments.js';
import { AskedFiles } from './source/cli/asked-files.js';
import type { Command, RunOptions } from './source/cli/command.js';
import { logged } from './source/cli/event-log.js';
import { HeadlessRun } from './source/cli/headless.js';
import { namedFiles } from './source/cli/named-files.js';
import { takeSecrets } from './source/cli/secret-arguments.js';
import { offeredAgain } from './source/cli/share-again.js';
import { leaveGoneTerminalsAlone, requireTerminal, tell, unprinted } from './source/cli/standard-streams.js';
import { asPeerglassError, oneLine } from './source/core/errors.js';
import { plainLines, withoutControls } from './source/core/plain-text.js';
import { nativeMode } from './source/native/native-mode.js';
import { configurationFolder, stateFolder } from './source/node/state-folder.js';
import type { AppServices } from './source/session/app-services.js';
import { announced } from './source/session/discovery/announced-share.js';
import { findSharers, sharersWithin } from './source/session/discovery/find-sharers.js';
import { startPacketFeed } from './source/session/inspect/packet-feed.js';
import { findLocalAddresses } from './source/session/local-addresses.js';
import { checkNamedFiles } from './source/session/named-files.js';
import { createPreferenceStore } from './source/session/preferences.js';
import { startShare } from './source/session/share/share-controller.js';
import type { ShareOptions } from './source/session/share-options.js';
import { startPlay, startWatch } from './source/session/watch/watch-controller.js';

const BAD_USAGE = new Set(['E_USAGE', 'E_NO_TTY', 'E_ACCESS_REQUIRED', 'E_CODE_INVALID', 'E_BROADCAST_KEY']);
/** The launcher passes Ctrl-C on although the terminal sends it here too: within this time it is the same one. */
const SAME_SIGNAL_MS = 1000;
/** How long sharers on the network have to answer `peerglass list`. */
const LOOK_MS = 2000;

// Loaded only where used: a process keeps the memory of every module, and a long headless run needs few of them.
const services: AppServices = {
  startShare: announced(startShare),
  startWatch,
  startPlay,
  startPacketFeed,
  listTargets: async display => (await import('./source/session/targets.js')).listTargets(display),
  findRecordings: async played =>
    (await import('./source/session/recording/find-recordings.js')).findRecordings(process.cwd(), played),
  localAddresses: findLocalAddresses,
  findSharers,
  preferences: createPreferenceStore(configurationFolder()),
  forgetPeer: async peer => {
    const { forget } = await import('./source/session/forget.js');
    forget({ peer, viewer: null }, stateFolder());
  },
};

const askedFiles = new AskedFiles();

/** What ends the run in good order; called with the exit code of the reason. */
let interrupt: (exitCode: number) => void = exitCode => process.exit(exitCode);
/** Restores the terminal. */
let restore = (): void => {};

function version(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(plainLines(text), error =>
      error && !hasReadEnough(error) ? reject(unprinted(error)) : resolve(),
    );
  });
}

/** The reader of standard output is gone (e.g. head), or the terminal's window was closed: no failure. */
function hasReadEnough({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'EIO' || code === 'ERR_STREAM_DESTROYED';
}

/** The sessions of this process, as the command line wants them followed. */
function followed(run: Pick<RunOptions, 'headless' | 'json' | 'logFile'>, demo: ShareOptions | null): AppServices {
  const sessions = askedFiles.minding(logged(services, run.logFile));
  const startShare = offeredAgain(sessions.startShare, run, demo, notice => {
    // Only the launcher has a use for it.
    if (process.connected) process.send?.(notice, undefined, undefined, () => {});
  });
  return { ...services, ...sessions, startShare };
}

function listenToSignals(): void {
  let firstAt = 0;
  const signalled = (exitCode: number): void => {
    const now = performance.now();
    if (firstAt === 0) {
      firstAt = now;
      interrupt(exitCode);
    } else if (now - firstAt > SAME_SIGNAL_MS) {
      restore();
      process.exit(exitCode);
    }
  };
  process.on('SIGINT', () => signalled(130));
  process.on('SIGTERM', () => signalled(0));
  process.on('SIGHUP', () => signalled(0));
  // The launcher is gone, so nobody would restore the terminal after this process.
  process.on('disconnect', () => signalled(0));
  process.channel?.unref();
  // This may be called repeatedly: the first call ends the run, which completes its files.
  process.stdout.once('error', error => {
    process.stdout.on('error', () => {});
    if (hasReadEnough(error)) return interrupt(0);
    tell(oneLine(unprinted(error)));
    interrupt(1);
  });
}

function fail(thrown: unknown): void {
  restore();
  const error = asPeerglassError(thrown);
  tell(oneLine(error));
  if (error.code === 'E_INTERNAL') console.error(plainLines(inspect(error.cause ?? error)));
  process.exit(BAD_USAGE.has(error.code) ? 2 : 1);
}

async function headless(command: Extract<Command, { kind: 'share' | 'watch' | 'demo' }>): Promise<number> {
  const view = command.kind === 'share' ? 'none' : command.kind === 'demo' ? command.watch.view : command.options.view;
  const sessions = followed(command.run, command.kind === 'demo' ? command.share : null);
  const pictures = view === 'terminal' ? await pictureScreen() : null;
  const run = new HeadlessRun(
    {
      services: sessions,
      tell,
      print: line => process.stdout.write(`${withoutControls(line)}\n`),
      onInterrupt: listener => {
        interrupt = listener;
      },
      pictures,
    },
    command,
  );
  return run.go(command);
}

async function play(command: Extract<Command, { kind: 'play' }>): Promise<number> {
  const { headlessPlay } = await import('./source/cli/headless-play.js');
  return headlessPlay(command, {
    services,
    tell,
    print: line => process.stdout.write(`${withoutControls(line)}\n`),
    onInterrupt: listener => {
      interrupt = listener;
    },
    pictures: command.options.view === 'terminal' ? await pictureScreen() : null,
  });
}

async function pictureScreen() {
  requireTerminal('picture');
  const { PictureScreen } = await import('./source/ui/picture-screen.js');
  const { JobControl } = await import('./source/ui/job-control.js');
  const job = new JobControl();
  const pictures = new PictureScreen(process.stdout as WriteStream, process.env, job);
  restore = () => pictures.close();
  return pictures;
}

async function terminal(
  command: Extract<Command, { kind: 'menu' | 'share' | 'watch' | 'watch-form' | 'play' | 'demo' }>,
): Promise<number> {
  const run = command.kind === 'menu' ? { headless: false, json: false, logFile: null } : command.run;
  const demo = command.kind === 'demo' ? command : parseArguments(['demo'], unnamedView());
  if (demo.kind !== 'demo') throw new Error('The demo has no options.');
  const sessions = followed(run, demo.share);
  requireTerminal(command.kind === 'watch-form' ? 'watch' : command.kind);
  const { startTui } = await import('./source/ui/start-tui.js');
  const { JobControl } = await import('./source/ui/job-control.js');
  const tui = await startTui({
    services: sessions,
    version: version(),
    start: command.kind === 'demo' ? { kind: 'demo' } : command,
    demo,
    stdin: process.stdin as ReadStream,
    stdout: process.stdout as WriteStream,
    environment: process.env,
    job: new JobControl(),
    onFault: fail,
  });
  restore = tui.restore;
  interrupt = tui.leave;
  const duration = command.kind === 'menu' ? null : command.run.duration;
  if (duration !== null) setTimeout(() => tui.leave(0), duration * 1000).unref();
  const exitCode = await tui.done;
  if (askedFiles.unwritten) tell(oneLine(askedFiles.unwritten));
  return exitCode;
}

async function doctor(json: boolean): Promise<number> {
  const { examine } = await import('./source/session/doctor/probes.js');
  const { isUsable } = await import('./source/session/doctor/findings.js');
  const { doctorText } = await import('./source/cli/machine-text.js');
  const { terminalFacts } = await import('./source/ui/terminal-facts.js');
  const terminal = terminalFacts(process.stdout as WriteStream, process.env, process.platform);
  const findings = await examine(terminal);
  await print(json ? `${JSON.stringify(findings)}\n` : doctorText(findings, terminal.utf8));
  return isUsable(findings) ? 0 : 1;
}

/** The arguments; where the code is among them the launcher passes them on in the environment, once. */
function givenArguments(): readonly string[] {
  const secret = process.env.PEERGLASS_ARGUMENTS;
  delete process.env.PEERGLASS_ARGUMENTS;
  return secret === undefined ? process.argv.slice(2) : (JSON.parse(secret) as string[]);
}

/**
 * The default view: a window needs native code.
 * @throws PeerglassError E_USAGE when the environment has a wrong word for that
 */
function unnamedView(): 'sdl' | 'terminal' {
  return nativeMode() === 'off' ? 'terminal' : 'sdl';
}

async function main(): Promise<number> {
  const command = parseArguments(givenArguments(), unnamedView(), takeSecrets(process.env));
  await checkNamedFiles(namedFiles(command));
  switch (command.kind) {
    case 'help': {
      const { helpText } = await import('./source/cli/help-text.js');
      await print(helpText(command.topic));
      return 0;
    }
    case 'version':
      await print(`${version()}\n`);
      return 0;
    case 'list': {
      const { listText } = await import('./source/cli/machine-text.js');
      const [targets, addresses, found] = await Promise.all([
        services.listTargets(command.display),
        findLocalAddresses(),
        sharersWithin(LOOK_MS),
      ]);
      const { sharers, problem } = found;
      await print(
        command.json
          ? `${JSON.stringify({ ...targets, addresses, sharers, sharersProblem: problem })}\n`
          : listText(targets, addresses, found),
      );
      return 0;
    }
    case 'forget': {
      const { forget } = await import('./source/session/forget.js');
      const { knownText } = await import('./source/cli/machine-text.js');
      const { gone, what, known } = forget(command, stateFolder());
      if (known) await print(knownText(known.sharers, known.viewers));
      else if (gone.length > 0) await print(gone.map(each => `forgot ${each}\n`).join(''));
      else await print(`nothing is remembered of ${what}\n`);
      return 0;
    }
    case 'doctor':
      return doctor(command.json);
    case 'capture-port': {
      const { capturePort } = await import('./source/cli/capture-port.js');
      const { startFileCapture } = await import('./source/analysis/file-capture.js');
      return capturePort(command, {
        start: startFileCapture,
        tell,
        onInterrupt: listener => {
          interrupt = listener;
        },
      });
    }
    case 'bakeoff': {
      const { runBakeoff } = await import('./source/cli/bakeoff.js');
      return runBakeoff(command, {
        services,
        print,
        onInterrupt: listener => {
          interrupt = listener;
        },
      });
    }
    case 'report': {
      const { writeReport } = await import('./source/analysis/report-file.js');
      await print(await writeReport(command.file, command.html));
      return 0;
    }
    case 'wireshark': {
      const { dissectorPath, installDissector } = await import('./source/analysis/dissector-install.js');
      await print(`${command.install ? await installDissector() : dissectorPath()}\n`);
      return 0;
    }
    case 'play-page': {
      const { writeRecordingPage } = await import('./source/session/play/recording-page.js');
      await writeRecordingPage(command.file, command.page);
      await print(`${command.page}\n`);
      return 0;
    }
    case 'play':
      return command.run.headless ? play(command) : terminal(command);
    case 'menu':
    case 'watch-form':
      return terminal(command);
    default:
      return command.run.headless ? headless(command) : terminal(command);
  }
}

leaveGoneTerminalsAlone();
listenToSignals();
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
main().then(exitCode => process.exit(askedFiles.unwritten ? 1 : exitCode), fail);
