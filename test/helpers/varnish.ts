import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '../../source/bench/system-figures.js';
import { hallConfiguration, varnishArguments } from '../../source/bench/varnish.js';
import { RunningProgram } from './running-program.js';

/** Debian's Varnish, in front of a sharer or of another Varnish. */
export class Varnish {
  readonly port: number;
  readonly #host: string;
  readonly #argv: readonly string[];
  readonly #folder: string;
  #program: RunningProgram;

  private constructor(host: string, port: number, folder: string, argv: readonly string[]) {
    this.#host = host;
    this.port = port;
    this.#folder = folder;
    this.#argv = argv;
    this.#program = new RunningProgram('varnishd', argv);
  }

  /** Resolves when it answers. @param host where it listens */
  static async start(backendPort: number, viewers = 20, host = '127.0.0.1'): Promise<Varnish> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-varnish-'));
    const file = path.join(folder, 'hall.vcl');
    writeFileSync(file, hallConfiguration('127.0.0.1', backendPort));
    const port = await freePort();
    const varnish = new Varnish(host, port, folder, varnishArguments({ folder, file, host, port, viewers }));
    await varnish.#answers();
    return varnish;
  }

  /** The id of the process that answers. */
  get pid(): number {
    return this.#program.pid;
  }

  /** Kills it, so that its cache is lost. */
  async kill(): Promise<void> {
    await this.#program.kill();
    // Its child notices a moment later, and holds the port until then.
    await until(
      async () => !(await answers(this.#host, this.port)),
      () => 'varnishd goes on',
    );
  }

  async restart(): Promise<void> {
    this.#program = new RunningProgram('varnishd', this.#argv);
    await this.#answers();
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #answers(): Promise<void> {
    return until(
      async () => {
        if (this.#program.over) throw new Error(`varnishd ended: ${this.#program.output}`);
        return answers(this.#host, this.port);
      },
      () => `varnishd does not answer: ${this.#program.output}`,
    );
  }
}

const LONGEST_MS = 30_000;

async function until(holds: () => Promise<boolean>, problem: () => string): Promise<void> {
  const end = performance.now() + LONGEST_MS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(problem());
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, host);
    const over = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => over(true));
    socket.once('error', () => over(false));
  });
}
