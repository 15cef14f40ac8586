import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { filesThatLoad } from './scripts/import-graph.mjs';
import LongestFirst from './scripts/longest-first.mjs';

const SOURCES = path.resolve('source');
const BUILT = path.resolve('dist/source');

/**
 * How many files run at a time. One more than there are cores, because many of them wait: for displays, for programs,
 * for seconds to pass. Pools belong to the whole run: what a project says of them is not read.
 */
const LANES = Math.min(4, availableParallelism() + 1);

/**
 * Tests with real displays, terminals and processes. Each starts what it needs, on displays, ports and networks of its
 * own.
 */
const WITH_THE_MACHINE = [
  'test/e2e/**/*.test.{ts,tsx}',
  'test/interop/**/*.test.ts',
  'test/**/*.machine.test.{ts,tsx}',
];

/** Of those the ones that `npm test` leaves out: what they start is large to install, or they take minutes. */
const ONLY_INTEROP = [
  'test/interop/{broadcast-caches,broadcast-loads,echo-fuzz,film-in-browsers,h264-fuzz,newer-tigervnc,wayland-mutter}.test.ts',
];

/**
 * Of those the ones that measure what is promised in milliseconds, or need every packet of a capture, so that a busy
 * neighbour would be taken for a fault.
 */
const ALONE = ['test/e2e/{cut-link,bench,packet-list}.test.ts'];

/** What is held again with the kernels that have no vectors. */
const WITH_PIXELS = ['test/pixels/{kernels-*,vectors}.test.ts', 'test/codecs/{round-trip,decoders}.test.ts'];

/**
 * Slow ones that come to native code and ask nothing of it: many viewers, many tries, links that die, handshakes,
 * kernels on several threads, a stand-in for a library.
 */
const SAME_AND_SLOW: readonly string[] = [
  'test/capture/screenshots/shot-process.test.ts',
  'test/capture/x11/connection.test.ts',
  'test/pixels/several-threads.test.ts',
  'test/session/cpace-share.test.ts',
  'test/session/encrypted-share.test.ts',
  'test/session/rsa-aes.test.ts',
  'test/session/share/encode-barrier.test.ts',
  'test/session/share/exchange-floods.test.ts',
  'test/session/share/full-share.test.ts',
  'test/session/share/refresh-queue.test.ts',
  'test/session/share/refresh-slices.test.ts',
  'test/session/share/rfb-access.test.ts',
  'test/session/share/rfb-hostile.test.ts',
  'test/session/share/rfb-many-viewers.test.ts',
  'test/session/share/rfb-serving.test.ts',
  'test/session/share/source-loss.test.ts',
  'test/session/share/video/exact-areas.test.ts',
  'test/session/share/video/film-share.test.ts',
  'test/session/share/viewer-limits.test.ts',
  'test/session/share/web-viewers.test.ts',
  'test/session/watch/dead-links.test.ts',
  'test/session/watch/rfb/any-bytes.test.ts',
  'test/session/watch/rfb/several-threads.test.ts',
];

/** The slowest, and those that use all cores: in a whole run they have a process of their own, beside the others. */
const OWN_PROCESS: readonly string[] = [
  'test/capture/screenshots/shot-process.test.ts',
  'test/codecs/encoders.test.ts',
  'test/pixels/several-threads.test.ts',
  'test/session/share/bakeoff.test.ts',
  'test/session/share/full-share.test.ts',
  'test/session/share/refresh-slices.test.ts',
  'test/session/share/rfb-many-viewers.test.ts',
  'test/session/share/rfb-serving.test.ts',
  'test/session/share/video/exact-areas.test.ts',
  'test/session/share/video/film-share.test.ts',
  'test/session/share/web-viewers.test.ts',
  'test/session/watch/dead-links.test.ts',
  'test/session/watch/rfb/several-threads.test.ts',
];

/**
 * What is held again where no C library and no addon may be loaded: the tests that come to source/native, however many
 * files are in between. All others are the same there; `PEERGLASS_NATIVE=off npm test -- --project unit` runs those as
 * well.
 */
const WITHOUT_NATIVE = filesThatLoad(unitTests(), 'source/native').filter(file => !SAME_AND_SLOW.includes(file));

/**
 * In a whole run the unit tests follow each other in one thread, which loads each module once: two thirds of what they
 * took went into starting processes and loading modules. A file that is chosen has a process of its own.
 */
const IN_ONE_THREAD = process.env.PEERGLASS_TEST_WHOLE ? unitTests().filter(file => !OWN_PROCESS.includes(file)) : [];

/** Refuses what gets past the switch. */
const NO_NATIVE = ['test/helpers/no-native.ts'];

/**
 * Tests announce nothing on the networks of this machine, and look for nobody there: only in a network of their own.
 */
const NOT_ANNOUNCED = { PEERGLASS_MDNS: 'off' };

/**
 * As the launcher sets it, so that the terminal UI runs on the React that ships. The one for development takes half as
 * long again.
 */
const AS_SHIPPED = { NODE_ENV: 'production' };

/** The JSX of that React. */
const esbuild = { jsxDev: false } as const;

const shared = {
  env: { ...NOT_ANNOUNCED, ...AS_SHIPPED },
  setupFiles: 'test/helpers/end-with-the-run.ts',
  // What never ends is ended. Nothing is to depend on how long that takes: neighbours may take the processor for a
  // while.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  teardownTimeout: 5_000,
  // A test without an expectation cannot fail. A busy machine takes longer than the default second.
  expect: { requireAssertions: true, poll: { timeout: 30_000 } },
} as const;

/** Unit tests ask nobody but this process. */
const QUICK_TO_ASK = { ...shared.expect, poll: { ...shared.expect.poll, interval: 10 } };

const unit = {
  esbuild,
  test: {
    ...shared,
    name: 'unit',
    expect: QUICK_TO_ASK,
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: [...WITH_THE_MACHINE, ...IN_ONE_THREAD],
    setupFiles: process.env.PEERGLASS_NATIVE === 'off' ? NO_NATIVE : [],
  },
};

const inOneThread = {
  ...unit,
  test: { ...unit.test, name: 'unit-in-thread', include: IN_ONE_THREAD, exclude: [], pool: 'threads' },
};

const withoutVectors = {
  esbuild,
  test: {
    ...shared,
    name: 'without-vectors',
    include: WITH_PIXELS,
    exclude: ['**/*{chacha20,cosine,deflate}*'],
    testTimeout: 120_000,
    // The only project in this pool, whose processes lack them.
    pool: 'vmForks',
    env: { ...NOT_ANNOUNCED, ...AS_SHIPPED, PEERGLASS_TEST_VECTORS: 'off' },
  },
} as const;

const withoutNative = {
  esbuild,
  test: {
    ...shared,
    name: 'without-native',
    expect: QUICK_TO_ASK,
    include: WITHOUT_NATIVE,
    setupFiles: NO_NATIVE,
    // The same tests as in `unit`, where each file has a process of its own: here they follow each other in one thread.
    pool: 'threads',
    env: { ...NOT_ANNOUNCED, ...AS_SHIPPED, PEERGLASS_NATIVE: 'off' },
  },
};

/** What the build made of the sources is loaded: it is there, and need not be transformed for each of these files. */
const built = {
  name: 'built',
  enforce: 'pre',
  resolveId(imported: string, importer: string | undefined) {
    if (!importer || !imported.startsWith('.')) return null;
    const file = path.relative(SOURCES, path.resolve(path.dirname(importer), imported));
    return file.startsWith('..') || !file.endsWith('.js') ? null : path.join(BUILT, file);
  },
} as const;

const machine = {
  ...shared,
  server: { deps: { external: [/\/dist\/source\//] } },
  testTimeout: 120_000,
  globalSetup: 'test/helpers/abandoned.ts',
};
const inLanes = {
  esbuild,
  plugins: [built],
  test: {
    ...machine,
    name: 'machine',
    include: WITH_THE_MACHINE,
    exclude: process.env.PEERGLASS_INTEROP ? ALONE : [...ALONE, ...ONLY_INTEROP],
  },
};
const alone = {
  esbuild,
  plugins: [built],
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
      threads: { minThreads: 1, maxThreads: 1, isolate: false },
      // As on a processor without SSE4.1, where WebAssembly has no SIMD.
      vmForks: { minForks: 1, maxForks: 1, execArgv: ['--no-enable-sse4-1'] },
    },
    sequence: { sequencer: LongestFirst },
    projects: [
      unit,
      ...(IN_ONE_THREAD.length > 0 ? [inOneThread] : []),
      ...(process.arch === 'x64' ? [withoutVectors] : []),
      withoutNative,
      ...(process.platform === 'linux' ? [inLanes, alone] : []),
    ],
  },
});

/** Paths of those that need no display, terminal or process. */
function unitTests(): string[] {
  return readdirSync('test', { recursive: true, encoding: 'utf8' })
    .map(file => `test/${file.replaceAll('\\', '/')}`)
    .filter(file => /\.test\.tsx?$/.test(file) && !/^test\/(e2e|interop)\/|\.machine\.test\.tsx?$/.test(file));
}
