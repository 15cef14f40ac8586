import type { Finding, FindingStatus } from '../session/doctor/finding.js';

const MARKS: Readonly<Record<'utf8' | 'ascii', Readonly<Record<FindingStatus, string>>>> = {
  utf8: { ok: '✓', warning: '!', missing: '✗' },
  ascii: { ok: 'ok', warning: '! ', missing: 'x ' },
};

/** What `peerglass doctor` prints, with a line end: a line for each finding, and below it what to do. */
export function doctorText(findings: readonly Finding[], utf8: boolean): string {
  const marks = MARKS[utf8 ? 'utf8' : 'ascii'];
  const lines = findings.flatMap(({ status, text, remedy }) => [
    `${marks[status]} ${text}`,
    ...remedy
      .split('\n')
      .filter(line => line !== '')
      .map(line => `    ${line}`),
  ]);
  return `${lines.join('\n')}\n`;
}
