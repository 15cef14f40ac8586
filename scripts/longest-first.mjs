// The order in which vitest runs the files of the tests.
import { statSync } from 'node:fs';
import path from 'node:path';
import { BaseSequencer } from 'vitest/node';

/** What a file is taken to need that nobody has run yet: most take a second for so many bytes. */
const BYTES_A_SECOND = 3_000;

/**
 * The files of each project go longest first, so that no lane ends with a long one alone. The projects are dealt out evenly
 * over the run, so that tests which wait for screens and terminals lie beside tests which compute.
 */
export default class LongestFirst extends BaseSequencer {
  async sort(files) {
    const projects = new Map();
    for (const file of files) {
      const { name } = file.project;
      if (!projects.has(name)) projects.set(name, []);
      projects.get(name).push({ file, ms: this.#expected(file) });
    }
    const placed = [];
    for (const timed of projects.values()) {
      const total = timed.reduce((sum, { ms }) => sum + ms, 0);
      let before = 0;
      for (const { file, ms } of timed.sort((a, b) => b.ms - a.ms)) {
        placed.push({ file, at: before / total });
        before += ms;
      }
    }
    return placed.sort((a, b) => a.at - b.at).map(({ file }) => file);
  }

  /** Milliseconds: what it took the last time, or else what its size lets expect. */
  #expected({ project, moduleId }) {
    const { config, cache } = this.ctx;
    const known = cache.getFileTestResults(`${project.name}:${path.relative(config.root, moduleId)}`);
    return known?.duration || (statSync(moduleId).size / BYTES_A_SECOND) * 1000;
  }
}
