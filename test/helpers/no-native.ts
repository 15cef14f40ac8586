/**
 * With PEERGLASS_NATIVE=off: whatever a test loads, no addon and no C library gets in, past `loadNative` neither. A way
 * around it fails the test instead of going unnoticed.
 */
process.dlopen = (_module: object, filename: string): never => {
  throw new Error(`${filename} is native code, which nothing may load with PEERGLASS_NATIVE=off`);
};
