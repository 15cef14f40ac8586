import { PeerglassError } from '../core/errors.js';
import { fileText } from '../core/plain-text.js';
import type { Command } from './command.js';

/** Packets on their way into a file. */
interface RunningCapture {
  readonly packets: number;
  /** Resolves with why not all of them could be written, or null. */
  stop(): Promise<string | null>;
}

export interface CaptureWorld {
  /** Resolves once packets are captured, or with one line that says why they cannot be. */
  start(ports: readonly number[], file: string, onEnd: (why: string) => void): Promise<RunningCapture | string>;
  tell(line: string): void;
  onInterrupt(listener: (exitCode: number) => void): void;
}

/**
 * Captures a port of this machine until it is interrupted or the time is over. An interrupt is the normal end, not a
 * failure.
 * @returns the exit code
 * @throws PeerglassError E_EXPORT when packets cannot be captured here
 */
export async function capturePort(
  { port, file, duration }: Extract<Command, { kind: 'capture-port' }>,
  world: CaptureWorld,
): Promise<number> {
  let finish: (why: string | null) => void = () => {};
  const over = new Promise<string | null>(resolve => {
    finish = resolve;
  });
  world.onInterrupt(() => finish(null));
  const capture = await world.start([port], file, why => finish(why));
  if (typeof capture === 'string') throw new PeerglassError('E_EXPORT', `Port ${port} cannot be captured. ${capture}`);
  world.tell(`capturing TCP port ${port} to ${fileText(file)}${duration === null ? '; Ctrl-C ends it' : ''}`);
  const timer = duration === null ? null : setTimeout(() => finish(null), duration * 1000);
  const why = await over;
  if (timer) clearTimeout(timer);
  const unwritten = why ?? (await capture.stop());
  if (unwritten !== null) throw new PeerglassError('E_EXPORT', `The capture has ended. ${unwritten}`);
  world.tell(`${fileText(file)}: ${capture.packets} packets`);
  return 0;
}
