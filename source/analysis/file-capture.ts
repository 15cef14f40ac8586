import { captureArguments, explainEnd, NOT_INSTALLED, startDumpcap, stopDumpcap } from './dumpcap.js';

/** Packets of some ports on their way into a pcapng file. */
export interface FileCapture {
  /** Packets in the file so far, as dumpcap last said. */
  readonly packets: number;
  /** Ends the capture once the last packets are in the file. Resolves with why they could not all be written, or null. */
  stop(): Promise<string | null>;
}

/** The kernel hands packets on in blocks, at the latest after a quarter of a second. */
const LAST_PACKETS_MS = 400;
const LONGEST_REASON = 4096;
/** What dumpcap says where it could not get rid of what it had buffered. */
const UNWRITTEN = /Not all the packets could be written|error occurred while writing/;

/**
 * Lets dumpcap write a file by itself: nothing of it passes through this process. Resolves once packets are captured, or
 * with one line that says why they cannot be.
 * @param onEnd called when it ends by itself later on, with the reason
 */
export function startFileCapture(
  ports: readonly number[],
  file: string,
  onEnd: (why: string) => void,
): Promise<FileCapture | string> {
  return new Promise(resolve => {
    const child = startDumpcap([...captureArguments(ports), '-w', file], 'ignore');
    let said = '';
    let packets = 0;
    let running = false;
    let stopping = false;
    const gone = new Promise<string | null>(over => {
      child.once('error', () => {
        resolve(NOT_INSTALLED);
        over(NOT_INSTALLED);
      });
      child.once('close', code => {
        const why = explainEnd(code, said);
        if (!running) resolve(why);
        else if (!stopping) onEnd(why);
        // However it ends: what it buffered may find no room.
        over(UNWRITTEN.test(said) ? why : null);
      });
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      const text = chunk.toString('utf8');
      if (said.length < LONGEST_REASON) said += text;
      // "Packets: 12" now and then, "Packets captured: 13" at the end.
      for (const [, count] of text.matchAll(/Packets(?: captured)?: (\d+)/g)) packets = Number(count);
      // The file is opened after the network cards are.
      if (running || !/^File: /m.test(said)) return;
      running = true;
      resolve({
        get packets() {
          return packets;
        },
        async stop() {
          if (!stopping) {
            stopping = true;
            await new Promise(later => setTimeout(later, LAST_PACKETS_MS));
            stopDumpcap(child);
          }
          return gone;
        },
      });
    });
  });
}
