import { afterEach } from 'vitest';

interface Stoppable {
  stop(): Promise<unknown>;
}

/** Ends everything a test started, the latest first, also after a failure. Call it once at the top of a test file. */
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
