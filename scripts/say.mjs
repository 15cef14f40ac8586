/** Progress goes to standard error: standard output belongs to the program (`--json`). */
export function say(text) {
  process.stderr.write(`peerglass: ${text}\n`);
}
