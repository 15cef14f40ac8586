import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { processTree } from '../../source/bench/system-figures.js';
import { Program } from './program.js';
import { CountingProxy } from './proxies.js';

const ALONE = ['--headless', '--json', '--rfb-port', '0', '--no-web', '--no-announce'];
/** Pictures are compared by their hashes, which take long for large pictures. */
const PATTERN = ['--source', 'pattern', '--size', '640x360'];

/** The program sharing as a broadcast, behind a proxy that counts the requests of caches. */
export class BroadcastShare {
  readonly proxy: CountingProxy;
  #program: Program;
  /** As the sharer itself prints it. */
  #link: string;
  readonly #start: (port: number) => Program;
  readonly #folder: string;

  private constructor(
    proxy: CountingProxy,
    program: Program,
    link: string,
    start: (port: number) => Program,
    folder: string,
  ) {
    this.proxy = proxy;
    this.#program = program;
    this.#link = link;
    this.#start = start;
    this.#folder = folder;
  }

  /** Shares the test pattern. Resolves when it has a link, which stays the same when the share is started again. */
  static start(...argv: readonly string[]): Promise<BroadcastShare> {
    return BroadcastShare.of(...PATTERN, ...argv);
  }

  /** The same for a source among the arguments. */
  static async of(...argv: readonly string[]): Promise<BroadcastShare> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-broadcast-'));
    const environment = { XDG_STATE_HOME: folder, PEERGLASS_SOURCE: undefined };
    const start = (port: number) =>
      new Program(
        ['share', ...ALONE, '--bind', '127.0.0.1', '--broadcast-port', `${port}`, '--keep-code', ...argv],
        environment,
      );
    const program = start(0);
    const link = await linkOf(program);
    const proxy = await CountingProxy.before(Number(new URL(link).port));
    return new BroadcastShare(proxy, program, link, start, folder);
  }

  /** The program's process, which includes its worker thread. */
  get pid(): number {
    return this.#program.pid;
  }

  get program(): Program {
    return this.#program;
  }

  /** The link for viewers that read from a port of this machine. */
  linkAt(port: number, host = '127.0.0.1'): string {
    return this.#link.replace(/^http:\/\/[^/]+/, `http://${host}:${port}`);
  }

  /** The path of its resources, e.g. "/live/4pBW7g2tW0GJXJ0T4hXb0w/". */
  get path(): string {
    return `${new URL(this.#link).pathname}/`;
  }

  async kill(): Promise<void> {
    // All at once: a surviving process would announce the end of the broadcast.
    for (const pid of processTree(this.pid)) process.kill(pid, 'SIGKILL');
    await this.#program.ended;
  }

  async restart(): Promise<void> {
    this.#program = this.#start(Number(new URL(this.#link).port));
    this.#link = await linkOf(this.#program);
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    await this.proxy.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function linkOf(program: Program): Promise<string> {
  const line = await program.untilTold(/http:\/\/\S+\/live\//);
  return /http:\S+/.exec(line)![0];
}
