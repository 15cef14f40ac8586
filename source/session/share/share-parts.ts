import type { CaptureSource } from '../../capture/capture-source.js';
import type { Clock } from '../../core/clock.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import type { LivenessLimits } from '../../transport/liveness.js';
import type { ShareEvent } from '../messages.js';
import type { ShareOptions, ShareTarget } from '../share-options.js';
import type { CreateWire } from './viewer-session.js';

/** What a share stands on, so that a test can give it others. */
export interface ShareParts {
  readonly options: ShareOptions;
  readonly clock: Clock;
  readonly memory: PixelMemory;
  /** An opened source for a target. */
  openSource(target: ShareTarget): Promise<CaptureSource>;
  readonly wires: readonly CreateWire[];
  /** When a viewer that does not answer is missed; as LIVENESS has it, if it is left out. */
  readonly liveness?: LivenessLimits;
  emit(event: ShareEvent): void;
}
