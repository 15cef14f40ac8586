import type { Finding, TerminalFacts } from './finding.js';
import { findingsOf } from './findings.js';
import { gatherFacts } from './probes.js';

/** Looks this machine over for `peerglass doctor`. Never rejects, and takes a few seconds at most. */
export async function examine(terminal: TerminalFacts, environment?: NodeJS.ProcessEnv): Promise<Finding[]> {
  return findingsOf(await gatherFacts(terminal, environment));
}
