import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { PcapngReader, type ReadPacket } from './pcapng-reader.js';

export interface PacketCaptureOptions {
  /** Only packets from or to this port are captured. */
  readonly port: number;
  /** Whether both ends are on this machine: on `any` a loopback packet is seen twice. */
  readonly loopback: boolean;
  readonly onPackets: (packets: readonly ReadPacket[]) => void;
  /** The file format as it comes, for an export. */
  readonly onBytes?: (bytes: Uint8Array) => void;
  /** Called once if capturing is not possible or ends by itself, with one line that says why and what to do. */
  readonly onUnavailable: (why: string) => void;
}

export interface PacketCapture {
  stop(): void;
}

const NOT_INSTALLED =
  'Real packets need dumpcap: install Wireshark (Debian: sudo apt install tshark; macOS: brew install wireshark).';
const NOT_ALLOWED =
  'dumpcap may not capture here: Debian: sudo dpkg-reconfigure wireshark-common, then join the group wireshark and log in again.';
/** dumpcap writes its reasons on standard error; more than this is not kept. */
const LONGEST_REASON = 4096;

/** Captures with Wireshark's dumpcap, which has the rights that peerglass should not have. */
export function startPacketCapture(options: PacketCaptureOptions): PacketCapture {
  const device = options.loopback ? loopbackDevice() : 'any';
  const child = spawn(dumpcap(), ['-q', '-i', device, '-f', `tcp port ${options.port}`, '-w', '-'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const reader = new PcapngReader();
  let reason = '';
  let stopped = false;
  const unavailable = (why: string) => {
    if (stopped) return;
    stopped = true;
    child.kill();
    options.onUnavailable(why);
  };
  child.on('error', () => unavailable(NOT_INSTALLED));
  child.stderr.on('data', (chunk: Buffer) => {
    if (reason.length < LONGEST_REASON) reason += chunk.toString('utf8');
  });
  child.stdout.on('data', (chunk: Buffer) => {
    if (stopped) return;
    options.onBytes?.(chunk);
    try {
      const packets = reader.push(chunk);
      if (packets.length > 0) options.onPackets(packets);
    } catch (error) {
      unavailable((error as Error).message);
    }
  });
  child.on('exit', code => unavailable(explain(code, reason)));
  return {
    stop() {
      stopped = true;
      end(child);
    },
  };
}

/** Whether dumpcap is there at all, without starting a capture. */
export function hasDumpcap(): Promise<boolean> {
  return new Promise(resolve => {
    execFile(dumpcap(), ['--version'], error => resolve(error === null));
  });
}

function dumpcap(): string {
  return process.platform === 'win32' ? 'C:\\Program Files\\Wireshark\\dumpcap.exe' : 'dumpcap';
}

function loopbackDevice(): string {
  if (process.platform === 'darwin') return 'lo0';
  return process.platform === 'win32' ? '\\Device\\NPF_Loopback' : 'lo';
}

function explain(code: number | null, reason: string): string {
  if (/permission|not permitted|privileg/i.test(reason)) return NOT_ALLOWED;
  const first = reason
    .split('\n')
    .map(line => line.trim())
    .find(line => line !== '' && !line.startsWith('Capturing on') && !line.startsWith('File:'));
  return `dumpcap ended${code === null ? '' : ` with code ${code}`}${first ? `: ${first}` : ''}.`;
}

function end(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
}
