import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** Clock ticks per second in /proc/PID/stat (USER_HZ); 100 on every Linux today. */
const TICKS = 100;

/** Fields of /proc/PID/stat after the program's name (proc(5)), counted from 0. */
const STAT = { parent: 1, userTime: 11, systemTime: 12, childrenUserTime: 13, childrenSystemTime: 14 } as const;

function statOf(pid: number | string): readonly number[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
  } catch {
    return null;
  }
}

/** A process and its running descendants. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = statOf(Number(name))?.[STAT.parent];
    if (parent === undefined) continue;
    const siblings = children.get(parent);
    if (siblings) siblings.push(Number(name));
    else children.set(parent, [Number(name)]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Seconds of CPU used by the processes, including children that have ended. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = statOf(pid);
    if (!stat) continue;
    ticks += stat[STAT.userTime]! + stat[STAT.systemTime]!;
    ticks += stat[STAT.childrenUserTime]! + stat[STAT.childrenSystemTime]!;
  }
  return ticks / TICKS;
}

/** Seconds of CPU used by a process's main thread. */
export function threadCpuSeconds(pid: number): number {
  const stat = statOf(`${pid}/task/${pid}`);
  return stat ? (stat[STAT.userTime]! + stat[STAT.systemTime]!) / TICKS : 0;
}

/** Resident memory in MB (10^6 bytes); shared pages count in each process. */
export function residentMb(pids: readonly number[]): number {
  let kib = 0;
  for (const pid of pids) {
    try {
      kib += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
    } catch {
      // it ended
    }
  }
  return (kib * 1024) / 1e6;
}

const LISTEN = '0A';

/** Seconds of CPU used by the whole machine since its start, time that its host took away included. */
export function busySeconds(): number {
  // cpu user nice system idle iowait irq softirq steal, of which guests' time is a part.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = readFileSync('/proc/stat', 'latin1')
    .split('\n')[0]!
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS;
}

/**
 * Whether a process listens on a TCP port, found out without connecting.
 *
 * @param pid a process whose network is looked at
 */
export function isListening(port: number, pid: number | 'self' = 'self'): boolean {
  const place = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return [`/proc/${pid}/net/tcp`, `/proc/${pid}/net/tcp6`].some(file => {
    try {
      const lines = readFileSync(file, 'latin1').split('\n').slice(1);
      return lines.some(line => {
        const [, local, , state] = line.trim().split(/\s+/);
        return state === LISTEN && local?.endsWith(place);
      });
    } catch {
      return false; // no IPv6 here
    }
  });
}

/** Payload bytes sent so far on each connection from a local port, by its peer, as counted by the kernel. @param prefix of commands there */
export function bytesSentFrom(port: number, prefix: readonly string[] = []): ReadonlyMap<string, number> {
  const question = [...prefix, 'ss', '-tinH', 'state', 'established', 'sport', '=', `:${port}`];
  return bytesSentTo(execFileSync(question[0]!, question.slice(1), { encoding: 'latin1' }));
}

/** @param text two lines for each connection: `0 0 127.0.0.1:5900 127.0.0.1:40000`, then its figures */
export function bytesSentTo(text: string): ReadonlyMap<string, number> {
  const connections = text.matchAll(/^\d+ +\d+ +\S+ +(\S+).*\n\s+.*?\bbytes_sent:(\d+)/gm);
  return new Map([...connections].map(([, peer, bytes]) => [peer!, Number(bytes)]));
}

/** What was sent between two counts on the connections that are still there: one that has ended since takes nothing off. */
export function bytesBetween(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const [peer, bytes] of after) sum += bytes - (before.get(peer) ?? 0);
  return sum;
}

/** A port that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
