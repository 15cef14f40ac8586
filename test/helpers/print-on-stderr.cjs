// Behaves like a native library that prints on descriptor 2 at any time, from the main thread and from workers.
const { writeSync } = require('node:fs');

// Does nothing in the launcher, whose descriptor 2 is the terminal.
if (process.argv[1]?.endsWith('cli.js')) {
  setInterval(() => writeSync(2, 'a native library says: \u001b[31mhello\u001b[0m\n'), 50).unref();
}
