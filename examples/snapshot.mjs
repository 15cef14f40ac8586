// Shares the test pattern, watches it without a window, and saves the picture: node examples/snapshot.mjs FILE.png
import { share } from 'peerglass/share';
import { watch } from 'peerglass/watch';

/** Resolves with the first event of a type; rejects when the session ends with an error. */
function first(session, type) {
  return new Promise((resolve, reject) => {
    session.subscribe(event => {
      if (event.type === type) resolve(event);
      else if (event.type === 'ended') reject(new Error(event.error?.message ?? 'the session is over'));
    });
  });
}

const sharing = share({
  source: { kind: 'pattern' },
  access: 'code',
  code: 'k7m2p4qr',
  bind: '127.0.0.1',
  classicPort: null,
  rfbPort: 0,
});
const { wires, code } = await first(sharing, 'listening');
const peer = { host: '127.0.0.1', port: wires[0].port };
const watching = watch({ peer, code, frames: 3, snapshotFile: process.argv[2] ?? 'snapshot.png' });
const { error, frames } = await first(watching, 'ended');
console.log(error ? error.message : `saw ${frames} frames`);
await sharing.stop();
