import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** The argument of the process with the light viewers, as JSON. */
export interface LightViewersTask {
  readonly count: number;
  readonly host: string;
  readonly port: number;
}

/** What each viewer has been sent since it connected. */
export interface ViewerCounts {
  readonly bytes: readonly number[];
  readonly updates: readonly number[];
}

/** The message that asks for the counts, which are the answer. */
export const COUNT = 'count';

/** Light viewers in a process of their own, beside the viewer that is measured. */
export class ViewerCompany {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when all are connected. @param prefix the command prefix that runs a command at their end of a cable */
  static async connect(prefix: readonly string[], task: LightViewersTask): Promise<ViewerCompany> {
    const script = path.join(import.meta.dirname, 'light-viewers.js');
    const [program = process.execPath, ...argv] = [...prefix, process.execPath, script, JSON.stringify(task)];
    const child = spawn(program, argv, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const company = new ViewerCompany(child);
    await company.#answer();
    return company;
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Text for error messages. */
  readonly said = 'The light viewers ended.';

  count(): Promise<ViewerCounts> {
    this.#child.send(COUNT);
    return this.#answer();
  }

  async stop(): Promise<void> {
    if (this.ended) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }

  #answer(): Promise<ViewerCounts> {
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error(this.said));
      this.#child.once('exit', ended);
      this.#child.once('message', message => {
        this.#child.off('exit', ended);
        resolve(message as ViewerCounts);
      });
    });
  }
}
