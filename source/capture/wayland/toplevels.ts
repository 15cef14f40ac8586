import { plainText } from '../../core/plain-text.js';
import type { WaylandConnection, WaylandObject } from './connection.js';
import { TOPLEVEL_HANDLE, TOPLEVEL_LIST } from './interfaces.js';

const LONGEST_TITLE = 1_000;
/** The protocol allows identifiers of 32 bytes. */
const LONGEST_ID = 32;
/** More than anybody has. */
const MAX_WINDOWS = 1_000;

/** A window that the compositor lists. */
export interface Toplevel {
  readonly handle: WaylandObject<typeof TOPLEVEL_HANDLE>;
  /** Never used for another window. */
  readonly id: string;
  readonly title: string;
  readonly closed: boolean;
}

/** The windows of a compositor, from ext-foreign-toplevel-list-v1; empty without that protocol. */
export class Toplevels {
  readonly #all = new Set<Toplevel>();
  #onChange: () => void = () => {};

  /** The next `sync` lists them, and the one after it describes them. */
  constructor(connection: WaylandConnection) {
    connection.bind(TOPLEVEL_LIST, 1, {
      toplevel: id => {
        if (this.#all.size >= MAX_WINDOWS) return;
        const changed = () => this.#onChange();
        let program = '';
        const window = {
          id: '',
          title: '',
          closed: false,
          handle: connection.adopt(id, TOPLEVEL_HANDLE, {
            title: title => {
              window.title = plainText(title, LONGEST_TITLE).trim();
            },
            app_id: name => {
              program = plainText(name, LONGEST_TITLE).trim();
            },
            identifier: text => {
              window.id = plainText(text, LONGEST_ID);
            },
            done: () => {
              window.title ||= program;
              changed();
            },
            closed: () => {
              window.closed = true;
              this.#all.delete(window);
              changed();
            },
          }),
        };
        this.#all.add(window);
      },
    });
  }

  get all(): readonly Toplevel[] {
    return [...this.#all].filter(({ id, title }) => id !== '' && title !== '');
  }

  /** Calls back when a window was opened, closed or changed. One listener. */
  onChange(listener: () => void): void {
    this.#onChange = listener;
  }
}
