import path from 'node:path';
import { homeFolder } from './home-folder.js';

/** The user's folder for peerglass's own state, in the system's usual place; null for a user without a home folder. */
export function stateFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform = process.platform,
  home = homeFolder(),
): string | null {
  if (environment.XDG_STATE_HOME) return path.join(environment.XDG_STATE_HOME, 'peerglass');
  if (platform === 'win32' && environment.LOCALAPPDATA) return path.join(environment.LOCALAPPDATA, 'peerglass');
  if (home === null) return null;
  if (platform === 'win32') return path.join(home, 'AppData/Local', 'peerglass');
  if (platform === 'darwin') return path.join(home, 'Library/Application Support/peerglass');
  return path.join(home, '.local/state/peerglass');
}
