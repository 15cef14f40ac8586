// `npm run interop`: every combination of VNC programs, encodings and pixel formats, of which `npm test` runs a selection, and
// GNOME's compositor, which is large to install. `npm run interop -- wayland` runs only the files whose names begin so.
process.env.PEERGLASS_INTEROP = 'whole';
const [first] = process.argv.slice(2);
const chosen = first !== undefined && !first.startsWith('-');
process.argv.splice(2, chosen ? 1 : 0, chosen ? `test/interop/${first}` : 'test/interop');
await import('./test.mjs');
