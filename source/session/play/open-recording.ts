import { PeerglassError } from '../../core/errors.js';
import { fileText } from '../../core/plain-text.js';
import { nodeCrc32 } from '../../node/crc32.js';
import { FileBytes } from '../../node/file-bytes.js';
import { whyUnread } from '../../node/whole-file.js';
import { LogReader } from '../../protocols/recording/log-reader.js';
import { LogFault } from '../../protocols/recording/messages.js';
import type { PlayOptions } from '../play-options.js';

export interface OpenRecording {
  readonly reader: LogReader;
  /** Its length in bytes. */
  readonly bytes: number;
  close(): Promise<void>;
}

/** Opens a recording. @throws PeerglassError E_REPLAY_FILE */
export async function openRecording(file: string): Promise<OpenRecording> {
  let bytes: FileBytes;
  try {
    bytes = await FileBytes.open(file);
  } catch (cause) {
    throw unreadable(file, whyUnread(cause), cause);
  }
  try {
    const reader = await LogReader.open(bytes, nodeCrc32);
    return { reader, bytes: bytes.size, close: () => bytes.close() };
  } catch (cause) {
    await bytes.close();
    throw unreadable(file, cause instanceof LogFault ? cause.message : whyUnread(cause), cause);
  }
}

/**
 * Opens a recording to play it, perhaps from a time, in seconds.
 * @throws PeerglassError E_REPLAY_FILE, E_USAGE where it ends before that time
 */
export async function openToPlay({ file, at }: Pick<PlayOptions, 'file' | 'at'>): Promise<OpenRecording> {
  const recording = await openRecording(file);
  const seconds = (recording.reader.endAt - recording.reader.startAt) / 1000;
  if (at === null || at <= seconds) return recording;
  await recording.close();
  const message = `--at ${at} is after the end of the recording, which is ${seconds.toFixed(1)} s long.`;
  throw new PeerglassError('E_USAGE', message);
}

export function unreadable(file: string, why: string, cause?: unknown): PeerglassError {
  const message = `The recording ${fileText(file)} cannot be read: ${why}.`;
  return new PeerglassError('E_REPLAY_FILE', message, 'Give a recording made by peerglass with --record or R.', {
    cause,
  });
}
