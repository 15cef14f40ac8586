/**
 * For PEERGLASS_NATIVE=off: no addon and no C library is loaded, not even past `loadNative`. Code that tries fails its
 * test instead of going unnoticed. The test runner's own addon is not peerglass's.
 */
const { dlopen } = process;
process.dlopen = (...[module, filename, ...flags]: Parameters<typeof dlopen>): void => {
  if (!/[\\/]@rollup[\\/]/.test(filename)) {
    throw new Error(`${filename} is native code, which nothing may load with PEERGLASS_NATIVE=off`);
  }
  dlopen.call(process, module, filename, ...flags);
};
