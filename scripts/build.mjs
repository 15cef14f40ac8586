// Builds dist/: the TypeScript program, the WebAssembly kernels from their AssemblyScript, and the page for browsers.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBrowser } from './browser-bundle.mjs';
import { beginBuild } from './build-stamp.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const kernels = path.join(root, 'source/pixels/kernels');
const require = createRequire(import.meta.url);

/** Resolves when it has succeeded; a failure ends the build. */
function run(script, argv) {
  const child = spawn(process.execPath, [script, ...argv], { cwd: root, stdio: ['ignore', 2, 2] });
  return new Promise(resolve =>
    child.on('close', code => {
      if (code !== 0) process.exit(code ?? 1);
      resolve();
    }),
  );
}

function modified(file) {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

/** The kernels that have no substitute on processors without vectors. */
const ONLY_WITH_VECTORS = /cosine|chacha20/;

/** For a memory that several threads share, which must have a limit: 4 GiB. */
const SHARED = ['--enable', 'threads', '--sharedMemory', '--maximumMemory', '65536'];

/** Builds the kernels: with vectors (WebAssembly SIMD), the same for several threads, and plain for processors without. */
function buildKernels() {
  const all = readdirSync(kernels).filter(name => name.endsWith('.ts') && !name.endsWith('.d.ts'));
  return Promise.all([
    compileKernels(all, 'kernels.wasm', ['--enable', 'simd']),
    compileKernels(all, 'kernels-shared.wasm', ['--enable', 'simd', ...SHARED]),
    compileKernels(
      all.filter(name => !ONLY_WITH_VECTORS.test(name)),
      'kernels-plain.wasm',
      [],
    ),
  ]);
}

async function compileKernels(sources, name, features) {
  const wasm = path.join(root, 'dist/source/pixels', name);
  if (sources.every(source => modified(path.join(kernels, source)) < modified(wasm))) return;
  mkdirSync(path.dirname(wasm), { recursive: true });
  await run(path.join(path.dirname(require.resolve('assemblyscript/package.json')), 'bin/asc.js'), [
    ...sources.map(source => path.join('source/pixels/kernels', source)),
    ...['-o', wasm, '-O3', '--runtime', 'stub', ...features, '--importMemory', '--noAssert'],
  ]);
}

/** The package's declarations: those that its entries import, and no others. */
async function buildDeclarations() {
  const types = path.join(root, 'dist/types');
  rmSync(types, { recursive: true, force: true });
  await run(tsc, ['-p', 'tsconfig.library.json']);
  const reached = new Set();
  const reach = file => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const [, place] of readFileSync(file, 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]+)\.js['"]/g)) {
      reach(path.join(path.dirname(file), `${place}.d.ts`));
    }
  };
  for (const name of readdirSync(path.join(types, 'library'))) reach(path.join(types, 'library', name));
  for (const entry of readdirSync(types, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && !reached.has(file)) rmSync(file);
  }
}

/** Removes built files whose sources are gone. */
function removeOrphans() {
  const built = path.join(root, 'dist/source');
  for (const entry of readdirSync(built, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const name = /^(.*)\.js(\.map)?$/.exec(path.relative(built, file))?.[1];
    const sources = ['.ts', '.tsx'].map(end => path.join(root, 'source', `${name}${end}`));
    if (entry.isFile() && name !== undefined && !sources.some(source => existsSync(source))) rmSync(file);
  }
}

const tsc = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin/tsc');

async function buildProgram() {
  // The core must run on any platform: it is checked without the types of Node or a browser.
  await run(tsc, ['-p', 'tsconfig.core.json']);
  await run(tsc, ['-p', 'source/browser/tsconfig.json']);
  await run(tsc, ['-p', 'tsconfig.json']);
  removeOrphans();
  await buildDeclarations();
}

const build = beginBuild(root);
await Promise.all([buildKernels(), buildProgram()]);
await buildBrowser(root);
build.finish();
