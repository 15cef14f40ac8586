import type { ErrorReport } from '../../core/errors.js';
import type { Rectangle } from '../../core/rectangle.js';
import type { ChildUse } from '../capture-source.js';
import type { ScreenTargets, ShareTarget } from '../share-target.js';

/** Requests to the capture process. The target is the same each time. */
export type ToShots =
  | { readonly id: number; readonly type: 'shoot'; readonly target: ShareTarget }
  | { readonly id: number; readonly type: 'targets' };

/** Shots with their pixels in the file, as packed RGBA. */
export interface FiledShots {
  readonly shots: readonly {
    readonly width: number;
    readonly height: number;
    /** The offset of its first pixel in the file. */
    readonly offset: number;
    readonly from: Rectangle;
    readonly to: { readonly x: number; readonly y: number };
  }[];
  readonly width: number;
  readonly height: number;
  readonly name: string;
  readonly monitors: readonly string[];
  readonly identity: string;
}

/** Its answers, in any order. A `failure` has the library's message, an `error` is peerglass's own. */
export type FromShots =
  | { readonly id: number; readonly type: 'shots'; readonly shots: FiledShots; readonly use: ChildUse }
  | ({ readonly id: number; readonly type: 'targets' } & ScreenTargets)
  | { readonly id: number; readonly type: 'error'; readonly error: ErrorReport }
  | { readonly id: number; readonly type: 'failure'; readonly failure: string };
