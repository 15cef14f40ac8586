// A vitest reporter that counts what ran, for the closing line of `npm test`.
import { writeFileSync } from 'node:fs';

export default class CountingReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      let seen = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[state === 'passed' || state === 'skipped' ? state : 'failed'] += 1;
        seen += 1;
      }
      // A file that cannot be loaded, or a suite whose hooks fail, is a failure of its own.
      const brokenSuites = [...module.children.allSuites()].filter(suite => suite.errors().length > 0).length;
      counts.failed += brokenSuites + module.errors().length + (seen === 0 && module.errors().length === 0 ? 1 : 0);
    }
    writeFileSync(process.env.PEERGLASS_TEST_COUNTS, JSON.stringify(counts));
  }
}
