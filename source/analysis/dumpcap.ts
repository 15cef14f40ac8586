import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** How Wireshark's dumpcap is started, and what it means when it says no. It has the rights that peerglass should not have. */

export const NOT_INSTALLED =
  'Real packets need dumpcap: install Wireshark (Debian: sudo apt install tshark; macOS: brew install wireshark).';
const NOT_ALLOWED =
  'dumpcap may not capture: join the group wireshark (on Debian first sudo dpkg-reconfigure wireshark-common).';

/** A folder for each network card, and in its file of flags the bit (netdevice(7)) that says that it is switched on. */
const CARDS = '/sys/class/net';
const IFF_UP = 1;

const ON_WINDOWS = 'C:\\Program Files\\Wireshark\\dumpcap.exe';
/** What a shell says of a program that it cannot find. */
const NOT_FOUND = 127;

/**
 * Runs dumpcap until its standard input is closed, so that it never outlives the process that wanted it, however that
 * ended. (dumpcap itself looks at nothing but signals.)
 */
const RUN = `
exec 3<&0
dumpcap "$@" <&- 3<&- &
capture=$!
{ read -r line <&3; kill -INT $capture; } 2>/dev/null >/dev/null &
reader=$!
wait $capture
code=$?
kill $reader 2>/dev/null
exit $code`;

/** @param output whether what it writes on its standard output is wanted */
export function startDumpcap(argv: readonly string[], output: 'pipe' | 'ignore'): ChildProcess {
  const stdio = ['pipe', output, 'pipe'] as const;
  const child =
    process.platform === 'win32'
      ? spawn(ON_WINDOWS, argv, { stdio: [...stdio] })
      : // In a process group of its own: Ctrl-C in the terminal is for peerglass, which then ends it in good order.
        spawn('/bin/sh', ['-c', RUN, 'dumpcap', ...argv], { stdio: [...stdio], detached: true });
  child.stdin?.on('error', () => {});
  return child;
}

/** Ends it in good order: what it has captured is written. */
export function stopDumpcap(child: ChildProcess): void {
  if (process.platform === 'win32') child.kill('SIGINT');
  else child.stdin?.end();
}

/**
 * The arguments that capture these TCP ports and nothing else, on every network card that has an address. (The device
 * `any` shows what stays on this machine twice, and Windows and macOS have none.)
 */
export function captureArguments(ports: readonly number[]): string[] {
  const cards = captureDevices().flatMap(device => ['-i', device]);
  // Before the cards it holds for all of them, after them only for the last.
  return ['-f', ports.map(port => `tcp port ${port}`).join(' or '), ...cards];
}

function captureDevices(): string[] {
  const cards = Object.entries(os.networkInterfaces());
  const internal = cards.filter(([, addresses]) => addresses?.some(each => each.internal)).map(([name]) => name);
  const others = cards.map(([name]) => name).filter(name => !internal.includes(name));
  const devices = [...internal.map(loopback), ...(others.length > 0 ? others : cardsThatAreUp())];
  return devices.length > 0 ? [...new Set(devices)] : [loopback('lo')];
}

/** On Linux: also those whose cable was plugged in a moment ago, which the system's list of addresses leaves out for up to a second. */
function cardsThatAreUp(): string[] {
  try {
    const isUp = (name: string) => (Number(readFileSync(path.join(CARDS, name, 'flags'), 'utf8')) & IFF_UP) !== 0;
    return readdirSync(CARDS).filter(isUp);
  } catch {
    return [];
  }
}

/** Where the system has another name for it than its own list of cards says. */
function loopback(name: string): string {
  return process.platform === 'win32' ? '\\Device\\NPF_Loopback' : name;
}

/** dumpcap's end as one line that says why and what to do. @param reason what it wrote on standard error */
export function explainEnd(code: number | null, reason: string): string {
  if (code === NOT_FOUND) return NOT_INSTALLED;
  if (/permission|not permitted|privileg/i.test(reason)) return NOT_ALLOWED;
  if (/no space left/i.test(reason)) return 'The disk is full: not all packets are in the file.';
  // A sentence goes over several lines, and begins behind the count where that stood before it.
  const said = reason
    .split(/[\r\n]+/)
    .map(line => line.replace(/^Packets(?: captured)?: \d+/, '').trim())
    .filter(line => line !== '' && !/^(Capturing on|File:|Packets |Running as user)/.test(line))
    .join(' ');
  const first = /^.*?[^.](?=\.(?: |$)|$)/.exec(said)?.[0];
  return `dumpcap ended${code === null ? '' : ` with code ${code}`}${first ? `: ${first}` : ''}.`;
}
