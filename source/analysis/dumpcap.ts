import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * Runs Wireshark's dumpcap and explains its errors. dumpcap has the capture privileges that peerglass should not have.
 */

export const NOT_INSTALLED =
  'Real packets need dumpcap: install Wireshark (Debian: sudo apt install tshark; macOS: brew install wireshark).';
const NOT_ALLOWED =
  'dumpcap has no permission to capture: join the group wireshark (on Debian first run sudo dpkg-reconfigure wireshark-common).';

/** One folder per network interface; its file "flags" has the bit IFF_UP (netdevice(7)). */
const INTERFACES = '/sys/class/net';
const IFF_UP = 1;

const ON_WINDOWS = 'C:\\Program Files\\Wireshark\\dumpcap.exe';
/** A shell's exit code for a command that it cannot find. */
const NOT_FOUND = 127;

/**
 * Runs dumpcap until standard input is closed, so that it never outlives its parent, however that ends. (dumpcap itself
 * only reacts to signals.)
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

/** @param output whether to pipe its standard output */
export function startDumpcap(argv: readonly string[], output: 'pipe' | 'ignore'): ChildProcess {
  const stdio = ['pipe', output, 'pipe'] as const;
  const child =
    process.platform === 'win32'
      ? spawn(ON_WINDOWS, argv, { stdio: [...stdio] })
      : // In its own process group: Ctrl-C in the terminal is for peerglass, which then stops dumpcap cleanly.
        spawn('/bin/sh', ['-c', RUN, 'dumpcap', ...argv], { stdio: [...stdio], detached: true });
  child.stdin?.on('error', () => {});
  return child;
}

/** Stops it cleanly: it writes the packets captured so far. */
export function stopDumpcap(child: ChildProcess): void {
  if (process.platform === 'win32') child.kill('SIGINT');
  else child.stdin?.end();
}

/**
 * The kernel's buffer of each interface, in MiB. With dumpcap's own 2 a machine that is busy for a moment loses
 * packets: a screen of noise has more.
 */
const BUFFER_MIB = '16';

/**
 * Arguments to capture only these TCP ports, on every network interface with an address. (The device `any` shows local
 * packets twice, and Windows and macOS lack it.)
 */
export function captureArguments(ports: readonly number[]): string[] {
  const interfaces = captureDevices().flatMap(device => ['-i', device]);
  // A filter or buffer before the interfaces applies to all of them, one after them only to the last.
  return ['-B', BUFFER_MIB, '-f', ports.map(port => `tcp port ${port}`).join(' or '), ...interfaces];
}

function captureDevices(): string[] {
  const interfaces = Object.entries(os.networkInterfaces());
  const internal = interfaces.filter(([, addresses]) => addresses?.some(each => each.internal)).map(([name]) => name);
  const others = interfaces.map(([name]) => name).filter(name => !internal.includes(name));
  const devices = [...internal.map(loopback), ...(others.length > 0 ? others : interfacesUp())];
  return devices.length > 0 ? [...new Set(devices)] : [loopback('lo')];
}

/**
 * The interfaces that are up (Linux), even if just plugged in: the list of addresses omits those for up to a second.
 */
function interfacesUp(): string[] {
  try {
    const isUp = (name: string) => (Number(readFileSync(path.join(INTERFACES, name, 'flags'), 'utf8')) & IFF_UP) !== 0;
    return readdirSync(INTERFACES).filter(isUp);
  } catch {
    return [];
  }
}

/** The capture device of a loopback interface; on Windows it has a name of its own. */
function loopback(name: string): string {
  return process.platform === 'win32' ? '\\Device\\NPF_Loopback' : name;
}

/** Explains dumpcap's exit in one line: the reason and what to do. @param reason its standard error */
export function explainEnd(code: number | null, reason: string): string {
  if (code === NOT_FOUND) return NOT_INSTALLED;
  if (/permission|not permitted|privileg/i.test(reason)) return NOT_ALLOWED;
  if (/no space left/i.test(reason)) return 'The disk is full: not all packets are in the file.';
  // A message may span several lines, and may follow the packet count on the same line.
  const said = reason
    .split(/[\r\n]+/)
    .map(line => line.replace(/^Packets(?: captured)?: \d+/, '').trim())
    .filter(line => line !== '' && !/^(Capturing on|File:|Packets |Running as user)/.test(line))
    .join(' ');
  const first = /^.*?[^.](?=\.(?: |$)|$)/.exec(said)?.[0];
  return `dumpcap ended${code === null ? '' : ` with code ${code}`}${first ? `: ${first}` : ''}.`;
}
