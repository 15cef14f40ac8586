import { afterEach } from 'vitest';

type Stoppable = { stop(): Promise<unknown> } | { close(): void };

/** Ends everything a test started, the latest first, also after a failure. Call it once at the top of a test file. */
export function stopAfterEach(): <Thing extends Stoppable>(thing: Thing) => Thing {
  const started: Stoppable[] = [];
  afterEach(async () => {
    for (const thing of started.splice(0).reverse()) await ('stop' in thing ? thing.stop() : thing.close());
  });
  return thing => {
    started.push(thing);
    return thing;
  };
}
