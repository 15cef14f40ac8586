import { randomBytes } from 'node:crypto';
import {
  accessSync,
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
import { type FileHandle, open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Files written here may show a screen or reveal viewers: only their owner may read them. */
const PRIVATE = 0o600;
const MAX_LINKS = 40;
/** A FIFO reader that takes nothing for this long has stopped. */
const PATIENCE_MS = 2000;
const PAUSE_MS = 10;
/**
 * A temporary file beside it is impossible, but the file itself may be writable: another user's folder, or a mounted
 * file.
 */
const ONLY_IN_PLACE: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM', 'EROFS', 'EBUSY']);

type Target =
  /** A regular file, or a new one; links are followed. */
  | { readonly kind: 'regular'; readonly path: string; readonly exists: boolean }
  /** A device or FIFO must not be replaced, so the bytes are written into it. */
  | { readonly kind: 'special'; readonly path: string };

/**
 * Writes a file atomically, readable by its owner alone. Only regular files are replaced: symbolic links are followed,
 * and devices and FIFOs are written into.
 * @throws Error of the system, e.g. EACCES, ENOSPC, EISDIR; ENXIO for a FIFO without a reader
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

/**
 * Opens a new file, readable by its owner alone, for content that is written bit by bit. A regular file of that name is
 * replaced as a whole; symbolic links are followed, devices and FIFOs are refused.
 * @throws Error of the system; ENOTREG for what is no regular file
 */
export async function openNew(file: string): Promise<FileHandle> {
  const target = targetOf(file);
  if (target.kind === 'special') throw notRegular();
  const unfinished = besides(target.path);
  let handle: FileHandle | null = null;
  try {
    handle = await open(unfinished, 'wx', PRIVATE);
    await rename(unfinished, target.path);
    return handle;
  } catch (error) {
    await handle?.close();
    await rm(unfinished, { force: true }).catch(() => {});
    if (!target.exists || !ONLY_IN_PLACE.has(codeOf(error))) throw error;
    return open(target.path, 'w');
  }
}

/** As writeWhole, synchronously, for use while the process exits. */
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

/**
 * Checks that a file can be written, as far as that shows without touching it.
 * @param way `whole` as by writeWhole, `new` as by openNew, or `in place`: opened for writing as it is
 * @throws Error as those do
 */
export function checkWritable(file: string, way: 'whole' | 'new' | 'in place'): void {
  const target = targetOf(file);
  if (target.kind === 'special' && way === 'new') throw notRegular();
  if (target.kind === 'special' || (target.exists && way === 'in place')) {
    accessSync(target.path, constants.W_OK);
    return;
  }
  try {
    accessSync(path.dirname(target.path), constants.W_OK | constants.X_OK);
  } catch (error) {
    if (!target.exists || !ONLY_IN_PLACE.has(codeOf(error))) throw error;
    accessSync(target.path, constants.W_OK);
  }
}

const { O_WRONLY, O_CREAT, O_APPEND, O_TRUNC } = constants;
/** Opening waits for nobody: a FIFO without a reader is an error (ENXIO), and a terminal is not taken. */
const AT_ONCE = O_WRONLY | O_CREAT | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/**
 * How to open a file that is written bit by bit as it is, so that FIFOs and devices are written into: with these flags,
 * for its owner alone. Writing into a FIFO whose reader is slow is an error then (EAGAIN).
 */
export const IN_PLACE = { append: AT_ONCE | O_APPEND, replace: AT_ONCE | O_TRUNC, mode: PRIVATE } as const;

/**
 * Holds a FIFO open until the returned function is called, so that a program that opens it meanwhile waits for no
 * reader. Other files are left alone.
 * @throws Error ENXIO for a FIFO without a reader
 */
export function holdFifo(file: string): () => void {
  if (!statSync(file, { throwIfNoEntry: false })?.isFIFO()) return () => {};
  const descriptor = openSync(file, AT_ONCE);
  return () => closeSync(descriptor);
}

function notRegular(): Error {
  return Object.assign(new Error('it is not a regular file'), { code: 'ENOTREG' });
}

function targetOf(file: string): Target {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isDirectory()) throw Object.assign(new Error(`EISDIR: is a folder, '${file}'`), { code: 'EISDIR' });
  if (found && !found.isFile()) return { kind: 'special', path: file };
  return { kind: 'regular', path: endOfLinks(file), exists: found !== undefined };
}

/** The target of a link, which may not exist yet; anything else is its own target, even if it becomes a link now. */
function endOfLinks(file: string): string {
  let place = file;
  for (let links = 0; links < MAX_LINKS; links++) {
    const link = lstatSync(place, { throwIfNoEntry: false });
    if (!link?.isSymbolicLink()) return place;
    const folder = realpathSync(path.dirname(place));
    if (!mayFollow(link, statSync(folder), process.geteuid?.())) {
      throw Object.assign(new Error(`EACCES: the link belongs to another user, '${file}'`), { code: 'EACCES' });
    }
    place = path.resolve(folder, readlinkSync(place));
  }
  return place;
}

const STICKY = 0o1000;
const FOR_ALL = 0o002;

/**
 * Whether to follow a link, by the rule of the system (protected_symlinks): in a folder writable by everybody (/tmp)
 * another user's link could lead to a file that only this user may write.
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

/** Nothing here waits for ever: a FIFO without a reader, or with one that has stopped, is an error. */
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
  if (code === 'ENAMETOOLONG') return 'its name is too long';
  if (code === 'ELOOP') return 'its link leads in a circle';
  return error instanceof Error ? error.message : String(error);
}

const UNWRITTEN: Readonly<Record<string, string>> = {
  ENXIO: 'nobody reads from it',
  EPIPE: 'nobody reads from it any more',
  EAGAIN: 'its reader has stopped reading',
  ENOENT: 'there is no such folder',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'that disk is read-only',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its link leads in a circle',
  EDQUOT: 'this user has used up the space on that disk',
};

/** Why a file could not be written, for a sentence. */
export function whyUnwritten(error: unknown): string {
  const known = UNWRITTEN[codeOf(error) ?? ''];
  if (known !== undefined) return known;
  return error instanceof Error ? error.message : String(error);
}
