import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ENCODING, PSEUDO_ENCODING } from '../../source/protocols/rfb/constants.js';
import { Program } from '../helpers/program.js';
import { BGRX_BYTES, rectangle, u16, update } from '../helpers/scripted-vnc-server.js';

/** Megabytes that a session may grow by, whatever it is sent. */
const MAX_GROWTH = 80;
const SIZE = { width: 640, height: 480 };
const FILL = rectangle(0, 0, SIZE.width, SIZE.height, ENCODING.rre, [0, 0, 0, 0, 1, 2, 3, 0]);

let server: Server;
let viewer: Program | undefined;
beforeEach(() => {
  server = createServer({ noDelay: true });
});
afterEach(async () => {
  await viewer?.stop();
  server.close();
});

/**
 * Lets the program in, shows it a picture, then sends until it takes no more, or all of it.
 * @returns the growth in MB
 */
async function growth(flood: (socket: Socket) => AsyncIterable<Uint8Array>): Promise<number> {
  server.listen(0, '127.0.0.1');
  const port = await new Promise<number>(resolve => {
    server.once('listening', () => resolve((server.address() as { port: number }).port));
  });
  const connected = new Promise<Socket>(resolve => server.once('connection', resolve));
  viewer = new Program(['watch', `127.0.0.1::${port}`, '--headless', '--json', '--view', 'none']);
  const socket = await connected;
  socket.on('error', () => {});
  const say = (...bytes: readonly (readonly number[])[]) => socket.write(Uint8Array.from(bytes.flat()));
  say(
    [...Buffer.from('RFB 003.003\n')],
    [0, 0, 0, 1],
    u16(SIZE.width),
    u16(SIZE.height),
    [...BGRX_BYTES],
    [0, 0, 0, 0],
  );
  say(update(1, FILL));
  await viewer.until(() => (viewer?.watchSnapshots.at(-1)?.frames ?? 0) > 0);
  const before = rss(viewer);
  for await (const bytes of flood(socket)) {
    if (socket.write(bytes)) continue;
    const taken = await Promise.race([
      new Promise<true>(resolve => socket.once('drain', () => resolve(true))),
      sleep(800, false),
    ]);
    if (!taken) break;
  }
  const seen = viewer.snapshots.length;
  await viewer.until(() => (viewer?.snapshots.length ?? 0) > seen);
  return Math.max(...viewer.snapshots.map(({ rssMb }) => rssMb)) - before;
}

function rss(program: Program): number {
  return program.snapshots.at(-1)?.rssMb ?? 0;
}

const PIXELS = Array.from({ length: 2048 }, (_, at) =>
  rectangle((at * 2) % 640, at % 480, 1, 1, ENCODING.raw, [0, 0, 0, 0]),
).flat();

it('takes little memory for an update without end, and for answers that the server does not read', async () => {
  const grown = await growth(async function* (socket) {
    socket.resume();
    yield Uint8Array.from(update(0xffff));
    for (let sent = 0; sent < 20e6; sent += PIXELS.length) yield Uint8Array.from(PIXELS);
    yield Uint8Array.from(rectangle(0, 0, 0, 0, PSEUDO_ENCODING.lastRect));
    // Without a fence the viewer asks for no continuous updates.
    yield Uint8Array.of(248, 0, 0, 0, 0, 0, 0, 1, 0);
    socket.pause();
    for (let sent = 0; sent < 12e6; sent += 1 << 16) yield Buffer.alloc(1 << 16, 150);
  });
  expect(grown).toBeLessThan(MAX_GROWTH);
});
