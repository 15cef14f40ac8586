import { writeSync } from 'node:fs';
import { FRAMES_DESCRIPTOR } from '../../../capture/frames-file.js';
import type { PlaneLayout } from '../../../codecs/video/video-codec.js';
import { memoryAt } from '../../../native/c-memory.js';
import { loadVideoDecoder } from '../../../native/h264-decoder.js';
import type { NativePicture, NativeVideoDecoder, VideoDecoderLibrary } from '../../../native/native-video-decoder.js';
import type { FromDecoders, ToDecoders } from './decoder-messages.js';

/**
 * The process of a viewer's H.264 decoders. What they are given has been checked, and it came from a network: a crash of
 * theirs costs the viewer one picture. It ends with its parent.
 */
const decoders = new Map<number, NativeVideoDecoder>();

function tell(message: FromDecoders): void {
  process.send?.(message);
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function take(library: VideoDecoderLibrary, message: ToDecoders): void {
  const { id } = message;
  if (message.type === 'close') {
    close(id);
    return;
  }
  try {
    if (message.type === 'open') {
      close(id);
      decoders.set(id, library.open(message));
    }
    const decoder = decoders.get(id);
    if (!decoder) throw new Error('it has failed before');
    tell({ type: 'picture', ...write(decoder.decode(message.data)) });
  } catch (thrown) {
    close(id);
    tell({ type: 'fault', reason: reasonOf(thrown) });
  }
}

function close(id: number): void {
  decoders.get(id)?.close();
  decoders.delete(id);
}

/** Writes the planes as they lie in the decoder's memory, each after the one before. */
function write({ width, height, planes }: NativePicture): { length: number; layout: PlaneLayout[] } {
  let length = 0;
  const layout = planes.map(({ address, stride }, plane) => {
    const [columns, rows] = plane === 0 ? [width, height] : [(width + 1) >> 1, (height + 1) >> 1];
    if (address === 0n || stride < columns) throw new Error('the picture has no rows');
    const offset = length;
    const bytes = memoryAt(address, (rows - 1) * stride + columns);
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(FRAMES_DESCRIPTOR, bytes, done, bytes.length - done, offset + done);
    }
    length += bytes.length;
    return { offset, stride };
  });
  return { length, layout };
}

// Ctrl-C reaches all processes of the terminal, but the parent ends this one.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
try {
  const library = loadVideoDecoder();
  tell({ type: 'loaded', name: library.name });
  process.on('message', (message: ToDecoders) => take(library, message));
} catch (thrown) {
  tell({ type: 'unusable', reason: reasonOf(thrown) });
}
