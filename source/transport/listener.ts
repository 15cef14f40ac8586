import { createServer, type Server, type Socket } from 'node:net';
import { isOutOfFiles, PeerglassError, tooManyFiles } from '../core/errors.js';
import { isForMany, lacksZone } from '../core/ip-address.js';
import { Connection } from './connection.js';

export interface ListenOptions {
  /** The address or name to bind, or null for all interfaces (IPv6 and IPv4). */
  readonly bind: string | null;
  /** 0: the system picks a port. */
  readonly port: number;
  /** The flag for the port, for the error's remedy. */
  readonly portFlag: string;
}

export interface Listener {
  readonly address: string;
  readonly port: number;
  /** Stops accepting. Accepted connections belong to their owner. */
  close(): Promise<void>;
}

/** Connections queued by the system until accepted. */
const BACKLOG = 64;

/** @throws as listenForSockets does */
export function listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
  return listenForSockets(options, socket => accept(new Connection(socket)));
}

/** @throws PeerglassError E_PORT_IN_USE, E_ADDRESS_NOT_LOCAL, E_BIND_PERMISSION, E_TOO_MANY_FILES, E_LISTEN */
export async function listenForSockets(options: ListenOptions, accept: (socket: Socket) => void): Promise<Listener> {
  if (options.bind !== null && isForMany(options.bind)) throw forMany(options.bind);
  if (options.bind !== null) return open(options.bind, options, accept);
  try {
    return await open('::', options, accept);
  } catch (error) {
    // A machine without IPv6 reports one of these for `::`.
    if (!hasCause(error, 'EAFNOSUPPORT', 'EADDRNOTAVAIL')) throw error;
    return open('0.0.0.0', options, accept);
  }
}

function open(host: string, options: ListenOptions, accept: (socket: Socket) => void): Promise<Listener> {
  const server = createServer({ noDelay: true });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, options)));
    server.listen({ host, port: options.port, backlog: BACKLOG }, () => {
      server.on('error', () => {}); // a failing accept() (too many files) must not end the share
      server.on('connection', accept);
      const address = server.address();
      if (address === null || typeof address === 'string') return;
      resolve({ address: address.address, port: address.port, close: () => close(server) });
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => server.close(() => resolve()));
}

function hasCause(error: unknown, ...codes: string[]): boolean {
  const cause = error instanceof PeerglassError ? (error.cause as NodeJS.ErrnoException) : null;
  return codes.includes(cause?.code ?? '');
}

const ALL_ADDRESSES = '"peerglass list" shows its addresses. Remove --bind to listen on all of them.';

/** A multicast or broadcast address: a program can bind it, but nobody can connect to it. */
function forMany(bind: string): PeerglassError {
  const message = `${bind} is a multicast or broadcast address, not an address of this machine.`;
  return new PeerglassError('E_ADDRESS_NOT_LOCAL', message, ALL_ADDRESSES);
}

/** A system error from listening, as an error that a person can act on. */
export function listenError(error: NodeJS.ErrnoException, { bind, port, portFlag }: ListenOptions): PeerglassError {
  if (isOutOfFiles(error)) return tooManyFiles(error);
  if (error.code === 'EINVAL' && bind !== null && lacksZone(bind)) {
    const message = `${bind} is a link-local address without an interface. Add the interface, as in ${bind}%eth0.`;
    return new PeerglassError('E_ADDRESS_NOT_LOCAL', message, ALL_ADDRESSES, { cause: error });
  }
  const where = bind === null ? `port ${port}` : `${bind} port ${port}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new PeerglassError(
        'E_PORT_IN_USE',
        `Another program is already listening on ${where}.`,
        `Stop that program, or choose another port (${portFlag}).`,
        { cause: error },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new PeerglassError(
        'E_ADDRESS_NOT_LOCAL',
        `${bind ?? 'The address'} is not an address of this machine.`,
        ALL_ADDRESSES,
        { cause: error },
      );
    case 'EACCES':
    case 'EPERM':
      return new PeerglassError(
        'E_BIND_PERMISSION',
        `This user may not listen on ${where}.`,
        `Choose a port above 1023 (${portFlag}).`,
        { cause: error },
      );
    default:
      return new PeerglassError(
        'E_LISTEN',
        `Listening on ${where} failed (${error.code ?? error.message}).`,
        `Choose another port (${portFlag}), or remove --bind.`,
        { cause: error },
      );
  }
}
