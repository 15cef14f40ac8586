import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const NAMESPACES = '/run/netns';

let named = 0;

/** Runs `ip` of iproute2. @returns what it prints */
export function ip(...words: string[]): string {
  return execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A name for a kernel object of this process. It lets `removeAbandoned` see that the owner is gone. */
export function ownName(): string {
  return `peerglass-${process.pid}-${named++}`;
}

/** The command prefix that runs a command in a network namespace. */
export function inside(namespace: string): readonly string[] {
  return ['ip', 'netns', 'exec', namespace];
}

/** Deletes the network namespaces of runs that were killed. */
export function removeAbandoned(): void {
  if (!existsSync(NAMESPACES)) return;
  for (const name of readdirSync(NAMESPACES)) {
    const owner = /^peerglass-(\d+)-/.exec(name)?.[1];
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue;
    endAllIn(name);
    removeNamespace(name);
  }
}

/** Ends everything that runs in a namespace, if it exists. */
export function endAllIn(name: string): void {
  let pids = '';
  try {
    pids = ip('netns', 'pids', name);
  } catch {
    // It does not exist.
  }
  for (const pid of pids.split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

/** Deletes a network namespace, if it exists. */
export function removeNamespace(name: string): void {
  try {
    ip('netns', 'delete', name);
  } catch {
    // It does not exist.
  }
}
