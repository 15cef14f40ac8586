import type { ReadStream, WriteStream } from 'node:tty';
import { type Instance, render } from 'ink';
import { asPeerglassError, oneLine } from '../core/errors.js';
import { withoutControls } from '../core/plain-text.js';
import { type AppServices, NO_PREFERENCES, type Preferences } from '../session/app-services.js';
import App, { type DemoOptions, type Start } from './app.js';
import { PainterContext, ThemeProvider } from './hooks/surroundings.js';
import type { JobControl } from './job-control.js';
import { KeyRouter, KeyRouterContext } from './key-router.js';
import { ScreenPainter } from './screen-painter.js';
import { SessionSet } from './session-tally.js';
import type { TerminalInput } from './terminal-input.js';
import { TerminalKeys } from './terminal-keys.js';
import { wrapIndented } from './text.js';
import { ASK_BACKGROUND, backgroundAnswer } from './theme.js';
import { ThemeStore } from './theme-store.js';

export interface TuiOptions {
  readonly services: AppServices;
  readonly version: string;
  readonly start: Start;
  readonly demo: DemoOptions;
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly environment: NodeJS.ProcessEnv;
  /** The shell that may stop and resume the program; null without one. */
  readonly job: JobControl | null;
  /** A fault of the UI itself, once, before it leaves with 1. */
  readonly onFault: (error: unknown) => void;
}

export interface Tui {
  /** Resolves with the exit code when the person has left, the terminal restored and every session ended. */
  readonly done: Promise<number>;
  /** Leaves now: the terminal first, then the sessions. Safe to call twice. */
  leave(exitCode: number): void;
  /** Puts the terminal back and nothing else, for a program that is going down. */
  restore(): void;
}

/** How long a terminal has to tell its background before something is drawn. */
const ANSWER_MS = 100;
/** How long sessions have to end by themselves. */
const STOP_MS = 2000;

async function remembered(services: AppServices): Promise<{ preferences: Preferences; message: string }> {
  try {
    return { preferences: await services.preferences.load(), message: '' };
  } catch (thrown) {
    return { preferences: NO_PREFERENCES, message: oneLine(asPeerglassError(thrown)) };
  }
}

/** Draws the terminal UI on the alternate screen, so that the terminal's content is restored afterwards. */
export async function startTui(options: TuiOptions): Promise<Tui> {
  const { services, stdin, stdout, environment, job } = options;
  const { preferences, message } = await remembered(services);
  const painter = new ScreenPainter(stdout);
  const router = new KeyRouter();
  const depth = stdout.getColorDepth?.() ?? 1;
  const theme = new ThemeStore(environment, depth);
  const keyboard = new TerminalKeys(stdin, pressed, answered);
  /** What was typed before there was a screen. */
  let early: TerminalInput[] | null = [];
  const running = new SessionSet();
  let finish: (exitCode: number) => void = () => {};
  const done = new Promise<number>(resolve => {
    finish = resolve;
  });
  let left = false;
  let ink: Instance | null = null;

  function pressed(inputs: readonly TerminalInput[]): void {
    for (const input of inputs) {
      const key = input.type === 'key' ? input.key : null;
      if (key === 'ctrl-c') leave(130);
      else if (key === 'ctrl-l') painter.repaint();
      else if (key === 'ctrl-z') job?.stop();
      else if (early) early.push(input);
      else router.push([input]);
    }
  }

  function answered(text: string): void {
    const background = backgroundAnswer(text);
    if (background !== null) theme.tell(background);
  }

  function take(): void {
    // First, since a program in the background is stopped by it and draws nothing then.
    keyboard.open();
    painter.open();
    if (theme.asks) stdout.write(ASK_BACKGROUND);
  }

  function putBack(): void {
    painter.close();
    keyboard.close();
  }

  function restore(): void {
    job?.close();
    putBack();
  }

  function leave(exitCode: number): void {
    if (left) return;
    left = true;
    restore();
    ink?.unmount();
    const late = new Promise(resolve => setTimeout(resolve, STOP_MS).unref());
    void Promise.race([running.stopAll(), late]).then(() => {
      // On the shell's own screen, where it stays.
      const { columns = 80 } = stdout;
      const lines = running.farewell().flatMap(line => wrapIndented(withoutControls(line), columns));
      for (const line of lines) stdout.write(`${line}\r\n`);
      finish(exitCode);
    });
  }

  // A terminal that was closed may say so only here.
  stdin.once('end', () => leave(0));
  stdin.once('error', () => leave(0));
  take();
  job?.open({ stopping: putBack, continued: take });
  // The screens should not change their colours before anybody's eyes; a later answer is followed all the same.
  if (theme.asks) await theme.told(ANSWER_MS);
  if (left) return { done, leave, restore };
  ink = render(
    <ThemeProvider store={theme}>
      <PainterContext.Provider value={painter}>
        <KeyRouterContext.Provider value={router}>
          <App
            services={services}
            version={options.version}
            start={options.start}
            demo={options.demo}
            preferences={preferences}
            message={message}
            running={running}
            quit={leave}
          />
        </KeyRouterContext.Provider>
      </PainterContext.Provider>
    </ThemeProvider>,
    {
      // Ink asks a stream for less than the type says: to write, its size, and whether it is a terminal.
      stdout: painter as unknown as WriteStream,
      // Ink hands over whole frames; the painter finds the changes.
      debug: true,
      exitOnCtrlC: false,
      patchConsole: false,
    },
  );
  router.push(early);
  early = null;
  // A screen that cannot be drawn ends the program properly, with an error message.
  ink.waitUntilExit().catch((error: unknown) => {
    options.onFault(error);
    leave(1);
  });
  return { done, leave, restore };
}
