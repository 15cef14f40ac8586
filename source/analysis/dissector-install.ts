import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PeerglassError } from '../core/errors.js';

const NAME = 'peerglass-classic.lua';

/** The dissector of the classic wire as it lies in this package, for `tshark -X lua_script:PATH`. */
export function dissectorPath(): string {
  // This file is below dist/ when it runs from there, and below the package itself in tests.
  for (const up of ['../../../', '../../']) {
    const file = fileURLToPath(new URL(`${up}analysis/wireshark/${NAME}`, import.meta.url));
    if (existsSync(file)) return file;
  }
  throw new PeerglassError('E_INTERNAL', 'The dissector is missing from this installation.');
}

/**
 * Copies the dissector to where Wireshark looks for a person's own Lua plugins.
 * @returns the file that was written
 * @throws PeerglassError E_EXPORT
 */
export async function installDissector(environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const folder = (await askTshark(environment)) ?? defaultFolder(environment);
  const target = path.join(folder, NAME);
  try {
    mkdirSync(folder, { recursive: true });
    copyFileSync(dissectorPath(), target);
  } catch (cause) {
    throw new PeerglassError('E_EXPORT', `${target} cannot be written: ${(cause as Error).message}.`, '', { cause });
  }
  return target;
}

/** tshark knows the folder of its own version. */
function askTshark(env: NodeJS.ProcessEnv): Promise<string | null> {
  return new Promise(resolve => {
    execFile('tshark', ['-G', 'folders'], { env }, (error, text) => {
      const folder = error ? undefined : /^Personal Lua Plugins:\s+(.+)$/m.exec(text)?.[1];
      resolve(folder?.trim() ?? null);
    });
  });
}

/** Wireshark's user's guide, "Plugin folders". */
function defaultFolder(environment: NodeJS.ProcessEnv): string {
  const home = environment.HOME ?? os.homedir();
  if (process.platform !== 'win32') return path.join(home, '.local/lib/wireshark/plugins');
  return path.join(environment.APPDATA ?? path.join(home, 'AppData/Roaming'), 'Wireshark/plugins');
}
