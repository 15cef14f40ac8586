import os from 'node:os';

/** How Wireshark's dumpcap is started, and what it means when it says no. It has the rights that peerglass should not have. */

export const NOT_INSTALLED =
  'Real packets need dumpcap: install Wireshark (Debian: sudo apt install tshark; macOS: brew install wireshark).';
const NOT_ALLOWED =
  'dumpcap may not capture here: Debian: sudo dpkg-reconfigure wireshark-common, then join the group wireshark and log in again.';

export function dumpcap(): string {
  return process.platform === 'win32' ? 'C:\\Program Files\\Wireshark\\dumpcap.exe' : 'dumpcap';
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
  const devices = cards.map(([name, addresses]) => (addresses?.some(each => each.internal) ? loopback(name) : name));
  return devices.length > 0 ? [...new Set(devices)] : [loopback('lo')];
}

/** Where the system has another name for it than its own list of cards says. */
function loopback(name: string): string {
  return process.platform === 'win32' ? '\\Device\\NPF_Loopback' : name;
}

/** dumpcap's end as one line that says why and what to do. @param reason what it wrote on standard error */
export function explainEnd(code: number | null, reason: string): string {
  if (/permission|not permitted|privileg/i.test(reason)) return NOT_ALLOWED;
  const first = reason
    .split(/[\r\n]+/)
    .map(line => line.trim())
    .find(line => line !== '' && !/^(Capturing on|File:|Packets)/.test(line) && !line.startsWith('Running as user'));
  return `dumpcap ended${code === null ? '' : ` with code ${code}`}${first ? `: ${first}` : ''}.`;
}
