/** Progress belongs on standard error: standard output is the program's own (`--json`). */
export function say(text) {
  process.stderr.write(`peerglass: ${text}\n`);
}
