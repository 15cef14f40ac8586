import type { CaptureSource } from '../../capture/capture-source.js';
import { PatternSource } from '../../capture/pattern/pattern-source.js';
import type { Clock } from '../../core/clock.js';
import { PeerglassError } from '../../core/errors.js';
import type { ShareOptions, ShareTarget } from '../share-options.js';

/** @throws PeerglassError as CaptureSource.open does */
export async function openSource(options: ShareOptions, _target: ShareTarget, clock: Clock): Promise<CaptureSource> {
  if (options.source.kind !== 'pattern') {
    throw new PeerglassError('E_CAPTURE', 'Only the test pattern can be shared yet.', 'Use --source pattern.');
  }
  const source = new PatternSource({ width: 1366, height: 768 }, 'it was asked for', clock);
  await source.open();
  return source;
}
