// Finds the files that load a folder by following imports, so that nobody keeps a list.
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** Imports that exist at run time: those of types alone do not. */
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s+(?!type\s)(?:[^'";]*?\sfrom\s+)?'(\.[^']+)'|\bimport\(\s*'(\.[^']+)'\s*\)/g;

/** @returns the source file that an import names, or null if there is none (JSON, built files) */
function sourceOf(place) {
  const candidates = [place.replace(/\.js$/, '.ts'), place.replace(/\.js$/, '.tsx'), place];
  return candidates.find(each => existsSync(each) && statSync(each).isFile()) ?? null;
}

function importsOf(file) {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(IMPORT)]
    .map(([, fixed, dynamic]) => sourceOf(path.resolve(path.dirname(file), fixed ?? dynamic)))
    .filter(each => each !== null);
}

/**
 * @param files paths
 * @param folder a path
 * @returns the files that load something of the folder, directly or through others
 */
export function filesThatLoad(files, folder) {
  const imports = new Map();
  const inside = `${path.resolve(folder)}${path.sep}`;
  const loads = file => {
    const seen = new Set([file]);
    for (const each of seen) {
      if (each.startsWith(inside)) return true;
      if (!imports.has(each)) imports.set(each, importsOf(each));
      for (const next of imports.get(each)) seen.add(next);
    }
    return false;
  };
  return files.filter(file => loads(path.resolve(file)));
}
