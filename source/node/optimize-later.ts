import { setFlagsFromString } from 'node:v8';

/**
 * Bytes of bytecode that a function runs through before V8 optimizes it. With its own 132 KB (66 KB from Node 22 on) an
 * hour of mirroring pays for it, but a minute of typing does not: a quarter of what both ends used of the processor was its
 * compiler, for functions that run sixty times a second and hardly take longer as they are.
 * `npm run bench -- --systems peerglass,peerglass-early --against peerglass-early --workloads typing --rounds 5` measures it.
 */
const INTERRUPT_BUDGET = 270_000;

/**
 * For a thread that does little very often. Concerns all threads of the process from now on. PEERGLASS_OPTIMIZE_LATER=off
 * leaves V8 as it is.
 */
export function optimizeLater(): void {
  if (process.env.PEERGLASS_OPTIMIZE_LATER === 'off') return;
  setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
}
