import { setFlagsFromString } from 'node:v8';

/**
 * Bytes of bytecode that a function executes before V8 optimizes it. V8's default of 132 KB (66 KB from Node 22 on)
 * pays over an hour of mirroring, but not over a minute of typing: a quarter of both ends' CPU time went to the
 * compiler, for functions that run sixty times a second and hardly get faster.
 * `npm run bench -- --systems peerglass,peerglass-early --against peerglass-early --workloads typing --rounds 5`
 * measures it.
 */
const INTERRUPT_BUDGET = 270_000;

/**
 * For threads that do little, very often. Affects all threads of the process. PEERGLASS_OPTIMIZE_LATER=off leaves V8 as
 * it is.
 */
export function optimizeLater(): void {
  if (process.env.PEERGLASS_OPTIMIZE_LATER === 'off') return;
  setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
}
