import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { homeFolder } from './home-folder.js';
import { writeWholeSync } from './whole-file.js';

/** Where a system's users have folders of one kind: in a folder that a variable names, or else below their home. */
interface UserFolders {
  readonly variable: string;
  readonly linux: string;
  readonly windows: { readonly variable: string; readonly folder: string };
}

const MAC = 'Library/Application Support/peerglass';

function userFolder(kind: UserFolders, environment: NodeJS.ProcessEnv, platform: string, home: string | null) {
  const named = environment[kind.variable] || (platform === 'win32' && environment[kind.windows.variable]);
  if (named) return path.join(named, 'peerglass');
  if (home === null) return null;
  if (platform === 'darwin') return path.join(home, MAC);
  return path.join(home, platform === 'win32' ? kind.windows.folder : kind.linux, 'peerglass');
}

/** The user's folder for peerglass's own state, in the system's usual place; null for a user without a home folder. */
export function stateFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: string = process.platform,
  home = homeFolder(),
): string | null {
  const windows = { variable: 'LOCALAPPDATA', folder: 'AppData/Local' };
  return userFolder({ variable: 'XDG_STATE_HOME', linux: '.local/state', windows }, environment, platform, home);
}

/** The same for peerglass's configuration. */
export function configurationFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: string = process.platform,
  home = homeFolder(),
): string | null {
  const windows = { variable: 'APPDATA', folder: 'AppData/Roaming' };
  return userFolder({ variable: 'XDG_CONFIG_HOME', linux: '.config', windows }, environment, platform, home);
}

/**
 * Reads a small file of such a folder. Any program may have written to it: check the content.
 * @returns null where there is no such file
 * @throws Error of the system, or because it has more than `maxBytes`
 */
export function readState(file: string, maxBytes: number): string | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  if (text.length > maxBytes) throw new Error('it is too large');
  return text;
}

/** Writes a whole file of such a folder, making the folder if it is missing, both for this user alone. @throws Error */
export function writeState(file: string, content: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeWholeSync(file, content);
}
