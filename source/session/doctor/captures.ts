/** The first captures are slower: libraries are loaded, memory is mapped. */
const WARM_UP = 2;
const MEASURED = 5;

/** The median of a few runs, in milliseconds. */
export async function typical(run: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let count = -WARM_UP; count < MEASURED; count++) {
    const began = performance.now();
    await run();
    if (count >= 0) times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[MEASURED >> 1]!;
}
