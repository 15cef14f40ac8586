import { captureArguments, explainEnd, NOT_INSTALLED, startDumpcap, stopDumpcap } from './dumpcap.js';
import { PcapngReader, type ReadPacket } from './pcapng-reader.js';

export interface PacketCaptureOptions {
  /** Only packets from or to these ports are captured. */
  readonly ports: readonly number[];
  readonly onPackets: (packets: readonly ReadPacket[]) => void;
  /** Called once if capturing is not possible or ends by itself, with one line that says why and what to do. */
  readonly onUnavailable: (why: string) => void;
}

export interface PacketCapture {
  stop(): void;
}

/** dumpcap writes its reasons on standard error; more than this is not kept. */
const LONGEST_REASON = 4096;

/** Captures with Wireshark's dumpcap, packet by packet as they come. */
export function startPacketCapture(options: PacketCaptureOptions): PacketCapture {
  const child = startDumpcap(['-q', ...captureArguments(options.ports), '-w', '-'], 'pipe');
  const reader = new PcapngReader();
  let reason = '';
  let stopped = false;
  const unavailable = (why: string) => {
    if (stopped) return;
    stopped = true;
    stopDumpcap(child);
    options.onUnavailable(why);
  };
  child.on('error', () => unavailable(NOT_INSTALLED));
  child.stderr?.on('data', (chunk: Buffer) => {
    if (reason.length < LONGEST_REASON) reason += chunk.toString('utf8');
  });
  child.stdout?.on('data', (chunk: Buffer) => {
    if (stopped) return;
    try {
      const packets = reader.push(chunk);
      if (packets.length > 0) options.onPackets(packets);
    } catch (error) {
      unavailable((error as Error).message);
    }
  });
  child.on('exit', code => unavailable(explainEnd(code, reason)));
  return {
    stop() {
      stopped = true;
      stopDumpcap(child);
    },
  };
}
