import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import { connectAbstract } from '../../native/abstract-socket.js';

const CONNECT_MS = 4_000;
const FIRST_PORT = 6_000;
const FOLDER = '/tmp/.X11-unix';
/** Error codes of a socket where nothing listens. The package's own connect uses libuv's numbers as names. */
const NOT_LISTENING = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'UV_111', 'UV_20']);

export const NO_ANSWER = 'it does not answer';
const NOBODY = 'no X server listens there';

/** The package's connect: its sockets can pass file descriptors, for shared memory. Null where that is impossible. */
type ConnectForFiles = (path: string) => Socket | null;

/**
 * Connects to an X server of this machine: to its socket file or, if that is missing (/tmp was cleaned, or a container
 * shares the network but not /tmp), to its abstract socket. Xlib tries them in the opposite order, but file descriptors
 * for shared memory can only be passed through the socket file here.
 *
 * @throws Error
 */
export async function connectLocal(number: number): Promise<Socket> {
  const path = `${FOLDER}/X${number}`;
  try {
    return await connected(connectForFiles(path) ?? connect(path));
  } catch (error) {
    if (!isNotListening(error)) throw error;
  }
  const socket = connectAbstract(path);
  if (!socket) throw new Error(NOBODY);
  return socket;
}

/** @throws Error */
export async function connectRemote(host: string, number: number): Promise<Socket> {
  try {
    return await connected(connect({ host, port: FIRST_PORT + number, noDelay: true }));
  } catch (error) {
    throw isNotListening(error) ? new Error(NOBODY, { cause: error }) : error;
  }
}

const connectForFiles: ConnectForFiles = path => {
  const { connect: connectForFiles } = createRequire(import.meta.url)('x11/lib/fdpass.js') as {
    connect: ConnectForFiles;
  };
  return connectForFiles(path);
};

function connected(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new Error(NO_ANSWER)), CONNECT_MS);
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeListener('error', fail);
      resolve(socket);
    });
  });
}

function isNotListening(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NOT_LISTENING.has(String(error.code));
}
