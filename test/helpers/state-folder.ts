import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';

/**
 * A state folder for whatever the tests of this file or block start: shares that encrypt keep their keys there. Call it
 * at the top of the file or block.
 * @param lifetime one for each test, or one for all of them
 */
export function ownStateFolder(lifetime: 'test' | 'all'): { readonly path: string } {
  let folder = '';
  let before: string | undefined;
  const [begin, end] = lifetime === 'test' ? [beforeEach, afterEach] : [beforeAll, afterAll];
  begin(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-state-'));
    before = process.env.XDG_STATE_HOME;
    process.env.XDG_STATE_HOME = folder;
  });
  end(() => {
    if (before === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = before;
    rmSync(folder, { recursive: true });
  });
  return {
    get path() {
      return folder;
    },
  };
}
