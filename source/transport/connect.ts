import type { ErrorCode } from '../core/error-codes.js';
import { PeerglassError, tooManyFiles } from '../core/errors.js';
import { isLoopback, lacksZone } from '../core/ip-address.js';
import { formatPeerAddress, type PeerAddress } from '../core/peer-address.js';
import { plainText } from '../core/plain-text.js';
import { keepAlive } from '../native/tcp-info.js';
import { Connection } from './connection.js';
import { SocketStream } from './socket-stream.js';

export interface ConnectOptions {
  /** For the whole attempt, all ports and addresses of it. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Where no port was given: the first one that answers wins. */
  readonly ports?: readonly number[];
}

/** The rfb port, then the classic one. */
export const DEFAULT_PORTS = [5900, 9000] as const;
export const CONNECT_TIMEOUT_MS = 5000;

/** How long one port has the attempt to itself: a firewall that drops packets must not hide the next port. */
const HEAD_START_MS = 1000;
/** How long one address of a name has it: Node's own 250 ms fails on slow links. */
const ADDRESS_MS = 1500;
const KEEP_ALIVE_MS = 10_000;

/**
 * Connects to a sharer: no delay, keep-alive, nothing read yet.
 * @throws PeerglassError E_UNKNOWN_HOST, E_CONNECT_REFUSED, E_CONNECT_TIMEOUT, E_UNREACHABLE, E_CONNECT, with the likely
 * causes; the signal's reason when it was aborted
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

/** Tries the ports one after another, each with a head start, and ends the others when one is connected. */
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

/** What a person is told of what the system said when the last of these ports was tried. */
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
  what: host => `No machine is known by the name ${host}.`,
  remedy: () => "Check the spelling, or type the numeric address that the sharer's screen shows.",
};

const UNREACHABLE: Cause = {
  kind: 'E_UNREACHABLE',
  what: (_host, target) => `There is no route from this machine to ${target}.`,
  remedy: port => `Check that both machines are on the same network, and the address.\n${firewallHint(port)}`,
};

const REFUSED: Cause = {
  kind: 'E_CONNECT_REFUSED',
  what: (_host, target) => `Nothing listens at ${target}.`,
  remedy: port =>
    `Check the address, and that sharing was started there: "peerglass share".\nThe port must be the one that the sharer's screen shows.\n${firewallHint(port)}`,
};

/** No firewall stands between two programs of one machine. */
const REFUSED_HERE: Cause = {
  ...REFUSED,
  remedy: () =>
    'This address is the machine you are on: start sharing here first with "peerglass share",\nor give the address of the other machine. The port must be the one that the sharer\'s screen shows.',
};

/** Such an address is only known together with a network card of this machine. */
const WITHOUT_ZONE: Cause = {
  kind: 'E_UNREACHABLE',
  what: host => `${host} does not say on which network of this machine it is to be found.`,
  remedy: () =>
    'Type the network card behind it, as in fe80::1%eth0: "peerglass list" names the cards of this machine.',
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
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  EHOSTDOWN: UNREACHABLE,
  ENETDOWN: UNREACHABLE,
  EADDRNOTAVAIL: UNREACHABLE,
  EINVAL: UNREACHABLE,
};

/** Of several addresses that failed (AggregateError) the most telling code. */
function codeOf(failure: unknown): string {
  const failures = failure instanceof AggregateError ? failure.errors : [failure];
  const codes = failures.map(each => (each instanceof Error && 'code' in each ? String(each.code) : 'unknown'));
  return ['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH'].find(code => codes.includes(code)) ?? codes[0] ?? 'unknown';
}

function targetOf(peer: PeerAddress, ports: readonly number[]): string {
  const first = plainText(formatPeerAddress({ host: peer.host, port: ports[0]! }, 'classic'));
  return ports.length > 1 ? `${first} (nor at port ${ports.slice(1).join(', ')})` : first;
}

/** How to let connections to a port in, on each system: the viewer cannot know which one the sharer has. */
function firewallHint(port: number): string {
  return [
    `A firewall on the sharer's machine may be in the way: "peerglass doctor" there tells. To open port ${port} there:`,
    `  Linux (ufw):       sudo ufw allow ${port}/tcp`,
    `  Linux (firewalld): sudo firewall-cmd --add-port=${port}/tcp`,
    `  Windows:           netsh advfirewall firewall add rule name=peerglass dir=in action=allow protocol=TCP localport=${port}`,
    '  macOS:             System Settings, Network, Firewall, Options: allow node',
  ].join('\n');
}
