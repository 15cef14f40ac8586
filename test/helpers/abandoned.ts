import { removeAbandoned } from './network-namespace.js';

/** Runs before the first test with the machine: a run that was killed leaves behind what the kernel keeps. */
export function setup(): void {
  removeAbandoned();
}
