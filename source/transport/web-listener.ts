import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Clock } from '../core/clock.js';
import type { TlsLayer } from '../core/transport.js';
import { Connection, displayAddress } from './connection.js';
import { type Listener, type ListenOptions, listenForSockets } from './listener.js';
import { SlicedStream, type SlicePace } from './sliced-stream.js';
import { duplexOf } from './socket-stream.js';
import {
  canAgreeOn,
  isOwnOrigin,
  type RequestedHost,
  RFB_PATH,
  requestedHost,
  SUBPROTOCOL,
  securityHeaders,
} from './web-rules.js';
import { WebStream } from './web-stream.js';

/** A file of the page, in memory. */
export interface WebFile {
  /** The Content-Type. */
  readonly type: string;
  readonly body: Uint8Array;
  readonly gzipped: Uint8Array;
  /** Another one for other contents, without quotes. */
  readonly tag: string;
}

export interface WebListenOptions extends ListenOptions {
  readonly clock: Clock;
  /** By path; "/" is the page. */
  readonly files: ReadonlyMap<string, WebFile>;
  /** Whether a host name in lower case is one of this machine; addresses need none. */
  readonly isOwnName: (name: string) => boolean;
  /** The key of a machine: equal for all its addresses. */
  readonly keyOf: (address: string) => string;
  /** TLS for a machine that begins with it, or null where there is no time for it; null: only http is answered. */
  readonly tls: ((key: string) => TlsLayer | null) | null;
  /** Whether requests over http are sent to https. */
  readonly onlyTls: boolean;
  /** For the frames of one WebSocket. */
  readonly pace: () => SlicePace;
}

/** What a browser tells with its WebSocket. */
export interface WebClient {
  /** As it came, from outside; null: none. */
  readonly userAgent: string | null;
  /** E.g. "TLS 1.3"; null over http. */
  readonly encryption: string | null;
}

/** Whoever takes longer for a request, or for an answer to be taken, is cut. */
const REQUEST_MS = 5000;
const ANSWER_MS = 60_000;
/** Of the answer to a close (RFC 6455, 7.1.1). */
const CLOSE_MS = 1000;
/**
 * Sockets without a WebSocket. A browser opens six for a page, and a class behind one router opens them all at once: those
 * that have done nothing for `FRESH_MS` count, and the oldest gives way.
 */
const SOCKETS = 256;
const IDLE_FROM_ONE = 8;
const FRESH_MS = 2000;
const REQUESTS_A_SOCKET = 100;

const MAX_HEADER_BYTES = 8192;
/** A viewer's longest messages are far shorter. */
const MAX_MESSAGE_BYTES = 64 * 1024;
/** The content type of a TLS handshake record; no request begins with it. */
const TLS_HANDSHAKE = 22;

const WEB_SOCKETS = {
  noServer: true,
  clientTracking: false,
  // The rectangles are compressed already.
  perMessageDeflate: false,
  maxPayload: MAX_MESSAGE_BYTES,
  closeTimeout: CLOSE_MS,
  handleProtocols: (protocols: Set<string>) => protocols.has(SUBPROTOCOL) && SUBPROTOCOL,
};

/** A socket that has no WebSocket (yet). */
interface Visit {
  readonly socket: Socket;
  readonly key: string;
  /** Requests that are being answered. */
  answering: number;
  /** When it last did something. */
  since: number;
  cancelTimer: () => void;
  /** E.g. "TLS 1.3"; null over http. */
  encryption: string | null;
}

/**
 * Serves the page, and takes the WebSockets that it opens.
 * @throws as listenForSockets does
 */
export async function listenForBrowsers(
  options: WebListenOptions,
  accept: (connection: Connection, client: WebClient) => void,
): Promise<Listener> {
  const server = new WebServer(options, accept);
  const listener = await listenForSockets(options, socket => server.welcome(socket));
  return {
    address: listener.address,
    port: listener.port,
    close: () => {
      server.close();
      return listener.close();
    },
  };
}

class WebServer {
  readonly #options: WebListenOptions;
  readonly #accept: (connection: Connection, client: WebClient) => void;
  // It never listens itself, so its own timeouts are not in force.
  readonly #http = createServer({ maxHeaderSize: MAX_HEADER_BYTES });
  readonly #webSockets = new WebSocketServer(WEB_SOCKETS);
  readonly #visits = new Map<Duplex, Visit>();

  constructor(options: WebListenOptions, accept: (connection: Connection, client: WebClient) => void) {
    this.#options = options;
    this.#accept = accept;
    this.#http.maxRequestsPerSocket = REQUESTS_A_SOCKET;
    this.#http.on('request', (request, response) => this.#request(request, response));
    this.#http.on('upgrade', (request, carrier, head) => this.#upgrade(request, carrier, head));
    this.#http.on('clientError', (error: NodeJS.ErrnoException, carrier) => {
      refuse(carrier, error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400, 'This is no request that this share answers.');
    });
  }

  welcome(socket: Socket): void {
    // Without a listener a socket error would end the process. `close` follows every error.
    socket.on('error', () => {});
    const { clock, keyOf, tls } = this.#options;
    const key = keyOf(displayAddress(socket.remoteAddress ?? ''));
    if (!this.#makeRoom(key)) {
      socket.destroy();
      return;
    }
    const visit: Visit = { socket, key, answering: 0, since: clock.now(), cancelTimer: () => {}, encryption: null };
    this.#visits.set(socket, visit);
    socket.once('close', () => this.#forget(visit));
    this.#limit(visit, REQUEST_MS);
    if (tls === null) this.#http.emit('connection', socket);
    else socket.once('data', first => this.#detectTls(visit, first, tls));
  }

  close(): void {
    for (const { socket } of this.#visits.values()) socket.destroy();
  }

  #detectTls(visit: Visit, first: Buffer, tls: (key: string) => TlsLayer | null): void {
    const { socket } = visit;
    socket.pause();
    if (first[0] !== TLS_HANDSHAKE) {
      socket.unshift(first);
      this.#http.emit('connection', socket);
      socket.resume();
      return;
    }
    const layer = tls(visit.key);
    if (layer === null) {
      socket.destroy();
      return;
    }
    const secured = duplexOf(layer.upgrade(socket, first));
    secured.on('error', () => socket.destroy());
    layer.secure.then(
      () => {
        if (!this.#visits.has(socket)) return;
        visit.encryption = layer.facts?.version ?? 'TLS';
        this.#visits.set(secured, visit);
        this.#http.emit('connection', secured);
      },
      () => socket.destroy(),
    );
  }

  /** Whether there is room for another socket of a machine; one that does nothing may be closed for it. */
  #makeRoom(key: string): boolean {
    const fresh = this.#options.clock.now() - FRESH_MS;
    const visits = [...new Set(this.#visits.values())];
    const idle = visits.filter(({ answering }) => answering === 0).sort((a, b) => a.since - b.since);
    const own = idle.filter(visit => visit.key === key && visit.since <= fresh);
    if (own.length >= IDLE_FROM_ONE) own[0]!.socket.destroy();
    if (visits.length < SOCKETS) return true;
    const count = (visit: Visit) => idle.filter(each => each.key === visit.key).length;
    const [first, ...others] = idle;
    if (!first) return false;
    others.reduce((most, each) => (count(each) > count(most) ? each : most), first).socket.destroy();
    return true;
  }

  #limit(visit: Visit, ms: number): void {
    visit.cancelTimer();
    if (!this.#visits.has(visit.socket)) return;
    visit.since = this.#options.clock.now();
    visit.cancelTimer = this.#options.clock.after(ms, () => visit.socket.destroy());
  }

  /** Its socket is closed, or has a WebSocket. */
  #forget(visit: Visit): void {
    visit.cancelTimer();
    for (const [carrier, each] of this.#visits) if (each === visit) this.#visits.delete(carrier);
  }

  /** The host that a request names, if that is this machine: else a foreign name may have been led here (DNS rebinding). */
  #ownHost({ headers }: IncomingMessage): RequestedHost | null {
    const host = requestedHost(headers.host);
    return host && (host.literal || this.#options.isOwnName(host.name)) ? host : null;
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const visit = this.#visits.get(request.socket);
    if (!visit) {
      request.socket.destroy();
      return;
    }
    visit.answering++;
    this.#limit(visit, ANSWER_MS);
    response.once('close', () => {
      visit.answering--;
      if (visit.answering === 0) this.#limit(visit, REQUEST_MS);
    });
    this.#answer(request, response, visit.encryption !== null);
  }

  #answer(request: IncomingMessage, response: ServerResponse, https: boolean): void {
    const { files, onlyTls } = this.#options;
    const host = this.#ownHost(request);
    const path = pathOf(request);
    const say = (status: number, text: string, headers: Record<string, string> = {}) => {
      const body = Buffer.from(`${text}\n`);
      send(request, response, status, body, { ...securityHeaders(null, https), ...TEXT, ...headers });
    };
    const file = files.get(path);
    if (!host) say(403, 'This share is not known by that name. Open the address that the sharer shows.');
    else if (request.method !== 'GET' && request.method !== 'HEAD')
      say(405, 'Only GET is answered here.', { Allow: 'GET, HEAD' });
    else if (!file) say(404, 'There is nothing here.');
    else if (onlyTls && !https) {
      const Location = `https://${host.text}${path}`;
      say(307, `This share is at ${Location}`, { Location });
    } else sendFile(request, response, file, securityHeaders(host, https));
  }

  #upgrade(request: IncomingMessage, carrier: Duplex, head: Buffer): void {
    const visit = this.#visits.get(carrier);
    carrier.on('error', () => {});
    if (!visit) {
      carrier.destroy();
      return;
    }
    const https = visit.encryption !== null;
    const { origin, 'sec-websocket-protocol': protocols, 'user-agent': userAgent } = request.headers;
    const host = this.#ownHost(request);
    if (pathOf(request) !== RFB_PATH) refuse(carrier, 404, `The WebSocket is at ${RFB_PATH}.`);
    else if (!host) refuse(carrier, 403, 'This share is not known by that name.');
    else if (this.#options.onlyTls && !https) refuse(carrier, 403, `This share is at wss://${host.text}${RFB_PATH}.`);
    else if (!isOwnOrigin(origin, host, https)) refuse(carrier, 403, 'The page of another origin may not watch.');
    else if (!canAgreeOn(protocols)) refuse(carrier, 400, `The subprotocol is "${SUBPROTOCOL}", or none.`);
    else {
      if (head.length > 0) carrier.unshift(head);
      const sliced = new SlicedStream(carrier, this.#options.pace());
      this.#webSockets.handleUpgrade(request, sliced, Buffer.alloc(0), webSocket => {
        this.#forget(visit);
        const connection = new Connection(visit.socket, new WebStream(webSocket, carrier, this.#options.clock), true);
        this.#accept(connection, { userAgent: userAgent ?? null, encryption: visit.encryption });
      });
    }
  }
}

/** The same address may be another share's tomorrow, on http or with other files. */
const TEXT = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' };

/** Without the query, which nothing here reads. */
function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0]!;
}

function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: WebFile,
  security: Readonly<Record<string, string>>,
): void {
  const zipped = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const headers = {
    ...security,
    'Content-Type': file.type,
    'Cache-Control': 'no-cache',
    Vary: 'Accept-Encoding',
    ETag: `"${file.tag}${zipped ? '-gzip' : ''}"`,
    ...(zipped ? { 'Content-Encoding': 'gzip' } : {}),
  };
  if (request.headers['if-none-match'] === headers.ETag) response.writeHead(304, headers).end();
  else send(request, response, 200, zipped ? file.gzipped : file.body, headers);
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
): void {
  const { 'content-length': length = '0', 'transfer-encoding': transfer } = request.headers;
  // Nobody reads the body of a request.
  const last: Record<string, string> = length !== '0' || transfer !== undefined ? { Connection: 'close' } : {};
  response.writeHead(status, { ...headers, ...last, 'Content-Length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Answers where there is no ServerResponse, and closes. */
function refuse(carrier: Duplex, status: number, text: string): void {
  if (!carrier.writable) {
    carrier.destroy();
    return;
  }
  const body = `${text}\n`;
  const headers = {
    ...securityHeaders(null, false),
    ...TEXT,
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  carrier.once('finish', () => carrier.destroy());
  carrier.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
}
