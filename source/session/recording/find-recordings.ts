import { opendir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { FoundRecording } from '../app-services.js';
import { RECORDING_ENDING } from '../steps.js';

/** Entries of the folder that are looked at, and recordings that are listed. */
const MOST = { entries: 10_000, listed: 50 } as const;
/** A name with control characters can be neither shown nor typed. */
const UNTYPED = /\p{Cc}/u;

/**
 * The recordings in a folder and those played before, the newest first. Files that are gone or cannot be read are left
 * out.
 * @param played paths; relative ones are of this folder
 */
export async function findRecordings(folder: string, played: readonly string[]): Promise<FoundRecording[]> {
  const files = new Set([...played.map(file => path.resolve(folder, file)), ...(await recordingsIn(folder))]);
  const found = await Promise.all([...files].map(describe));
  const known = found.filter(recording => recording !== null);
  return known.sort((a, b) => b.modifiedAt - a.modifiedAt).slice(0, MOST.listed);
}

async function recordingsIn(folder: string): Promise<string[]> {
  const files: string[] = [];
  try {
    let entries = 0;
    for await (const { name } of await opendir(folder)) {
      if (name.endsWith(`.${RECORDING_ENDING}`) && !UNTYPED.test(name)) files.push(path.join(folder, name));
      if (++entries === MOST.entries) break;
    }
  } catch {
    // A folder that cannot be read shows nothing; a path can still be typed.
  }
  return files;
}

async function describe(file: string): Promise<FoundRecording | null> {
  try {
    const found = await stat(file);
    return found.isFile() ? { file, bytes: found.size, modifiedAt: found.mtimeMs } : null;
  } catch {
    return null;
  }
}
