import type { MonitorTarget, WindowTarget } from '../capture/share-target.js';
import type { SourceKind } from '../capture/source-kinds.js';
import type { ErrorReport } from '../core/errors.js';

export type { MonitorTarget, WindowTarget };

/** What this machine can share, for the form and for `peerglass list`. */
export interface ShareTargets {
  /** The source that `auto` would pick and why, or why none works. */
  readonly source:
    | { readonly kind: SourceKind; readonly why: string }
    | { readonly kind: null; readonly error: ErrorReport };
  /** Monitors in the order in which they are numbered, the primary one first. */
  readonly monitors: readonly MonitorTarget[];
  readonly windows: readonly WindowTarget[];
}
