import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** What is written here may show a screen or tell who watched: it is for its owner alone. */
const PRIVATE = 0o600;
const MAX_LINKS = 40;
/** A reader that takes nothing for that long has stopped reading. */
const PATIENCE_MS = 2000;
const PAUSE_MS = 10;
/** There may be no file beside it, but the file itself may be written: a folder of somebody else's, a file that is mounted. */
const ONLY_IN_PLACE: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM', 'EROFS', 'EBUSY']);

type Target =
  /** A regular file, or one that is not there yet; links are followed. */
  | { readonly kind: 'regular'; readonly path: string; readonly exists: boolean }
  /** A device, a FIFO: what it is must stay, so the bytes go into it. */
  | { readonly kind: 'special'; readonly path: string };

/**
 * Writes a file so that it appears whole or not at all, readable by its owner alone. Only regular files are replaced: symbolic
 * links are followed, and into a device or a FIFO the bytes are written.
 * @throws Error of the system, e.g. EACCES, ENOSPC, EISDIR; ENXIO where nobody reads a FIFO
 */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const target = targetOf(file);
  if (target.kind === 'special') return writeInto(target.path, bytesOf(content));
  const unfinished = besides(target.path);
  try {
    await writeFile(unfinished, content, { flag: 'wx', mode: PRIVATE });
    await rename(unfinished, target.path);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {});
    if (!target.exists || !ONLY_IN_PLACE.has(codeOf(error))) throw error;
    await writeFile(target.path, content);
  }
}

/** The same before it returns, for what must be done while the process ends. */
export function writeWholeSync(file: string, content: string | Uint8Array): void {
  const target = targetOf(file);
  if (target.kind === 'special') {
    writeInto(target.path, bytesOf(content));
    return;
  }
  const unfinished = besides(target.path);
  try {
    writeFileSync(unfinished, content, { flag: 'wx', mode: PRIVATE });
    renameSync(unfinished, target.path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    if (!target.exists || !ONLY_IN_PLACE.has(codeOf(error))) throw error;
    writeFileSync(target.path, content);
  }
}

function targetOf(file: string): Target {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isDirectory()) throw Object.assign(new Error(`EISDIR: it is a folder, '${file}'`), { code: 'EISDIR' });
  if (found && !found.isFile()) return { kind: 'special', path: file };
  return { kind: 'regular', path: endOfLinks(file), exists: found !== undefined };
}

/** Where a link leads to, whose file may not be there yet; what is no link is what it is called, even if it becomes one now. */
function endOfLinks(file: string): string {
  let place = file;
  for (let links = 0; links < MAX_LINKS; links++) {
    const link = lstatSync(place, { throwIfNoEntry: false });
    if (!link?.isSymbolicLink()) return place;
    const folder = realpathSync(path.dirname(place));
    if (!mayFollow(link, statSync(folder), process.geteuid?.())) {
      throw Object.assign(new Error(`EACCES: it is a link of another user, '${file}'`), { code: 'EACCES' });
    }
    place = path.resolve(folder, readlinkSync(place));
  }
  return place;
}

const STICKY = 0o1000;
const FOR_ALL = 0o002;

/**
 * Whether a link is one to be followed, as the system decides it when it opens a file: in a folder where everybody may put
 * something (/tmp) another user's link could lead to a file that only this one may write.
 * @param user undefined where the system has no such users
 */
export function mayFollow(
  link: { readonly uid: number },
  folder: { readonly uid: number; readonly mode: number },
  user: number | undefined,
): boolean {
  const shared = (folder.mode & STICKY) !== 0 && (folder.mode & FOR_ALL) !== 0;
  return user === undefined || !shared || link.uid === user || link.uid === folder.uid;
}

function besides(file: string): string {
  return path.join(path.dirname(file), `.peerglass-${randomBytes(8).toString('hex')}.part`);
}

/** Nothing here waits for ever: a FIFO without a reader is an error, and so is a reader that has stopped. */
function writeInto(file: string, bytes: Uint8Array): void {
  const descriptor = openSync(file, constants.O_WRONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0));
  try {
    let written = 0;
    let progressAt = performance.now();
    while (written < bytes.length) {
      try {
        written += writeSync(descriptor, bytes, written);
        progressAt = performance.now();
      } catch (error) {
        if (codeOf(error) !== 'EAGAIN') throw error;
        if (performance.now() - progressAt > PATIENCE_MS) throw new Error('its reader has stopped reading');
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : content;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** Why a file cannot be read, as the end of a sentence. */
export function whyUnread(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not read it';
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'ENOTDIR') return 'a part of its path is no folder';
  return error instanceof Error ? error.message : String(error);
}

const UNWRITTEN: Readonly<Record<string, string>> = {
  ENXIO: 'nobody reads from it',
  ENOENT: 'there is no such folder',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'that disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'this user has used up the space on that disk',
};

/** Why a file could not be written, for a sentence. */
export function whyUnwritten(error: unknown): string {
  const known = UNWRITTEN[codeOf(error) ?? ''];
  if (known !== undefined) return known;
  return error instanceof Error ? error.message : String(error);
}
