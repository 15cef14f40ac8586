import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** A program's path, found on PATH; null if there is none. */
export function findProgram(name) {
  const endings = process.platform === 'win32' ? (process.env.PATHEXT ?? '.EXE;.CMD').split(';') : [''];
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    if (!folder) continue;
    for (const ending of endings) {
      const file = path.join(folder, name + ending);
      try {
        accessSync(file, constants.X_OK);
        if (statSync(file).isFile()) return file;
      } catch {
        // not in this folder
      }
    }
  }
  return null;
}
