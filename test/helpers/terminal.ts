import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
export const LAUNCHER = path.join(root, 'bin/peerglass.cjs');

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** The shell's first command; the shell continues after it. */
  readonly command?: string;
}

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A real pseudo-terminal with a shell: tmux on a private socket, with a private home folder. */
export class Terminal {
  readonly home = mkdtempSync(path.join(os.tmpdir(), 'peerglass-home-'));
  readonly #socket = path.join(this.home, 'tmux');

  constructor(options: TerminalOptions = {}) {
    const { columns = 80, rows = 24, environment = {} } = options;
    const configuration = ['set -g escape-time 0', 'set -g default-terminal tmux-256color', 'set -g status off'];
    const variables = {
      HOME: this.home,
      XDG_CONFIG_HOME: path.join(this.home, 'config'),
      XDG_STATE_HOME: path.join(this.home, 'state'),
      LC_ALL: 'C.UTF-8',
      PS1: '$ ',
      HISTFILE: '/dev/null',
      DISPLAY: '',
      WAYLAND_DISPLAY: '',
      NO_COLOR: '',
      ...environment,
    };
    const shell = `exec env ${Object.entries(variables)
      .map(([name, value]) => (value === '' ? `-u ${name}` : ''))
      .join(' ')} ${Object.entries(variables)
      .map(([name, value]) => (value === '' ? '' : `${name}=${quote(value)}`))
      .join(' ')} bash --norc --noprofile -i`;
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, shell);
    for (const line of configuration) this.#tmux(...line.split(' '));
  }

  /** Types a shell command and Enter. */
  run(command: string): void {
    this.#tmux('send-keys', '-l', command);
    this.#tmux('send-keys', 'Enter');
  }

  /** Runs the built program with arguments, through its launcher. */
  peerglass(argv = ''): void {
    this.run(`${quote(process.execPath)} ${quote(LAUNCHER)} ${argv}`.trim());
  }

  /** Keys by tmux's names (Enter, Escape, Up, C-c, Tab, BTab), or characters. */
  keys(...names: string[]): void {
    this.#tmux('send-keys', ...names);
  }

  /** Literal characters. */
  type(text: string): void {
    this.#tmux('send-keys', '-l', text);
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', `${columns}`, '-y', `${rows}`);
  }

  /** The screen's lines, without colours unless requested. */
  screen(colours = false): string {
    return this.#tmux('capture-pane', '-p', ...(colours ? ['-e'] : []));
  }

  /** Whether the alternate screen is shown, and whether the cursor is. */
  modes(): { alternate: boolean; cursor: boolean } {
    const [alternate, cursor] = this.#tmux('display-message', '-p', '#{alternate_on} #{cursor_flag}').trim().split(' ');
    return { alternate: alternate === '1', cursor: cursor === '1' };
  }

  /** Records every byte written to the terminal from now on. */
  record(file: string): void {
    this.#tmux('pipe-pane', `cat > ${quote(file)}`);
  }

  /** Whether the terminal would report clicks. */
  mouseReports(): boolean {
    return this.#tmux('display-message', '-p', '#{mouse_any_flag}').trim() === '1';
  }

  /** The launcher that runs in the terminal, or the program below it, which calls itself "peerglass". */
  process(which: 'launcher' | 'program'): number {
    const pane = Number(this.#tmux('display-message', '-p', '#{pane_pid}'));
    const waiting = [pane];
    for (let parent = waiting.shift(); parent !== undefined; parent = waiting.shift()) {
      const children = spawnSync('ps', ['--ppid', `${parent}`, '-o', 'pid=,args='], { encoding: 'utf8' }).stdout;
      for (const line of children.split('\n').filter(each => each.trim() !== '')) {
        const [, pid, args] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
        if (which === 'launcher' ? args?.includes('bin/peerglass.cjs') : args?.trim() === 'peerglass')
          return Number(pid);
        if (pid) waiting.push(Number(pid));
      }
    }
    throw new Error(`No ${which} runs in the terminal.`);
  }

  async waitFor(expected: string | RegExp, ms = 40_000): Promise<string> {
    const deadline = Date.now() + ms;
    for (;;) {
      const screen = this.screen();
      if (typeof expected === 'string' ? screen.includes(expected) : expected.test(screen)) return screen;
      if (Date.now() > deadline) throw new Error(`${expected} did not appear. On the screen:\n${screen}`);
      await sleep(100);
    }
  }

  /** Waits until a question can be answered: its keys are in brackets then. */
  async answerable(): Promise<void> {
    await this.waitFor('[y]');
  }

  /** Runs a command in the shell and returns its output, taken from a file. */
  async ask(command: string): Promise<string> {
    const file = path.join(this.home, `answer-${Date.now()}`);
    this.run(`${command} > ${file}; echo done > ${file}.done`);
    const deadline = Date.now() + 40_000;
    while (Date.now() < deadline) {
      try {
        readFileSync(`${file}.done`);
        return readFileSync(file, 'utf8');
      } catch {
        await sleep(50);
      }
    }
    throw new Error(`The shell did not answer ${command}. On the screen:\n${this.screen()}`);
  }

  /** Ends the terminal with everything in it. */
  close(): void {
    try {
      this.#tmux('kill-server');
    } catch {
      // It has ended by itself.
    }
    // The shell may still be writing to the folder.
    rmSync(this.home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  #tmux(...words: string[]): string {
    const environment = { ...process.env };
    for (const name of ['TMUX', 'CI', 'NO_COLOR', 'FORCE_COLOR', 'NODE_ENV', 'VITEST']) delete environment[name];
    return execFileSync('tmux', ['-u', '-S', this.#socket, ...words], { encoding: 'utf8', env: environment });
  }
}
