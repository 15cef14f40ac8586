// `npm run interop`: every combination of VNC programs, encodings and pixel formats; `npm test` runs a selection.
process.env.PEERGLASS_INTEROP = 'whole';
process.argv.splice(2, 0, 'test/interop');
await import('./test.mjs');
