import { afterEach } from 'vitest';

interface Stoppable {
  stop(): Promise<unknown>;
}

/** Ends what a test started, the last first, whatever becomes of the test. Call it once at the top of a test file. */
export function stopAfterEach(): <Thing extends Stoppable>(thing: Thing) => Thing {
  const started: Stoppable[] = [];
  afterEach(async () => {
    for (const thing of started.splice(0).reverse()) await thing.stop();
  });
  return thing => {
    started.push(thing);
    return thing;
  };
}
