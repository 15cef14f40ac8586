import type { AppServices } from '../session/app-services.js';
import { viewerPort } from '../session/messages.js';
import type { ShareOptions } from '../session/share-options.js';
import type { WatchOptions } from '../session/watch-options.js';
import { Observable } from './session-view.js';
import { ShareView } from './share-view.js';
import { WatchView } from './watch-view.js';

export interface DemoState {
  readonly share: ShareView;
  /** Null until the share listens. */
  readonly watch: WatchView | null;
  /** The window was closed: nothing is left to show. */
  readonly over: boolean;
}

/** What keeps a window from opening; the terminal can stand in for it. */
export const NO_WINDOW: ReadonlySet<string> = new Set(['E_SDL_MISSING', 'E_SDL', 'E_NO_DISPLAY', 'E_DISPLAY_CONNECT']);

/** A share and a watch of it on one machine. Where no window can be opened, the picture is drawn in the terminal. */
export class Demo extends Observable<DemoState> {
  readonly #services: AppServices;
  #stopped = false;

  constructor(services: AppServices, share: ShareOptions, watch: Omit<WatchOptions, 'peer'>) {
    const controller = services.startShare(share);
    super({ share: new ShareView(controller, share), watch: null, over: false });
    this.#services = services;
    const unsubscribe = controller.subscribe(event => {
      if (event.type !== 'listening') return;
      unsubscribe();
      const own = viewerPort(event.wires);
      if (own) this.#watch({ ...watch, peer: { host: '127.0.0.1', port: own.port }, wire: own.wire });
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const { share, watch } = this.get();
    await Promise.all([watch?.stop(), share.stop()]);
  }

  farewell(): string[] {
    const { share, watch } = this.get();
    return [...share.farewell(), ...(watch?.farewell() ?? [])];
  }

  #watch(options: WatchOptions): void {
    if (this.#stopped) return;
    const view = new WatchView(this.#services.startWatch(options), options);
    const unsubscribe = view.subscribe(() => {
      const { ended } = view.get();
      if (ended === null || this.#stopped) return;
      unsubscribe();
      const { error } = ended;
      if (error === null) {
        this.set({ over: true }, 'now');
      } else if (options.view === 'sdl' && NO_WINDOW.has(error.code)) {
        this.#watch({ ...options, view: 'terminal' });
        this.get().watch?.note(`No window: ${error.message} The picture is shown here instead.`, 'warning');
      } else {
        this.get().share.note(`Watching failed: ${error.code}: ${error.message}`, 'warning');
      }
    });
    this.set({ watch: view }, 'now');
  }
}
