// Checks whether dist/ was built from the current sources.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const STAMP = 'dist/.built-from';

function* filesBelow(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(place);
    else yield place;
  }
}

function fingerprint(root) {
  const hash = createHash('sha256');
  const settings = ['tsconfig.json', 'tsconfig.core.json', 'tsconfig.library.json', 'package-lock.json'];
  const files = ['cli.tsx', 'scripts/build.mjs', 'scripts/browser-bundle.mjs', ...settings].map(name =>
    path.join(root, name),
  );
  for (const file of [...files, ...filesBelow(path.join(root, 'source'))].sort()) {
    const state = statSync(file, { throwIfNoEntry: false });
    hash.update(`${path.relative(root, file)} ${state?.size} ${state?.mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** Taken before the build starts, so that a file saved during the build is built the next time. */
export function beginBuild(root) {
  const before = fingerprint(root);
  return { finish: () => writeFileSync(path.join(root, STAMP), before) };
}

export function isBuilt(root) {
  try {
    return readFileSync(path.join(root, STAMP), 'utf8') === fingerprint(root);
  } catch {
    return false;
  }
}
