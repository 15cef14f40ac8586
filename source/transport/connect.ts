import type { ErrorCode } from '../core/error-codes.js';
import { PeerglassError, tooManyFiles } from '../core/errors.js';
import { isLoopback, lacksZone } from '../core/ip-address.js';
import { formatPeerAddress, type PeerAddress } from '../core/peer-address.js';
import { plainText } from '../core/plain-text.js';
import { keepAlive } from '../native/tcp-info.js';
import { Connection } from './connection.js';
import { SocketStream } from './socket-stream.js';

export interface ConnectOptions {
  /** For the whole attempt, all ports and addresses. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Ports to try when none was given: the first that answers wins. */
  readonly ports?: readonly number[];
}

/** The rfb port, then the classic one. */
export const DEFAULT_PORTS = [5900, 9000] as const;
export const CONNECT_TIMEOUT_MS = 5000;

/** The head start of each port: a firewall that drops packets must not hide the next port. */
const HEAD_START_MS = 1000;
/** The head start of each address of a name: Node's default of 250 ms fails on slow links. */
const ADDRESS_MS = 1500;
const KEEP_ALIVE_MS = 10_000;

/**
 * Connects to a sharer with no-delay and keep-alive; nothing is read yet.
 * @throws PeerglassError E_UNKNOWN_HOST, E_CONNECT_REFUSED, E_CONNECT_TIMEOUT, E_UNREACHABLE, E_CONNECT, with the
 *   likely causes; the signal's reason when it was aborted
 */
export async function connect(peer: PeerAddress, options: ConnectOptions = {}): Promise<Connection> {
  const { timeoutMs = CONNECT_TIMEOUT_MS, signal } = options;
  const ports = peer.port === null ? (options.ports ?? DEFAULT_PORTS) : [peer.port];
  signal?.throwIfAborted();
  const attempt = new AbortController();
  const abort = () => attempt.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const deadline = setTimeout(() => attempt.abort(timeoutOf(peer, ports, timeoutMs)), timeoutMs);
  try {
    const connection = await firstOf(peer, ports, attempt.signal);
    keepAlive(connection.socket, KEEP_ALIVE_MS);
    return connection;
  } finally {
    clearTimeout(deadline);
    signal?.removeEventListener('abort', abort);
    attempt.abort();
  }
}

/** Tries the ports one after another, each with a head start, and drops the others when one connects. */
async function firstOf(peer: PeerAddress, ports: readonly number[], signal: AbortSignal): Promise<Connection> {
  const rest = new AbortController();
  const failures: unknown[] = [];
  try {
    return await new Promise<Connection>((resolve, reject) => {
      const fail = () => {
        rest.abort();
        reject(signal.reason);
      };
      signal.addEventListener('abort', fail, { once: true });
      let begun = 0;
      const next = () => {
        const port = ports[begun];
        if (port === undefined || rest.signal.aborted) return;
        begun++;
        const headStart = setTimeout(next, HEAD_START_MS);
        rest.signal.addEventListener('abort', () => clearTimeout(headStart), { once: true });
        open(peer.host, port, rest.signal).then(
          connection => {
            if (rest.signal.aborted) connection.destroy();
            else resolve(connection);
          },
          failure => {
            clearTimeout(headStart);
            failures.push(failure);
            if (failures.length === ports.length) reject(explain(peer, ports, failures[0]));
            else next();
          },
        );
      };
      next();
    });
  } finally {
    rest.abort();
  }
}

function open(host: string, port: number, signal: AbortSignal): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const stream = new SocketStream({ host, port, autoSelectFamilyAttemptTimeout: ADDRESS_MS });
    const { socket } = stream;
    const abort = () => {
      socket.destroy();
      reject(new Error('given up'));
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', error => {
      signal.removeEventListener('abort', abort);
      reject(error);
    });
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      socket.removeAllListeners('error');
      resolve(new Connection(socket, stream));
    });
  });
}

/** Explains a system error from the last attempt on these ports. */
export function explain(peer: PeerAddress, ports: readonly number[], failure: unknown): PeerglassError {
  const code = codeOf(failure);
  if (code === 'EMFILE' || code === 'ENFILE') return tooManyFiles(failure);
  const cause = CAUSES[code] ?? OTHER;
  const { kind, what, remedy } = here(cause, peer.host);
  const message = what(plainText(peer.host), targetOf(peer, ports), code);
  return new PeerglassError(kind, message, remedy(ports[0]!), { cause: failure });
}

function timeoutOf(peer: PeerAddress, ports: readonly number[], timeoutMs: number): PeerglassError {
  return new PeerglassError(
    'E_CONNECT_TIMEOUT',
    `${targetOf(peer, ports)} did not answer within ${timeoutMs / 1000} s.`,
    `Check the address: it is shown on the sharer's screen.\n${firewallHint(ports[0]!)}`,
  );
}

interface Cause {
  readonly kind: ErrorCode;
  what(host: string, target: string, code: string): string;
  remedy(port: number): string;
}

const UNKNOWN_HOST: Cause = {
  kind: 'E_UNKNOWN_HOST',
  what: host => `The name ${host} cannot be resolved.`,
  remedy: () => "Check the spelling, or use the IP address shown on the sharer's screen.",
};

const UNREACHABLE: Cause = {
  kind: 'E_UNREACHABLE',
  what: (_host, target) => `There is no route from this machine to ${target}.`,
  remedy: port => `Check the address, and that both machines are on the same network.\n${firewallHint(port)}`,
};

const REFUSED: Cause = {
  kind: 'E_CONNECT_REFUSED',
  what: (_host, target) => `Nothing is listening at ${target}.`,
  remedy: port =>
    `Check the address, and that the sharer has started "peerglass share".\nThe port must be the one shown on the sharer's screen.\n${firewallHint(port)}`,
};

/** There is no firewall between two programs on one machine. */
const REFUSED_HERE: Cause = {
  ...REFUSED,
  remedy: () =>
    'This is the address of your own machine. Start "peerglass share" here first,\nor give the address of the other machine. The port must be the one shown on the sharer\'s screen.',
};

/** A link-local address needs an interface of this machine. */
const WITHOUT_ZONE: Cause = {
  kind: 'E_UNREACHABLE',
  what: host => `${host} is a link-local address without an interface.`,
  remedy: () => 'Add the interface, as in fe80::1%eth0. "peerglass list" shows the interfaces of this machine.',
};

function here(cause: Cause, host: string): Cause {
  if (cause === REFUSED && isLoopback(host)) return REFUSED_HERE;
  return cause === UNREACHABLE && lacksZone(host) ? WITHOUT_ZONE : cause;
}

const OTHER: Cause = {
  kind: 'E_CONNECT',
  what: (_host, target, code) => `Connecting to ${target} failed (${code}).`,
  remedy: () => 'Check the address and the network.',
};

/** A rule of the local firewall or of the routing table, not the other machine. */
const FORBIDDEN: Cause = {
  kind: 'E_CONNECT',
  what: (_host, target, code) => `This machine does not allow the connection to ${target} (${code}).`,
  remedy: () =>
    'A firewall or a routing rule of this machine forbids it: allow outgoing connections to that address there.',
};

const TIMED_OUT: Cause = {
  kind: 'E_CONNECT_TIMEOUT',
  what: (_host, target) => `${target} did not answer.`,
  remedy: port => `Check the address: it is shown on the sharer's screen.\n${firewallHint(port)}`,
};

const CAUSES: Readonly<Record<string, Cause>> = {
  ENOTFOUND: UNKNOWN_HOST,
  EAI_AGAIN: UNKNOWN_HOST,
  EAI_NODATA: UNKNOWN_HOST,
  EAI_NONAME: UNKNOWN_HOST,
  EAI_FAIL: UNKNOWN_HOST,
  ECONNREFUSED: REFUSED,
  ETIMEDOUT: TIMED_OUT,
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  EHOSTDOWN: UNREACHABLE,
  ENETDOWN: UNREACHABLE,
  EADDRNOTAVAIL: UNREACHABLE,
  EINVAL: UNREACHABLE,
};

/** The most telling code of several failed addresses (AggregateError). */
function codeOf(failure: unknown): string {
  const failures = failure instanceof AggregateError ? failure.errors : [failure];
  const codes = failures.map(each => (each instanceof Error && 'code' in each ? String(each.code) : 'unknown'));
  return ['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH'].find(code => codes.includes(code)) ?? codes[0] ?? 'unknown';
}

function targetOf(peer: PeerAddress, ports: readonly number[]): string {
  const first = plainText(formatPeerAddress({ host: peer.host, port: ports[0]! }, 'classic'));
  return ports.length > 1 ? `${first} (or port ${ports.slice(1).join(', ')})` : first;
}

/** How to open a port on each system: the viewer cannot know which one the sharer has. */
function firewallHint(port: number): string {
  return [
    `A firewall on the sharer's machine may block it; "peerglass doctor" there checks. To open port ${port}:`,
    `  Linux (ufw):       sudo ufw allow ${port}/tcp`,
    `  Linux (firewalld): sudo firewall-cmd --add-port=${port}/tcp`,
    `  Windows:           netsh advfirewall firewall add rule name=peerglass dir=in action=allow protocol=TCP localport=${port}`,
    '  macOS:             System Settings, Network, Firewall, Options: allow node',
  ].join('\n');
}
