import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../../source/node/clock.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import type { ShareEvent } from '../../../source/session/messages.js';
import { ClassicListener } from '../../../source/session/share/classic-listener.js';
import { Sharer } from '../../../source/session/share/sharer.js';
import { CanvasSource } from '../../helpers/canvas-source.js';
import { SHARED_PATTERN } from '../../helpers/running-share.js';

const SIZE = { width: 64, height: 48 };
const CODE = 'k7m2p4qr';
let sharer: Sharer;
afterEach(() => sharer.close());

async function share(): Promise<number> {
  const events: ShareEvent[] = [];
  sharer = new Sharer({
    options: { ...SHARED_PATTERN, classicSize: SIZE, access: 'code', code: CODE },
    clock: systemClock,
    memory: createPixelMemory(),
    openSource: async () => new CanvasSource(SIZE),
    listeners: [host => new ClassicListener(host, 0, CODE)],
    emit: event => events.push(event),
  });
  await sharer.open();
  const listening = events.find(event => event.type === 'listening');
  return listening?.wires[0]?.port ?? 0;
}

it.each([
  ['whole', [CODE]],
  ['letter by letter', [...CODE]],
  ['with more behind it', [`${CODE}and more`]],
])('a classic share that asks for a code shows the picture to the viewer that says it, %s', async (_, pieces) => {
  const socket = connect(await share(), '127.0.0.1').setNoDelay(true);
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise(resolve => setTimeout(resolve, 2));
  }
  const [first] = (await once(socket, 'data')) as [Buffer];
  expect(first[0]).toBeOneOf([1, 2, 3, 4]);
  socket.destroy();
});

it.each(['K7M2P4QR', 'x', `x${CODE}`, '\0\0\0\0\0\0\0\0'])('and not a byte to one that says %j', async said => {
  const socket = connect(await share(), '127.0.0.1');
  socket.resume().end(said);
  await once(socket, 'close');
  expect(socket.bytesRead).toBe(0);
});
