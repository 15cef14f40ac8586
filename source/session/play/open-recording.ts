import { PeerglassError } from '../../core/errors.js';
import { nodeCrc32 } from '../../node/crc32.js';
import { FileBytes } from '../../node/file-bytes.js';
import { whyUnread } from '../../node/whole-file.js';
import { LogReader } from '../../protocols/recording/log-reader.js';
import { LogFault } from '../../protocols/recording/messages.js';

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

export function unreadable(file: string, why: string, cause?: unknown): PeerglassError {
  const message = `The recording ${file} cannot be read: ${why}.`;
  return new PeerglassError('E_REPLAY_FILE', message, 'Give a recording made by peerglass with --record or R.', {
    cause,
  });
}
