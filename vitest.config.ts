import { defineConfig } from 'vitest/config';

/** Tests with real displays, terminals, processes and clocks: one file at a time, after everything else. */
const WITH_THE_MACHINE = [
  'test/e2e/**/*.test.{ts,tsx}',
  'test/interop/**/*.test.ts',
  'test/**/*.machine.test.{ts,tsx}',
];

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
  pool: 'forks',
  testTimeout: 30_000,
  hookTimeout: 30_000,
  teardownTimeout: 5_000,
  // A busy machine takes longer than the second that there is otherwise.
  expect: { poll: { timeout: 10_000 } },
} as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: WITH_THE_MACHINE,
          poolOptions: { forks: { minForks: 1, maxForks: 2 } },
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'without-vectors',
          include: WITH_PIXELS,
          exclude: ['**/*{cosine,deflate}*'],
          // As on a processor without SSE4.1, where WebAssembly has no SIMD.
          poolOptions: { forks: { minForks: 1, maxForks: 2, execArgv: ['--no-enable-sse4-1'] } },
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'without-native',
          include: WITHOUT_NATIVE,
          exclude: WITH_THE_MACHINE,
          env: { PEERGLASS_NATIVE: 'off' },
          poolOptions: { forks: { minForks: 1, maxForks: 2 } },
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'machine',
          include: WITH_THE_MACHINE,
          testTimeout: 90_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
