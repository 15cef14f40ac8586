// The order in which vitest runs the files of the tests.
import { statSync } from 'node:fs';
import path from 'node:path';
import { BaseSequencer } from 'vitest/node';

const sum = numbers => numbers.reduce((total, number) => total + number, 0);

/**
 * The files of each project go longest first, so that no lane ends with a long one alone. The projects are dealt out evenly
 * over the run, so that tests which wait for screens and terminals lie beside tests which compute.
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

  /** With how long each file takes: as long as the last time, or what its size lets expect beside those that are known. */
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
