import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { whyUnread, whyUnwritten, writeWholeSync } from '../../node/whole-file.js';
import { freshCode, parseCode } from '../option-values.js';
import type { ShareOptions } from '../share-options.js';

/** Readable by this user alone. */
const FILE = 'code.json';
const MAX_BYTES = 4096;

/**
 * The options with the code that viewers need: the one that was given, else the kept one, else a fresh one.
 * @param folder where a code is kept; null if there is none
 * @param warn told what could not be read or written
 */
export function withSecrets(options: ShareOptions, folder: string | null, warn: (text: string) => void): ShareOptions {
  if (options.access !== 'code') return options;
  const kept = options.keepCode && options.code === null && folder !== null ? read(folder, warn) : null;
  const code = options.code ?? kept ?? freshCode();
  if (options.keepCode && code !== kept) keep(code, folder, warn);
  return { ...options, code };
}

/** Null if none is kept. */
function read(folder: string, warn: (text: string) => void): string | null {
  const file = path.join(folder, FILE);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      warn(`The code that was kept in ${file} cannot be read: ${whyUnread(error)}. This share has a new one.`);
    }
    return null;
  }
  const code = text.length > MAX_BYTES ? null : codeIn(text);
  if (code === null) warn(`The file of the code that was kept, ${file}, is damaged. This share has a new code.`);
  return code;
}

function codeIn(text: string): string | null {
  try {
    const { code } = JSON.parse(text) as { readonly code?: unknown };
    return typeof code === 'string' && parseCode(code).ok ? code : null;
  } catch {
    return null;
  }
}

function keep(code: string, folder: string | null, warn: (text: string) => void): void {
  const lost = 'The next share has another one.';
  if (folder === null) {
    warn(`The code cannot be kept: there is no home folder. ${lost}`);
    return;
  }
  const file = path.join(folder, FILE);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeWholeSync(file, `${JSON.stringify({ code })}\n`);
  } catch (error) {
    warn(`The code cannot be kept in ${file}: ${whyUnwritten(error)}. ${lost}`);
  }
}
