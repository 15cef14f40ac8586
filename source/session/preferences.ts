import { mkdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { PeerglassError } from '../core/errors.js';
import { homeFolder } from '../node/home-folder.js';
import { whyUnread, whyUnwritten, writeWhole } from '../node/whole-file.js';
import type { PreferenceStore, Preferences } from './app-services.js';

/** Limits on a file that any program may have written to. */
const MAX_BYTES = 256 * 1024;
const MAX_PEERS = 20;
const MAX_TEXT = 400;

export const NO_PREFERENCES: Preferences = { peers: [], share: {}, watch: {} };

/** The user's folder for peerglass's configuration, by the custom of the system; null for a user without a home. */
export function configurationFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform = process.platform,
  home = homeFolder(),
): string | null {
  if (environment.XDG_CONFIG_HOME) return path.join(environment.XDG_CONFIG_HOME, 'peerglass');
  if (platform === 'win32' && environment.APPDATA) return path.join(environment.APPDATA, 'peerglass');
  if (home === null) return null;
  if (platform === 'win32') return path.join(home, 'AppData/Roaming', 'peerglass');
  if (platform === 'darwin') return path.join(home, 'Library/Application Support/peerglass');
  return path.join(home, '.config/peerglass');
}

function textsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  const texts = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].length <= MAX_TEXT,
  );
  return Object.fromEntries(texts.slice(0, 100));
}

function readable(value: unknown): Preferences {
  if (typeof value !== 'object' || value === null) throw new Error('not an object');
  const { peers, share, watch } = value as Record<string, unknown>;
  return {
    peers: Array.isArray(peers)
      ? peers.filter(peer => typeof peer === 'string' && peer.length <= MAX_TEXT).slice(0, MAX_PEERS)
      : [],
    share: textsOf(share),
    watch: textsOf(watch),
  };
}

const NOWHERE: PreferenceStore = {
  load: async () => NO_PREFERENCES,
  async save() {
    const remedy = 'Preferences last until peerglass exits. Set HOME or XDG_CONFIG_HOME to keep them.';
    throw new PeerglassError('E_CONFIG', 'There is no home folder for the preferences.', remedy);
  },
};

/**
 * Preferences in `preferences.json` of a folder, readable by the user alone. A file that is damaged is set aside, and
 * the error says so once: nobody should be kept from sharing by it.
 *
 * @param folder null where there is none: nothing is kept
 */
export function createPreferenceStore(folder: string | null): PreferenceStore {
  return folder === null ? NOWHERE : storeIn(folder);
}

function storeIn(folder: string): PreferenceStore {
  const file = path.join(folder, 'preferences.json');
  let writing: Promise<void> = Promise.resolve();

  async function write(preferences: Preferences): Promise<void> {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeWhole(file, `${JSON.stringify(preferences, null, 2)}\n`);
    } catch (cause) {
      throw new PeerglassError(
        'E_CONFIG',
        `The preferences cannot be written: ${whyUnwritten(cause)}.`,
        'Preferences last until peerglass exits; nothing else is affected.',
        { cause },
      );
    }
  }

  return {
    async load() {
      let text: string;
      try {
        text = await readFile(file, 'utf8');
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return NO_PREFERENCES;
        throw new PeerglassError(
          'E_CONFIG',
          `The preferences in ${file} cannot be read: ${whyUnread(cause)}.`,
          'The defaults are used and changes are not saved. Move the file away to start over.',
          { cause },
        );
      }
      try {
        if (text.length > MAX_BYTES) throw new Error('too large');
        return readable(JSON.parse(text));
      } catch (cause) {
        await rename(file, `${file}.damaged`).catch(() => {});
        throw new PeerglassError(
          'E_CONFIG',
          `The preferences in ${file} are damaged.`,
          'The file was renamed to .damaged, and the defaults are used.',
          { cause },
        );
      }
    },
    save(preferences) {
      const next = writing.then(() => write(preferences));
      writing = next.catch(() => {});
      return next;
    },
  };
}
