import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { RfbTestViewer } from '../../helpers/rfb-test-viewer.js';
import { noise, paintScene, settled } from '../../helpers/scenes.js';
import { drawSeed } from '../../helpers/seed.js';

const SIZE = { width: 320, height: 200 };
const HANDSHAKE = Buffer.concat([Buffer.from('RFB 003.008\n'), Buffer.of(1, 1)]);

let share: CanvasShare;
/** A well-behaved viewer that must never notice anything. */
let witness: RfbTestViewer;

beforeAll(async () => {
  share = await CanvasShare.start(SIZE);
  paintScene(share);
  witness = await RfbTestViewer.open({ port: share.port, encodings: [7, 1] });
});
afterAll(async () => {
  witness.close();
  await share.stop();
});

async function attacker(): Promise<Socket> {
  const socket = connect(share.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'connect');
  return socket;
}

async function unharmed(): Promise<void> {
  share.canvas.paint({ x: 10, y: 10, width: 60, height: 60 }, (x, y) => noise(x, y + Date.now()));
  await settled(share, witness);
  expect(share.events.some(event => event.type === 'ended')).toBe(false);
}

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const area = (type: string, flag: string, place: string) => hex(`${type}${flag}${place}`);

describe('a hostile viewer ends its own session and nothing else', () => {
  it.each([
    ['an unknown message', hex('ff ff')],
    ['cut text of 2 GiB', hex('06 000000 7fffffff')],
    ['an extended clipboard of INT_MIN', hex('06 000000 80000000')],
    ['a fence of 255 bytes', hex('f8 000000 80000000 ff')],
    ['24 bits a pixel', hex('00 000000 18 18 00 01 00ff 00ff 00ff 10 08 00 000000')],
    ['overlapping channels', hex('00 000000 20 18 00 01 00ff 00ff 00ff 00 00 00 000000')],
    ['a maximum of zero', hex('00 000000 20 18 00 01 0000 00ff 00ff 10 08 00 000000')],
    ['a handshake of a megabyte', Buffer.alloc(1 << 20)],
  ])('%s', async (_, message) => {
    const socket = await attacker();
    socket.write(message.length > 4096 ? message : Buffer.concat([HANDSHAKE, message]));
    await once(socket, 'close');
    await unharmed();
  });
});

describe('unusual but valid messages are accepted', () => {
  it.each([
    ['a request far outside', area('03', '00', 'ffff ffff ffff ffff')],
    ['a request of nothing', area('03', '01', '0000 0000 0000 0000')],
    ['continuous updates without fences, outside', area('96', '01', 'ff00 ff00 00ff 00ff')],
    ['no encodings at all', hex('02 00 0000')],
    ['an answer to a fence that was never sent', hex('f8 000000 00000001 04 deadbeef')],
    ['a SyncNext fence with nothing after it', hex('f8 000000 80000004 00')],
    ['a SetDesktopSize of nothing', hex('fb 00 0000 0000 00 00')],
    ['a SetDesktopSize of 255 screens', Buffer.concat([hex('fb 00 ffff ffff ff 00'), Buffer.alloc(255 * 16)])],
    ['keys, pointers and clipboards', hex('04 01 0000 0000ff0d 05 ff ffff ffff 06 000000 00000003 1b5b41')],
    ['65,535 encodings', Buffer.concat([hex('02 00 ffff'), Buffer.alloc(65_535 * 4, 0xaa)])],
    ['a colour map of 32 bits', hex('00 000000 20 18 00 00 0000 0000 0000 00 00 00 000000')],
    ['a depth of zero', hex('00 000000 20 00 00 01 00ff 00ff 00ff 10 08 00 000000')],
  ])('%s', async (_, message) => {
    const socket = await attacker();
    socket.write(Buffer.concat([HANDSHAKE, message, area('03', '00', '0000 0000 0140 00c8')]));
    const received = () => socket.bytesRead;
    while (received() < 5_000) await new Promise(resolve => setTimeout(resolve, 10));
    expect(socket.destroyed).toBe(false);
    socket.destroy();
    await unharmed();
  });

  it('everything delivered one byte at a time', async () => {
    const socket = await attacker();
    socket.setNoDelay(true);
    const encodings = hex('02 00 0003 00000007 00000001 fffffec8');
    const format = hex('00 000000 10 10 00 01 001f 003f 001f 0b 05 00 000000');
    for (const byte of Buffer.concat([HANDSHAKE, format, encodings, area('03', '00', '0000 0000 0140 00c8')])) {
      socket.write(Buffer.of(byte));
      await new Promise(resolve => setImmediate(resolve));
    }
    while (socket.bytesRead < 1000) await new Promise(resolve => setTimeout(resolve, 10));
    socket.destroy();
    await unharmed();
  });

  it('a viewer that sends fences without reading the answers', async () => {
    const socket = await attacker();
    socket.pause();
    const fence = Buffer.concat([hex('f8 000000 80000000 40'), Buffer.alloc(64)]);
    const many = Buffer.concat(Array.from({ length: 2000 }, () => fence));
    socket.write(HANDSHAKE);
    for (let round = 0; round < 40 && !socket.destroyed; round++) {
      if (!socket.write(many)) await after(20);
    }
    await unharmed();
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(300e6);
    socket.destroy();
  });
});

describe('random messages', () => {
  it('end only the session that sent them', async () => {
    let state = drawSeed();
    const next = (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return (state >>> 8) % below;
    };
    const types = [0, 2, 3, 3, 3, 4, 5, 6, 150, 248, 250, 251, 255];
    for (let round = 0; round < 150; round++) {
      const socket = await attacker();
      socket.write(HANDSHAKE);
      for (let count = next(12); count >= 0; count--) {
        const length = next(30);
        socket.write(
          Buffer.from([types[next(types.length)]!, ...Array.from({ length }, () => next(next(2) ? 256 : 4))]),
        );
      }
      if (round % 10 === 0) {
        share.canvas.paint({ x: next(200), y: next(100), width: 90, height: 80 }, noise);
        await after(5);
      }
      if (next(2)) socket.end();
      else socket.destroy();
    }
    await unharmed();
  });
});

function after(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}
