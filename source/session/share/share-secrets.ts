import path from 'node:path';
import { readState, writeState } from '../../node/state-folder.js';
import { whyUnread, whyUnwritten } from '../../node/whole-file.js';
import { freshCode, freshVncPassword, parseCode, parseVncPassword } from '../option-values.js';
import type { ShareOptions } from '../share-options.js';

/** Readable by this user alone. */
const FILE = 'code.json';
const MAX_BYTES = 4096;

type Secrets = Pick<ShareOptions, 'code' | 'vncPassword'>;

const NONE: Secrets = { code: null, vncPassword: null };

/**
 * The options with the code and the VNC password that viewers need: those that were given, else the kept ones, else fresh ones.
 * @param folder where they are kept; null if there is none
 * @param warn receives what could not be read or written
 */
export function withSecrets(options: ShareOptions, folder: string | null, warn: (text: string) => void): ShareOptions {
  if (options.access !== 'code') return options;
  const kept = options.keepCode && folder !== null ? read(folder, warn) : NONE;
  const vnc = admitsVnc(options);
  const secrets: Secrets = {
    // Without encryption nobody can show the code without giving it away.
    code: vnc && options.encrypt === 'off' ? null : (options.code ?? kept.code ?? freshCode()),
    vncPassword: vnc ? (options.vncPassword ?? kept.vncPassword ?? freshVncPassword()) : null,
  };
  const { code, vncPassword } = { ...kept, ...given(secrets) };
  const changed = code !== kept.code || vncPassword !== kept.vncPassword;
  if (options.keepCode && changed) keep({ code, vncPassword }, folder, warn);
  return { ...options, ...secrets };
}

/** Those that are there. */
function given(secrets: Secrets): Partial<Secrets> {
  return Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== null));
}

/** Whether VNC programs can come, which speak rfb: over TCP, or as pages over a WebSocket. */
function admitsVnc({ rfbPort, webPort }: ShareOptions): boolean {
  return rfbPort !== null || webPort !== null;
}

function read(folder: string, warn: (text: string) => void): Secrets {
  const file = path.join(folder, FILE);
  let text: string | null;
  try {
    text = readState(file, MAX_BYTES);
  } catch (error) {
    warn(`The code that was kept in ${file} cannot be read: ${whyUnread(error)}. This share has a new one.`);
    return NONE;
  }
  if (text === null) return NONE;
  const secrets = secretsIn(text);
  if (secrets === null) warn(`The file of the code that was kept, ${file}, is damaged. This share has a new code.`);
  return secrets ?? NONE;
}

/** Null if the text is damaged. */
function secretsIn(text: string): Secrets | null {
  try {
    const { code = null, vncPassword = null } = JSON.parse(text) as Partial<Record<keyof Secrets, unknown>>;
    const isCode = typeof code === 'string' && parseCode(code).ok;
    const isPassword = typeof vncPassword === 'string' && parseVncPassword(vncPassword).ok;
    if ((code !== null && !isCode) || (vncPassword !== null && !isPassword)) return null;
    return { code: isCode ? code : null, vncPassword: isPassword ? vncPassword : null };
  } catch {
    return null;
  }
}

function keep(secrets: Secrets, folder: string | null, warn: (text: string) => void): void {
  const lost = 'The next share has another one.';
  if (folder === null) {
    warn(`The code cannot be kept: there is no home folder. ${lost}`);
    return;
  }
  const file = path.join(folder, FILE);
  try {
    writeState(file, `${JSON.stringify(secrets)}\n`);
  } catch (error) {
    warn(`The code cannot be kept in ${file}: ${whyUnwritten(error)}. ${lost}`);
  }
}
