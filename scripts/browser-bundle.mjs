// The page that a share serves to browsers: from source/browser to the few files of dist/browser, each also compressed.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** The oldest browsers with all that the worker needs, from spring 2023 or before; the page names them (card.ts). */
const WORKER_TARGETS = ['chrome97', 'firefox105', 'safari16.4'];
/** The page also runs in browsers that are too old, to say so. */
const PAGE_TARGETS = ['chrome80', 'firefox78', 'safari14.1'];

const COPIED = ['index.html', 'style.css', 'icon.svg'];

/** @returns what esbuild tells of the bundle: its files in memory, and what went into them */
export function bundle(root, name, write = null) {
  return build({
    entryPoints: [path.join(root, `source/browser/${name}.ts`)],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: write !== null,
    ...(write === null ? {} : { outfile: write }),
    metafile: true,
    format: 'iife',
    platform: 'neutral',
    target: name === 'page' ? PAGE_TARGETS : WORKER_TARGETS,
    legalComments: 'none',
    charset: 'utf8',
    logLevel: 'warning',
    tsconfig: path.join(root, 'source/browser/tsconfig.json'),
  });
}

/** What goes to browsers that accept gzip: nearly all. */
function compress(file) {
  writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
}

/** The page of a recording, in one file: all but the recording itself. */
async function buildPlayer(root, to) {
  const { outputFiles } = await bundle(root, 'player');
  const script = outputFiles[0].text.replaceAll('</script', '<\\/script');
  const kernels = readFileSync(path.join(to, 'kernels.wasm')).toString('base64');
  const page = readFileSync(path.join(root, 'source/browser/player.html'), 'utf8')
    .replace('/* player */', () => script)
    .replace('<!-- kernels -->', () => kernels);
  writeFileSync(path.join(to, 'player.html'), page);
}

export async function buildBrowser(root) {
  const to = path.join(root, 'dist/browser');
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  for (const name of COPIED) copyFileSync(path.join(root, 'source/browser', name), path.join(to, name));
  copyFileSync(path.join(root, 'dist/source/pixels/kernels.wasm'), path.join(to, 'kernels.wasm'));
  for (const name of ['page', 'worker']) await bundle(root, name, path.join(to, `${name}.js`));
  for (const name of [...COPIED, 'kernels.wasm', 'page.js', 'worker.js']) compress(path.join(to, name));
  await buildPlayer(root, to);
}
