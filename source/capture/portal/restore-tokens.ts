import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeWholeSync } from '../../node/whole-file.js';

/** The kind of thing that was shared: a window's token does not open a monitor. */
export type TokenKind = 'monitor' | 'monitors' | 'window';

/** Limits on the file. */
const MAX_BYTES = 65_536;
const MAX_TOKEN = 1024;
const WRITABLE_BY_OTHERS = 0o022;

type Tokens = Readonly<Record<string, unknown>>;

/**
 * The portal's restore tokens, which spare the user the desktop's dialog, in `screencast-tokens.json` of a folder,
 * readable by the user alone. A token is valid for one start, which returns the next one. A file that is damaged,
 * belongs to another user or is writable by others is ignored: the desktop asks.
 */
export class RestoreTokens {
  readonly #folder: string | null;
  readonly #user: number | undefined;

  /** @param folder null: nothing is kept */
  constructor(folder: string | null, user = process.geteuid?.()) {
    this.#folder = folder;
    this.#user = user;
  }

  find(kind: TokenKind): string | null {
    const token = this.#read()[kind];
    return typeof token === 'string' && token !== '' && token.length <= MAX_TOKEN ? token : null;
  }

  /** @param token null where the desktop gave none */
  replace(kind: TokenKind, token: string | null): void {
    const file = this.#file;
    if (this.#folder === null || file === null) return;
    const { [kind]: before, ...others } = this.#read();
    if (token === null && before === undefined) return;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeWholeSync(file, `${JSON.stringify(token === null ? others : { ...others, [kind]: token }, null, 2)}\n`);
    } catch {
      // The next start asks again, and nothing else is lost.
    }
  }

  get #file(): string | null {
    return this.#folder && path.join(this.#folder, 'screencast-tokens.json');
  }

  #read(): Tokens {
    const file = this.#file;
    if (file === null) return {};
    try {
      const tokens: unknown = JSON.parse(ownText(file, this.#user));
      return typeof tokens === 'object' && tokens !== null && !Array.isArray(tokens) ? (tokens as Tokens) : {};
    } catch {
      return {};
    }
  }
}

/** @throws Error where there is no such file of this user */
function ownText(file: string, user: number | undefined): string {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { uid, mode, size } = fstatSync(descriptor);
    const regular = (mode & constants.S_IFMT) === constants.S_IFREG;
    if (!regular || uid !== user || (mode & WRITABLE_BY_OTHERS) !== 0 || size > MAX_BYTES) {
      throw new Error('not a file of this user');
    }
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}
