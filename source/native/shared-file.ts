import fs from 'node:fs';
import { loadNative } from './load-native.js';

/** From sys/mman.h and fcntl.h, Linux's own. */
const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_ADD_SEALS = 1033;
const F_SEAL_SEAL = 1;
const F_SEAL_SHRINK = 2;
const F_SEAL_GROW = 4;

const CHUNK = 1 << 20;

interface FileCalls {
  create(name: string, flags: number): number;
  control(descriptor: number, command: number, value: number): number;
}

/** Loaded once a process. */
let calls: FileCalls | null | undefined;

function fileCalls(): FileCalls | null {
  if (calls !== undefined) return calls;
  calls = null;
  if (process.platform !== 'linux') return null;
  try {
    const libc = loadNative('koffi').load(null);
    calls = {
      create: libc.func('int memfd_create(const char *, unsigned int)'),
      control: libc.func('int fcntl(int, int, int)'),
    };
  } catch {
    // Without koffi, or with a C library without memfd_create: files go to a folder then.
  }
  return calls;
}

/**
 * An empty, anonymous file in memory (memfd), outside /dev/shm. Anybody with the descriptor can truncate it, so read
 * and write it, but do not map it.
 * @returns its descriptor, or null where the system has no such files
 */
export function createMemoryFile(name: string): number | null {
  const descriptor = fileCalls()?.create(name, MFD_CLOEXEC) ?? -1;
  return descriptor < 0 ? null : descriptor;
}

/**
 * An anonymous file of `size` zeros in memory (memfd), outside /dev/shm. It is sealed: a receiver of the descriptor can
 * write to it but not resize it, so a mapping stays valid.
 * @returns its descriptor, or null where the system has no such files
 * @throws Error when there is no memory for it
 */
export function createSharedFile(name: string, size: number): number | null {
  const system = fileCalls();
  const descriptor = system?.create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING) ?? -1;
  if (!system || descriptor < 0) return null;
  try {
    writeZeros(descriptor, size);
  } catch (error) {
    fs.closeSync(descriptor);
    throw error;
  }
  if (system.control(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) === 0) return descriptor;
  fs.closeSync(descriptor);
  return null;
}

/** Written, not just extended: a full system must fail here, not later on a write to the mapping. */
export function writeZeros(descriptor: number, size: number): void {
  const zeros = Buffer.alloc(Math.min(size, CHUNK));
  for (let offset = 0; offset < size; offset += zeros.length) {
    fs.writeSync(descriptor, zeros, 0, Math.min(zeros.length, size - offset), offset);
  }
}
