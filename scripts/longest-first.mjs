// The order in which vitest runs the test files.
import { statSync } from 'node:fs';
import path from 'node:path';
import { BaseSequencer } from 'vitest/node';

const sum = numbers => numbers.reduce((total, number) => total + number, 0);

/**
 * Runs the files of each project longest first, so that no lane ends with one long file. The projects are spread evenly
 * over the run, so that tests that wait for screens and terminals run beside tests that compute.
 */
export default class LongestFirst extends BaseSequencer {
  async sort(files) {
    const projects = new Map();
    for (const file of files) {
      const { name } = file.project;
      projects.set(name, [...(projects.get(name) ?? []), file]);
    }
    const placed = [];
    for (const timed of [...projects.values()].map(each => this.#timed(each))) {
      const total = sum(timed.map(({ ms }) => ms));
      let before = 0;
      for (const { file, ms } of timed.sort((a, b) => b.ms - a.ms)) {
        placed.push({ file, at: before / total });
        before += ms;
      }
    }
    return placed.sort((a, b) => a.at - b.at).map(({ file }) => file);
  }

  /** Adds each file's duration: that of the last run, or an estimate from its size and the known ones. */
  #timed(files) {
    const { config, cache } = this.ctx;
    const all = files.map(file => {
      const name = `${file.project.name}:${path.relative(config.root, file.moduleId)}`;
      return { file, bytes: statSync(file.moduleId).size, known: cache.getFileTestResults(name)?.duration };
    });
    const known = all.filter(each => each.known);
    const rate = known.length === 0 ? 1 : sum(known.map(each => each.known)) / sum(known.map(({ bytes }) => bytes));
    return all.map(({ file, bytes, known: ms }) => ({ file, ms: ms || bytes * rate }));
  }
}
