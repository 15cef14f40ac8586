import type { Size } from '../core/rectangle.js';
import type { BroadcastLink } from '../protocols/broadcast/link.js';
import type { WatchFacts } from './watch-facts.js';

/** From the page to its worker. */
export type ToWorker =
  | {
      readonly type: 'start';
      readonly canvas: OffscreenCanvas;
      /** Of the sharer's WebSocket. */
      readonly url: string;
      /** Watched instead of that, or null. */
      readonly broadcast: BroadcastLink | null;
      readonly code: string | null;
      /** This viewer's name for the sharer; empty: none. */
      readonly name: string;
      /** The seed of this viewer's key, 32 secret bytes. */
      readonly seed: Uint8Array;
    }
  /** The compiled kernels, without which nothing is decoded. The page loads them while its worker is loaded. */
  | { readonly type: 'kernels'; readonly module: WebAssembly.Module }
  /** Reconnects with this code. */
  | { readonly type: 'code'; readonly code: string; readonly name: string }
  /** Reconnects under that name. */
  | { readonly type: 'name'; readonly name: string }
  /** Connects now, in any state. */
  | { readonly type: 'connect' }
  /** The network is back. */
  | { readonly type: 'online' }
  /** Whether the page is visible. */
  | { readonly type: 'visible'; readonly visible: boolean }
  | { readonly type: 'freeze'; readonly frozen: boolean }
  | { readonly type: 'cursor'; readonly shown: boolean }
  | { readonly type: 'save' }
  | { readonly type: 'stop' };

/** From the worker to its page. Texts from the sharer have been made safe to show. */
export type FromWorker =
  | { readonly type: 'state'; readonly state: ViewerState }
  | { readonly type: 'size'; readonly size: Size }
  /** Once a second while the page is visible. */
  | { readonly type: 'facts'; readonly facts: WatchFacts }
  /** The code that let this viewer in. */
  | { readonly type: 'code-works'; readonly code: string }
  | { readonly type: 'notice'; readonly text: string }
  | { readonly type: 'picture'; readonly png: Blob };

export type ViewerState =
  | { readonly name: 'connecting' }
  /** A code is needed; the problem with the last one, or null. */
  | { readonly name: 'code'; readonly problem: string | null }
  /** Connected; the sharer has to let this viewer in. */
  | { readonly name: 'waiting' }
  /** `still`: the sharer's reason why the picture does not change; null: it is live. */
  | { readonly name: 'watching'; readonly still: string | null }
  /** The connection is lost; the worker reconnects. */
  | { readonly name: 'away' }
  /** Ended; a button with this label tries again. */
  | { readonly name: 'ended'; readonly message: string; readonly remedy: string; readonly again?: string }
  /** The user stopped watching. */
  | { readonly name: 'stopped' }
  /** The browser lacks something; the text names the versions that have it. */
  | { readonly name: 'unsupported'; readonly lacks: string };
