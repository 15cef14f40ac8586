// Builds dist/: the TypeScript program, and the WebAssembly kernels from their AssemblyScript.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beginBuild } from './build-stamp.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const kernels = path.join(root, 'source/pixels/kernels');
const wasm = path.join(root, 'dist/source/pixels/kernels.wasm');
const require = createRequire(import.meta.url);

function run(script, argv) {
  const { status } = spawnSync(process.execPath, [script, ...argv], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

function modified(file) {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

function buildKernels() {
  const sources = readdirSync(kernels).filter(name => name.endsWith('.ts') && !name.endsWith('.d.ts'));
  if (sources.length === 0) return;
  if (sources.every(name => modified(path.join(kernels, name)) < modified(wasm))) return;
  mkdirSync(path.dirname(wasm), { recursive: true });
  run(path.join(path.dirname(require.resolve('assemblyscript/package.json')), 'bin/asc.js'), [
    ...sources.map(name => path.join('source/pixels/kernels', name)),
    ...['-o', wasm, '-O3', '--runtime', 'stub', '--enable', 'simd', '--importMemory', '--noAssert'],
  ]);
}

const build = beginBuild(root);
buildKernels();
run(path.join(path.dirname(require.resolve('typescript/package.json')), 'bin/tsc'), ['-p', 'tsconfig.json']);
build.finish();
