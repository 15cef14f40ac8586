import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import path from 'node:path';

/** The word of /proc/PID/stat with the time of the start, counted from the one behind the name (proc(5), field 22). */
const STARTED = 19;

/** When a process began, in clock ticks; null: there is none with that number, or the system does not tell. */
function startOf(pid: number | string): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[STARTED] ?? null;
  } catch {
    return null;
  }
}

/** Of processes by number: in another namespace, a container that shares a folder, the same numbers mean others. */
function namespace(): string | null {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? null;
  } catch {
    return null;
  }
}

const OWNED = /^peerglass-[a-z]+-(\d+)-(\d+)-(\d+)-\w{6}$/;

/** Removes the folders of `ownFolder` whose process was killed before it could. Those of others stay. */
function removeAbandoned(parent: string, here: string): void {
  for (const name of readdirSync(parent)) {
    const [, place, pid, started] = OWNED.exec(name) ?? [];
    if (place !== here || pid === undefined || startOf(pid) === started) continue;
    try {
      rmSync(path.join(parent, name), { recursive: true, force: true });
    } catch {
      // It belongs to another user.
    }
  }
}

/**
 * Makes a folder that carries the identity of this process in its name, so that the next one that makes one there
 * removes it if this process is killed. Where the system does not tell of processes, it stays then.
 * @param kind lower-case letters
 * @returns its path
 */
export function ownFolder(parent: string, kind: string): string {
  const [here, started] = [namespace(), startOf(process.pid)];
  if (here === null || started === null) return mkdtempSync(path.join(parent, `peerglass-${kind}-`));
  removeAbandoned(parent, here);
  return mkdtempSync(path.join(parent, `peerglass-${kind}-${here}-${process.pid}-${started}-`));
}
