import { totalmem } from 'node:os';
import { PeerglassError } from '../../core/errors.js';
import { area, type Size } from '../../core/rectangle.js';
import { BYTES_PER_PIXEL } from '../../pixels/framebuffer.js';

/** The share of this machine's memory that one picture may take. */
const MAX_SHARE = 0.5;

/** Memory of this machine, or of the container. */
function memoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/**
 * Creates a picture unless it is too large for this machine.
 * @throws PeerglassError E_PICTURE_SIZE
 */
export function withinMemory<Result>(size: Size, make: () => Result, machineBytes = memoryBytes()): Result {
  const bytes = area(size) * BYTES_PER_PIXEL;
  if (bytes > machineBytes * MAX_SHARE) throw tooLarge(size, bytes);
  try {
    return make();
  } catch (thrown) {
    if (thrown instanceof PeerglassError && thrown.code === 'E_MEMORY') throw tooLarge(size, bytes);
    throw thrown;
  }
}

function tooLarge({ width, height }: Size, bytes: number): PeerglassError {
  return new PeerglassError(
    'E_PICTURE_SIZE',
    `A picture of ${width}x${height} needs ${Math.ceil(bytes / 1e6)} MB of memory, too much for this machine.`,
    'Ask the sharer to share one monitor or a region.',
  );
}
