import { captureArguments, explainEnd, NOT_INSTALLED, startDumpcap, stopDumpcap } from './dumpcap.js';
import { PcapngReader, type ReadPacket } from './pcapng-reader.js';

export interface PacketCaptureOptions {
  /** Capture only packets from or to these ports. */
  readonly ports: readonly number[];
  readonly onPackets: (packets: readonly ReadPacket[]) => void;
  /** Called once if capturing fails or ends unexpectedly, with one line: the reason and what to do. */
  readonly onUnavailable: (why: string) => void;
}

export interface PacketCapture {
  stop(): void;
}

/** Characters to keep of dumpcap's standard error. */
const LONGEST_REASON = 4096;

/** Captures with Wireshark's dumpcap and delivers packets as they arrive. */
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
