import type { ErrorReport } from '../core/errors.js';
import type { AppServices } from '../session/app-services.js';
import type { WatchOptions } from '../session/watch-options.js';

type Sessions = Pick<AppServices, 'startShare' | 'startWatch'>;
type Asked = Pick<WatchOptions, 'exportFile' | 'recordFile'>;

/** Whether the files that the command line asked of its sessions were written: if not, the program has failed. */
export class AskedFiles {
  #unwritten: ErrorReport | null = null;

  /** The first of them that could not be written, or not to its end. */
  get unwritten(): ErrorReport | null {
    return this.#unwritten;
  }

  /** Sessions whose files are minded. */
  minding({ startShare, startWatch }: Sessions): Sessions {
    return {
      startShare: options => {
        const session = startShare(options);
        session.subscribe(event => {
          if (event.type === 'notice') this.#notice(event, options);
        });
        return session;
      },
      startWatch: options => {
        const session = startWatch(options);
        session.subscribe(event => {
          if (event.type === 'notice') this.#notice(event, options);
          else if (event.type === 'ended' && event.error?.code === 'E_SNAPSHOT') this.#unwritten ??= event.error;
        });
        return session;
      },
    };
  }

  #notice({ code, text }: { readonly code?: string; readonly text: string }, { exportFile, recordFile }: Asked): void {
    const ofFlag =
      code === 'E_LOG' ||
      (code === 'E_EXPORT' && exportFile !== null) ||
      (code === 'E_RECORDING' && recordFile !== null);
    if (ofFlag) this.#unwritten ??= { code, message: text, remedy: '' };
  }
}
