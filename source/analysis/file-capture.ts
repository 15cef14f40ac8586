import { fileText } from '../core/plain-text.js';
import { holdFifo, whyUnwritten } from '../node/whole-file.js';
import { captureArguments, explainEnd, NOT_INSTALLED, startDumpcap, stopDumpcap } from './dumpcap.js';

/** A running capture of some ports into a pcapng file. */
export interface FileCapture {
  /** Packets in the file so far, as dumpcap last reported. */
  readonly packets: number;
  /** Stops once the last packets are in the file. Resolves with null, or why not all packets could be written. */
  stop(): Promise<string | null>;
}

/** The kernel delivers packets in blocks, within a quarter of a second. */
const LAST_PACKETS_MS = 400;
const LONGEST_REASON = 4096;
/** dumpcap's messages when it could not write its buffered packets. */
const UNWRITTEN = /Not all the packets could be written|error occurred while writing/;

/**
 * Lets dumpcap write the file itself: no packets pass through this process. Resolves once it captures, or with one line
 * that says why it cannot.
 * @param onEnd called with the reason if dumpcap ends later without being stopped
 */
export function startFileCapture(
  ports: readonly number[],
  file: string,
  onEnd: (why: string) => void,
): Promise<FileCapture | string> {
  // dumpcap would wait for the reader of a FIFO before it says anything.
  let release: () => void;
  try {
    release = holdFifo(file);
  } catch (error) {
    return Promise.resolve(`${fileText(file)} cannot be written: ${whyUnwritten(error)}.`);
  }
  const begun = new Promise<FileCapture | string>(resolve => {
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
        // Even when it is stopped, the disk may be too full for its buffer.
        over(UNWRITTEN.test(said) ? why : null);
      });
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      const text = chunk.toString('utf8');
      if (said.length < LONGEST_REASON) said += text;
      // "Packets: 12" now and then, "Packets captured: 13" at the end.
      for (const [, count] of text.matchAll(/Packets(?: captured)?: (\d+)/g)) packets = Number(count);
      // dumpcap opens the file last, after the interfaces.
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
  return begun.finally(release);
}
