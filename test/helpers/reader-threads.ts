import koffi from 'koffi';

const THREADS = 3;
const compare = koffi.load(null).func('int memcmp(const void *, const void *, size_t)');

/** Threads read the bytes from now on, once each: answers whether all of them have seen what was to be seen. */
export async function readerThreads(bytes: Uint8Array, expected: Uint8Array): Promise<boolean> {
  const reading = Array.from(
    { length: THREADS },
    () =>
      new Promise<number>((resolve, reject) => {
        compare.async(bytes, expected, bytes.length, (error: Error | null, difference: number) =>
          error ? reject(error) : resolve(difference),
        );
      }),
  );
  return (await Promise.all(reading)).every(difference => difference === 0);
}
