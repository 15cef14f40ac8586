import { connect, type Socket } from 'node:net';
import type { Rectangle, Size } from '../../source/core/rectangle.js';

const SET_DESKTOP_SIZE = 251;
const SET_ENCODINGS = 2;
const EXTENDED_DESKTOP_SIZE = -308;

/**
 * Requests these monitors from an Xtigervnc (without a password), like a VNC viewer with several screens.
 *
 * @param socketPath of its -rfbunixpath
 * @param arrived polled until the display has them
 */
export async function addMonitors(
  socketPath: string,
  size: Size,
  monitors: readonly Rectangle[],
  arrived: () => Promise<boolean>,
): Promise<void> {
  const socket = connect(socketPath);
  try {
    const next = reader(socket);
    await next(12);
    socket.write('RFB 003.008\n');
    const [count] = await next(1);
    await next(count!);
    socket.write(Buffer.of(1));
    await next(4);
    socket.write(Buffer.of(1));
    const serverInit = await next(24);
    await next(serverInit.readUInt32BE(20));
    socket.write(Buffer.concat([setEncodings(), setDesktopSize(size, monitors)]));
    while (!(await arrived())) await new Promise(resolve => setTimeout(resolve, 20));
  } finally {
    socket.destroy();
  }
}

function setEncodings(): Buffer {
  const message = Buffer.alloc(8);
  message.writeUInt8(SET_ENCODINGS, 0);
  message.writeUInt16BE(1, 2);
  message.writeInt32BE(EXTENDED_DESKTOP_SIZE, 4);
  return message;
}

function setDesktopSize({ width, height }: Size, monitors: readonly Rectangle[]): Buffer {
  const message = Buffer.alloc(8 + monitors.length * 16);
  message.writeUInt8(SET_DESKTOP_SIZE, 0);
  message.writeUInt16BE(width, 2);
  message.writeUInt16BE(height, 4);
  message.writeUInt8(monitors.length, 6);
  for (const [index, monitor] of monitors.entries()) {
    const offset = 8 + index * 16;
    message.writeUInt32BE(index + 1, offset);
    message.writeUInt16BE(monitor.x, offset + 4);
    message.writeUInt16BE(monitor.y, offset + 6);
    message.writeUInt16BE(monitor.width, offset + 8);
    message.writeUInt16BE(monitor.height, offset + 10);
  }
  return message;
}

function reader(socket: Socket): (length: number) => Promise<Buffer> {
  const chunks = socket[Symbol.asyncIterator]();
  let rest = Buffer.alloc(0);
  return async length => {
    while (rest.length < length) {
      const { value, done } = await chunks.next();
      if (done) throw new Error('The server closed the connection');
      rest = Buffer.concat([rest, value as Buffer]);
    }
    const taken = rest.subarray(0, length);
    rest = rest.subarray(length);
    return taken;
  };
}
