import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endAllIn, ownName } from '../../source/bench/namespaces.js';
import { PROGRAM } from './program.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** The names of the two machines in docs/course.md. */
const MACHINES = /\b(sharer|viewer)\b/g;

/**
 * Runs the commands of docs/course.md literally, with two exceptions: the machines get free names, and a folder of its
 * own replaces /tmp.
 */
export class Course {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'peerglass-course-'));
  readonly #tag = ownName();
  readonly #environment: NodeJS.ProcessEnv;

  constructor() {
    const bin = path.join(this.folder, 'bin');
    mkdirSync(bin);
    const program = path.join(bin, 'peerglass');
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`);
    chmodSync(program, 0o755);
    this.#environment = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  }

  get path(): string {
    return this.#environment.PATH!;
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  /** The command prefix that runs a command on one of the machines. */
  on(machine: 'sharer' | 'viewer'): readonly string[] {
    return ['ip', 'netns', 'exec', `${this.#tag}-${machine}`];
  }

  command(text: string): string {
    return text.replaceAll('/tmp/', `${this.folder}/`).replace(MACHINES, `${this.#tag}-$1`);
  }

  /** Runs a block to its end and returns its output. */
  run(block: string): Promise<{ readonly code: number | null; readonly text: string; readonly errors: string }> {
    return new Promise((resolve, reject) => {
      const child = this.#bash(block);
      let text = '';
      let errors = '';
      child.stdout!.on('data', chunk => {
        text += chunk;
      });
      child.stderr!.on('data', chunk => {
        errors += chunk;
      });
      child.once('error', reject);
      child.once('close', code => resolve({ code, text, errors }));
    });
  }

  /** Starts a block in the background and resolves when `ready`, which is polled, returns true. */
  async start(block: string, ready: (errors: string) => boolean): Promise<void> {
    const child = this.#bash(block.trimEnd().replace(/&$/, ''));
    let errors = '';
    let code: number | null = null;
    child.stderr!.on('data', chunk => {
      errors += chunk;
    });
    child.once('exit', exitCode => {
      code = exitCode ?? -1;
    });
    while (!ready(errors)) {
      if (code !== null) throw new Error(`It ended with code ${code}: ${block}${errors}`);
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }

  /** Ends everything that still runs on a machine. */
  end(machine: 'sharer' | 'viewer'): void {
    endAllIn(`${this.#tag}-${machine}`);
  }

  async remove(block: string): Promise<void> {
    this.end('sharer');
    this.end('viewer');
    await this.run(block);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #bash(block: string): ChildProcess {
    return spawn('bash', ['-c', this.command(block)], {
      cwd: ROOT,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}
