import type { Size } from '../core/rectangle.js';
import type { WatchFacts } from './watch-facts.js';

/** From the page to its worker. */
export type ToWorker =
  | {
      readonly type: 'start';
      readonly canvas: OffscreenCanvas;
      /** Of the sharer's WebSocket. */
      readonly url: string;
      readonly code: string | null;
      /** What the sharer is to call this viewer; empty: nothing. */
      readonly name: string;
      /** Of the key that this viewer is known by, 32 secret bytes. */
      readonly seed: Uint8Array;
    }
  /** Connects again with this code. */
  | { readonly type: 'code'; readonly code: string; readonly name: string }
  /** Connects again as somebody of that name. */
  | { readonly type: 'name'; readonly name: string }
  /** Connects now, from whatever state. */
  | { readonly type: 'connect' }
  /** Whether anybody sees the page. */
  | { readonly type: 'visible'; readonly visible: boolean }
  | { readonly type: 'freeze'; readonly frozen: boolean }
  | { readonly type: 'cursor'; readonly shown: boolean }
  | { readonly type: 'save' }
  | { readonly type: 'stop' };

/** From the worker to its page. All texts from the sharer are cleaned. */
export type FromWorker =
  | { readonly type: 'state'; readonly state: ViewerState }
  | { readonly type: 'size'; readonly size: Size }
  /** Once a second while somebody sees the page. */
  | { readonly type: 'facts'; readonly facts: WatchFacts }
  /** The code that let this viewer in. */
  | { readonly type: 'code-works'; readonly code: string }
  | { readonly type: 'notice'; readonly text: string }
  | { readonly type: 'picture'; readonly png: Blob };

export type ViewerState =
  | { readonly name: 'connecting' }
  /** A code is wanted; the problem with the last one, or null. */
  | { readonly name: 'code'; readonly problem: string | null }
  /** Connected, and a person has to let this viewer in. */
  | { readonly name: 'waiting' }
  /** `still`: why the picture does not move, in the sharer's words; null: it does. */
  | { readonly name: 'watching'; readonly still: string | null }
  /** The sharer is away; it is tried again. */
  | { readonly name: 'away' }
  /** Over, unless the person tries again, by a button with such a label. */
  | { readonly name: 'ended'; readonly message: string; readonly remedy: string; readonly again?: string }
  /** The person stopped watching. */
  | { readonly name: 'stopped' }
  /** The browser lacks something, which stands there with the versions that have it. */
  | { readonly name: 'unsupported'; readonly lacks: string };
