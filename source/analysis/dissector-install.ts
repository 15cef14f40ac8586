import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PeerglassError } from '../core/errors.js';
import { homeFolder } from '../node/home-folder.js';
import { whyUnwritten } from '../node/whole-file.js';

const NAME = 'peerglass-classic.lua';

/** The path of this package's dissector for the classic protocol, for `tshark -X lua_script:PATH`. */
export function dissectorPath(): string {
  // Beside the source of this file, which tests run; the program runs from dist/.
  for (const folder of ['.', '../../../source/analysis']) {
    const file = fileURLToPath(new URL(`${folder}/${NAME}`, import.meta.url));
    if (existsSync(file)) return file;
  }
  throw new PeerglassError('E_INTERNAL', 'The dissector is missing from this installation.');
}

/**
 * Copies the dissector to Wireshark's folder for personal Lua plugins.
 * @returns the file written
 * @throws PeerglassError E_EXPORT
 */
export async function installDissector(environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const folder = (await askTshark(environment)) ?? defaultFolder(environment);
  const target = path.join(folder, NAME);
  try {
    mkdirSync(folder, { recursive: true });
    copyFileSync(dissectorPath(), target);
  } catch (cause) {
    throw new PeerglassError('E_EXPORT', `${target} cannot be written: ${whyUnwritten(cause)}.`, '', { cause });
  }
  return target;
}

/** The folder of the installed version, which tshark knows. */
function askTshark(env: NodeJS.ProcessEnv): Promise<string | null> {
  return new Promise(resolve => {
    execFile('tshark', ['-G', 'folders'], { env }, (error, text) => {
      const folder = error ? undefined : /^Personal Lua Plugins:\s+(.+)$/m.exec(text)?.[1];
      resolve(folder?.trim() ?? null);
    });
  });
}

/** See "Plugin folders" in Wireshark's User's Guide. @throws PeerglassError E_EXPORT for a user without a home */
function defaultFolder(environment: NodeJS.ProcessEnv): string {
  if (process.platform === 'win32' && environment.APPDATA) return path.join(environment.APPDATA, 'Wireshark/plugins');
  const home = environment.HOME ?? homeFolder();
  if (home === null) {
    const remedy = "Set HOME, or copy the file that peerglass wireshark --path names to Wireshark's plugin folder.";
    throw new PeerglassError('E_EXPORT', 'There is no home folder to install the dissector in.', remedy);
  }
  return path.join(
    home,
    process.platform === 'win32' ? 'AppData/Roaming/Wireshark/plugins' : '.local/lib/wireshark/plugins',
  );
}
