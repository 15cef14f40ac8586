import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import LongestFirst from './scripts/longest-first.mjs';

/** How many files run at a time. Pools belong to the whole run: what a project says of them is not read. */
const LANES = Math.min(4, availableParallelism());

/** Tests with real displays, terminals and processes. Each starts what it needs, on displays, ports and networks of its own. */
const WITH_THE_MACHINE = [
  'test/e2e/**/*.test.{ts,tsx}',
  'test/interop/**/*.test.ts',
  'test/**/*.machine.test.{ts,tsx}',
];

/** Of those the ones that measure what is promised in milliseconds, so that a busy neighbour would be taken for a fault. */
const ALONE = ['test/e2e/{cut-link,bench}.test.ts'];

/** What is held again with the kernels that have no vectors. */
const WITH_PIXELS = ['test/pixels/{kernels-*,vectors}.test.ts', 'test/codecs/{round-trip,decoders}.test.ts'];

/** What is held again where no C library and no addon may be loaded. */
const WITHOUT_NATIVE = [
  'test/native/native-mode.test.ts',
  'test/codecs/{round-trip,decoders}.test.ts',
  'test/protocols/**/*.test.ts',
  'test/transport/{connect,liveness,classic-pacer,rfb-pacers}.test.ts',
  'test/capture/{choose,coalesce,pinned-part}.test.ts',
];

const shared = {
  // What never ends is ended. Nothing is to depend on how long that takes: neighbours may take the processor for a while.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  teardownTimeout: 5_000,
  // A busy machine takes longer than the second that there is otherwise.
  expect: { poll: { timeout: 30_000 } },
} as const;

const unit = {
  test: { ...shared, name: 'unit', include: ['test/**/*.test.{ts,tsx}'], exclude: WITH_THE_MACHINE },
};

const withoutVectors = {
  test: {
    ...shared,
    name: 'without-vectors',
    include: WITH_PIXELS,
    exclude: ['**/*{cosine,deflate}*'],
    testTimeout: 120_000,
    // The only project in this pool, whose processes lack them.
    pool: 'vmForks',
    env: { PEERGLASS_TEST_VECTORS: 'off' },
  },
} as const;

const withoutNative = {
  test: {
    ...shared,
    name: 'without-native',
    include: WITHOUT_NATIVE,
    exclude: WITH_THE_MACHINE,
    env: { PEERGLASS_NATIVE: 'off' },
  },
};

const machine = {
  ...shared,
  testTimeout: 120_000,
  globalSetup: 'test/helpers/abandoned.ts',
};
const inLanes = { test: { ...machine, name: 'machine', include: WITH_THE_MACHINE, exclude: ALONE } };
const alone = {
  test: {
    ...machine,
    name: 'alone',
    include: ALONE,
    poolOptions: { forks: { singleFork: true } },
    sequence: { groupOrder: 1 },
  },
};

export default defineConfig({
  test: {
    pool: 'forks',
    poolOptions: {
      forks: { minForks: 1, maxForks: LANES },
      // As on a processor without SSE4.1, where WebAssembly has no SIMD.
      vmForks: { minForks: 1, maxForks: 1, execArgv: ['--no-enable-sse4-1'] },
    },
    sequence: { sequencer: LongestFirst },
    projects: [
      unit,
      ...(process.arch === 'x64' ? [withoutVectors] : []),
      withoutNative,
      ...(process.platform === 'linux' ? [inLanes, alone] : []),
    ],
  },
});
