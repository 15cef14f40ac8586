import { asPeerglassError } from '../../core/errors.js';
import type { Display } from '../../display/display.js';
import { NoneDisplay } from '../../display/none-display.js';
import { SdlDisplay } from '../../display/sdl-display.js';
import { TerminalDisplay } from '../../display/terminal-display.js';
import { systemClock, unixTime } from '../../node/clock.js';
import { loadJpegDecoder } from '../../node/compressors.js';
import { threadsFor } from '../../node/free-threads.js';
import { createInflater } from '../../node/inflater.js';
import { THREAD_LOST } from '../../node/kernel-threads.js';
import { createPixelMemory } from '../../node/load-kernels.js';
import { optimizeLater } from '../../node/optimize-later.js';
import { logPictures } from '../../node/picture-log.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { hasVectors, withoutVectors } from '../../pixels/vectors.js';
import type { BroadcastLink } from '../../protocols/broadcast/link.js';
import { connect } from '../../transport/connect.js';
import type { PlayCommand, PlayEvent, ToChild, WatchCommand, WatchEvent } from '../messages.js';
import { PlaySession } from '../play/play-session.js';
import type { PlayOptions } from '../play-options.js';
import type { WatchOptions } from '../watch-options.js';
import { createClassicSession } from './classic-session.js';
import type { LinkKeeperHost } from './link-keeper.js';
import { createRfbSession } from './rfb-session.js';
import { createVideoDecoders } from './video/decoder-process.js';
import { Watcher } from './watcher.js';

/**
 * The viewer process. It owns the window, and with it the main thread that windows need. Its output goes to the log,
 * and a crash in a native library takes nothing else down. It ends with the session and with its parent.
 */
const DEFAULT_CELLS = { columns: 80, rows: 24 };

/** Time to finish an export when the parent is gone. */
const DRAIN_MS = 1000;

/** What runs here, once it has been told. */
interface Session {
  command(command: WatchCommand | PlayCommand): void;
  displayDied(killed: boolean): void;
}

let session: Session | null = null;
let terminal: TerminalDisplay | null = null;

/** Resolves when the last event has been sent. */
let sent: Promise<void> = Promise.resolve();

function emit(event: WatchEvent | PlayEvent): void {
  if (!process.connected) return;
  sent = new Promise(resolve => process.send?.(event, undefined, undefined, () => resolve()));
}

function createDisplay(options: Pick<WatchOptions, 'view' | 'terminalCells'>): Display {
  if (options.view === 'none') return new NoneDisplay();
  if (options.view === 'sdl') return new SdlDisplay({ onDeath: killed => session?.displayDied(killed) });
  const cells = options.terminalCells ?? DEFAULT_CELLS;
  terminal = new TerminalDisplay(cells, systemClock, thumbnail => emit({ type: 'picture', thumbnail }));
  return terminal;
}

optimizeLater();
logPictures('watch');

/** Loaded only where it is used: HTTP takes memory. */
async function broadcastOf(link: BroadcastLink) {
  const { BroadcastWatch } = await import('./broadcast-watch.js');
  return (host: LinkKeeperHost) => new BroadcastWatch(link, host);
}

/** The memory of the picture, with the threads that decode it. */
function memoryFor({ threads }: Pick<WatchOptions, 'threads'>): PixelMemory {
  const lost = () => emit({ type: 'notice', tone: 'warning', text: THREAD_LOST });
  return createPixelMemory({ threads: threadsFor(threads), lost });
}

async function watch(options: WatchOptions): Promise<void> {
  const memory = memoryFor(options);
  if (!hasVectors()) {
    const { text, remedy } = withoutVectors(process.arch);
    emit({ type: 'notice', tone: 'warning', text: `${text} ${remedy}` });
  }
  const inflater = createInflater({ memory });
  console.error(`watching with ${inflater.name}`);
  const watcher = new Watcher(options, {
    clock: systemClock,
    memory,
    inflater,
    display: createDisplay(options),
    connect,
    wires: { classic: createClassicSession, rfb: createRfbSession },
    createBroadcast: options.broadcast && (await broadcastOf(options.broadcast)),
    emit,
    date: unixTime,
    ...silence(),
  });
  session = {
    command: command => watcher.command(command as WatchCommand),
    displayDied: killed => watcher.displayDied(killed),
  };
  await watcher.run();
  await leave(0);
}

async function play(options: PlayOptions): Promise<void> {
  const memory = memoryFor(options);
  const player = new PlaySession(options, {
    ...{ clock: systemClock, memory, inflater: createInflater({ memory }), jpeg: loadJpegDecoder() },
    video: createVideoDecoders(),
    display: createDisplay(options),
    emit,
    date: unixTime,
  });
  session = {
    command: command => player.command(command as PlayCommand),
    displayDied: killed => player.displayDied(killed),
  };
  await player.run();
  await leave(0);
}

/** For tests: the timeout for a silent peer. */
function silence(): { silenceMs?: number } {
  const ms = Number(process.env.PEERGLASS_SILENCE_MS);
  return ms > 0 ? { silenceMs: ms } : {};
}

/** Open handles must not keep the process alive once its last event is sent. */
async function leave(code: number): Promise<void> {
  await sent;
  process.exit(code);
}

function crash(thrown: unknown): void {
  console.error(thrown);
  emit({ type: 'ended', error: asPeerglassError(thrown).report(), frames: 0 });
  void leave(1);
}

process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);
// Ctrl-C reaches every process of the terminal; the parent decides what it means.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('SIGTERM', () => session?.command({ type: 'stop' }));
// The parent is gone, perhaps killed: requested files are still written.
process.on('disconnect', () => {
  session?.command({ type: 'stop' });
  setTimeout(() => process.exit(0), session ? DRAIN_MS : 0);
});
process.on('message', (message: ToChild) => {
  if (message.type === 'watch') void watch(message.options);
  else if (message.type === 'play-file') void play(message.options);
  else if (message.type === 'terminal-cells') terminal?.setCells(message);
  else session?.command(message);
});
