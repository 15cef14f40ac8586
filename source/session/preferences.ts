import { mkdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { PeerglassError } from '../core/errors.js';
import { whyUnread, whyUnwritten, writeWhole } from '../node/whole-file.js';
import { NO_PREFERENCES, type PreferenceStore, type Preferences } from './app-services.js';

/** Limits on a file that any program may have written to. */
const MAX_BYTES = 256 * 1024;
const MAX_LISTED = 20;
const MAX_TEXT = 400;
/** Linux's own limit. */
const MAX_PATH = 4096;

function textsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  const texts = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].length <= MAX_TEXT,
  );
  return Object.fromEntries(texts.slice(0, 100));
}

function listOf(value: unknown, longest: number): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  return list
    .filter(each => typeof each === 'string')
    .filter(({ length }) => length <= longest)
    .slice(0, MAX_LISTED);
}

function readable(value: unknown): Preferences {
  if (typeof value !== 'object' || value === null) throw new Error('not an object');
  const { peers, recordings, share, watch, play } = value as Record<string, unknown>;
  return {
    peers: listOf(peers, MAX_TEXT),
    recordings: listOf(recordings, MAX_PATH),
    share: textsOf(share),
    watch: textsOf(watch),
    play: textsOf(play),
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
