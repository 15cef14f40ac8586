import { removeAbandoned } from '../../source/bench/namespaces.js';

/** Runs before the first machine test: removes network namespaces that a killed run left in the kernel. */
export function setup(): void {
  removeAbandoned();
}
