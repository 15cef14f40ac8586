import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { sameInConstantTime } from '../../../core/bytes.js';
import type { Clock } from '../../../core/clock.js';
import { fromUtf8 } from '../../../core/text.js';
import { BROADCAST, BROADCAST_LIMITS } from '../../../protocols/broadcast/constants.js';
import { type Resource, resourceOf } from '../../../protocols/broadcast/resources.js';
import { displayAddress } from '../../../transport/connection.js';
import { type Listener, type ListenOptions, listenForSockets } from '../../../transport/listener.js';
import type { WebFile } from '../../../transport/web-listener.js';
import { securityHeaders } from '../../../transport/web-rules.js';
import type { SegmentReader, SegmentStore } from './segment-store.js';

export interface SegmentServerParts {
  readonly clock: Clock;
  readonly store: SegmentStore;
  /** Of the link. */
  readonly id: string;
  /** What a cache has to say in the header X-Share; null: everybody may read. */
  readonly token: string | null;
  /** The page by its paths, e.g. "/page.js"; null: there is none. */
  readonly files: ReadonlyMap<string, WebFile> | null;
  /** The message of `m`, once the picture is a present one; null: there is none now. */
  newest(): Promise<Uint8Array | null>;
  /** Somebody asks for a part of the broadcast. */
  asked(): void;
  /** Readers have come or gone, or can take more. */
  changed(): void;
}

/** Connections, all and from one address: a cache needs four at the most, one for each thing that it asks for. */
const CONNECTIONS = 32;
const CONNECTIONS_OF_ONE = 4;
/** How long a request may take to arrive, and an answer that has an end to be taken. */
const REQUEST_MS = 10_000;
const ANSWER_MS = 60_000;
/** How long a connection may be kept for the next request; longer than caches keep theirs. */
const IDLE_MS = 90_000;
/** How often connections are looked at. */
const LOOK_MS = 2500;
const MAX_HEADER_BYTES = 8192;
/** Unsent bytes of all connections together: two of the longest answers. */
const MOST_WAITING = 2 * BROADCAST_LIMITS.resource;
/** The header of `--origin-token`. */
export const TOKEN_HEADER = 'X-Share';

const CACHED = {
  m: 'public, max-age=1',
  k: 'public, max-age=60',
  u: 'public, max-age=120, immutable',
  missing: 'public, max-age=1',
  page: 'public, max-age=3600',
} as const;

const BYTES = {
  'Content-Type': 'application/octet-stream',
  'Access-Control-Allow-Origin': '*',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** A connection, between requests or with one. */
interface Visit {
  readonly socket: Socket;
  readonly address: string;
  answering: boolean;
  /** When it began to wait for a request or for its answer to be taken; null: an answer that may take its time. */
  since: number | null;
  /** Bytes that had come by then. */
  bytes: number;
  /** When the first byte of a request was seen. */
  begun: number | null;
  /** Bytes that it had taken when some were last seen to wait for it, and since when it has taken no more. */
  taken: number;
  takenAt: number;
}

/**
 * Serves a broadcast to caches over http. What anybody may do to it is bounded: connections, requests, headers, and the
 * unsent bytes of all together. Without the ID nobody finds anything.
 */
export class SegmentServer {
  readonly #parts: SegmentServerParts;
  readonly #id: Uint8Array;
  readonly #token: Uint8Array | null;
  // It never listens itself, so its own timeouts are not in force.
  readonly #http = createServer({ maxHeaderSize: MAX_HEADER_BYTES });
  readonly #visits = new Map<Socket, Visit>();
  #listener: Listener | null = null;
  #cancelLook: () => void = () => {};
  #closing = false;

  constructor(parts: SegmentServerParts) {
    this.#parts = parts;
    this.#id = fromUtf8(parts.id);
    this.#token = parts.token === null ? null : fromUtf8(parts.token);
    this.#http.keepAliveTimeout = IDLE_MS;
    this.#http.on('request', (request, response) => this.#request(request, response));
    this.#http.on('clientError', (_, carrier) => carrier.destroy());
  }

  /** @throws as listenForSockets does */
  async listen(options: ListenOptions): Promise<Listener> {
    const listener = await listenForSockets(options, socket => this.#welcome(socket));
    this.#listener = listener;
    this.#look();
    return listener;
  }

  /** Bytes sent are delivered within this time, or not at all. */
  async close(ms: number): Promise<void> {
    this.#closing = true;
    this.#cancelLook();
    const closed = this.#listener?.close();
    const answered = [...this.#visits.values()].map(({ socket, answering }) => {
      if (!answering) socket.destroy();
      return new Promise<void>(resolve => socket.once('close', () => resolve()));
    });
    let cancel = () => {};
    const late = new Promise<void>(resolve => {
      cancel = this.#parts.clock.after(ms, resolve);
    });
    await Promise.race([Promise.all(answered), late]);
    cancel();
    for (const { socket } of this.#visits.values()) socket.destroy();
    await closed;
  }

  #welcome(socket: Socket): void {
    // Without a listener a socket error would end the process. `close` follows every error.
    socket.on('error', () => {});
    const address = displayAddress(socket.remoteAddress ?? '');
    if (!this.#makeRoom(address)) {
      socket.destroy();
      return;
    }
    const since = this.#parts.clock.now();
    this.#visits.set(socket, {
      socket,
      address,
      answering: false,
      since,
      bytes: 0,
      begun: since,
      taken: -1,
      takenAt: since,
    });
    socket.once('close', () => this.#visits.delete(socket));
    this.#http.emit('connection', socket);
  }

  /** Whether another connection fits; one of the same address that asks for nothing gives way. */
  #makeRoom(address: string): boolean {
    const own = [...this.#visits.values()].filter(visit => visit.address === address);
    const idle = own.find(({ answering }) => !answering);
    if (own.length < CONNECTIONS_OF_ONE && this.#visits.size < CONNECTIONS) return true;
    if (!idle) return false;
    this.#visits.delete(idle.socket);
    idle.socket.destroy();
    return true;
  }

  /** Cuts whoever takes too long. */
  #look(): void {
    this.#cancelLook = this.#parts.clock.after(LOOK_MS, () => this.#look());
    const now = this.#parts.clock.now();
    for (const visit of this.#visits.values()) {
      const { socket, answering, since } = visit;
      if (since === null) continue;
      if (!answering && visit.begun === null && socket.bytesRead > visit.bytes) visit.begun = now;
      const began = answering ? since : (visit.begun ?? since);
      const most = answering ? ANSWER_MS : visit.begun === null ? IDLE_MS : REQUEST_MS;
      if (now - began >= most) socket.destroy();
    }
  }

  /**
   * More waits for a connection. Where all that waits is too much, those go that have taken nothing for the longest time:
   * a cache that has just asked may have a whole segment to take.
   */
  #weigh(): void {
    const now = this.#parts.clock.now();
    const behind: Visit[] = [];
    let waiting = 0;
    for (const visit of this.#visits.values()) {
      const { socket } = visit;
      const own = socket.destroyed ? 0 : socket.writableLength;
      if (own === 0) continue;
      const taken = socket.bytesWritten - own;
      if (taken !== visit.taken) {
        visit.taken = taken;
        visit.takenAt = now;
      }
      waiting += own;
      behind.push(visit);
    }
    if (waiting <= MOST_WAITING) return;
    behind.sort((a, b) => a.takenAt - b.takenAt || b.socket.writableLength - a.socket.writableLength);
    // What the last one alone has to take is bounded by what it asked for.
    for (const { socket } of behind.slice(0, -1)) {
      if (waiting <= MOST_WAITING) return;
      waiting -= socket.writableLength;
      socket.destroy();
    }
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const visit = this.#visits.get(socket);
    if (!visit || visit.answering) {
      // One after the other: nobody who asks for more before it has an answer is a cache.
      socket.destroy();
      return;
    }
    visit.answering = true;
    this.#wait(visit);
    response.once('close', () => {
      visit.answering = false;
      visit.begun = null;
      this.#wait(visit);
      if (this.#closing) socket.end();
    });
    this.#answer(request, response, visit);
  }

  #wait(visit: Visit): void {
    visit.since = this.#parts.clock.now();
    visit.bytes = visit.socket.bytesRead;
  }

  #answer(request: IncomingMessage, response: ServerResponse, visit: Visit): void {
    const { method, headers } = request;
    const path = (request.url ?? '').split('?', 1)[0]!;
    const answer = new Answer(request, response, () => this.#weigh());
    const token = headers[TOKEN_HEADER.toLowerCase()];
    if (this.#token && !(typeof token === 'string' && sameInConstantTime(fromUtf8(token), this.#token))) {
      answer.send(403, 'no-store', 'text/plain', fromUtf8('Only a cache that this broadcast knows may read it.\n'));
      return;
    }
    if (method !== 'GET' && method !== 'HEAD') {
      answer.send(405, 'no-store', 'text/plain', fromUtf8('Only GET is answered here.\n'), { Allow: 'GET, HEAD' });
      return;
    }
    const [id = '', ...rest] = path.startsWith(BROADCAST.path) ? path.slice(BROADCAST.path.length).split('/') : [];
    if (!sameInConstantTime(fromUtf8(id), this.#id)) answer.missing();
    else if (rest.length === 0)
      answer.send(308, CACHED.page, 'text/plain', NOTHING, { Location: `${this.#parts.id}/` });
    else {
      const name = rest.join('/');
      const resource = resourceOf(name);
      if (resource) this.#serve(resource, answer, visit);
      else this.#page(`/${name}`, answer);
    }
  }

  #serve(resource: Resource, answer: Answer, visit: Visit): void {
    const { store, asked, newest } = this.#parts;
    asked();
    if (resource.kind === 'm') {
      newest().then(
        message => {
          if (message) answer.bytes(CACHED.m, [message]);
          else
            answer.send(503, 'no-store', 'text/plain', fromUtf8('There is no picture yet.\n'), { 'Retry-After': '1' });
        },
        () => answer.destroy(),
      );
      return;
    }
    if (resource.kind === 'k') {
      const picture = store.picture(resource.segment);
      if (picture) answer.bytes(CACHED.k, picture);
      else answer.missing();
      return;
    }
    if (answer.isHead) {
      answer.bytes(CACHED.u, []);
      return;
    }
    // It may take as long as its segment.
    visit.since = null;
    const reader = answer.reader(() => this.#wait(visit), this.#parts.changed);
    const leave = store.read(resource.segment, reader);
    if (!leave) {
      this.#wait(visit);
      answer.missing();
      return;
    }
    answer.onClose(() => {
      leave();
      this.#parts.changed();
    });
    this.#parts.changed();
  }

  #page(path: string, answer: Answer): void {
    const file = this.#parts.files?.get(path);
    if (file) answer.file(file);
    else answer.missing();
  }
}

const NOTHING = new Uint8Array(0);

/** The answer to one request. */
class Answer {
  readonly isHead: boolean;
  readonly #response: ServerResponse;
  readonly #request: IncomingMessage;
  readonly #waits: () => void;

  /** @param waits called when more waits for the connection to take it */
  constructor(request: IncomingMessage, response: ServerResponse, waits: () => void) {
    this.#request = request;
    this.#response = response;
    this.#waits = waits;
    this.isHead = request.method === 'HEAD';
  }

  /** What is not there may be soon. */
  missing(): void {
    this.send(404, CACHED.missing, 'text/plain', fromUtf8('There is nothing here.\n'));
  }

  bytes(cached: string, pieces: readonly Uint8Array[]): void {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.#begin(200, { ...BYTES, 'Cache-Control': cached, 'Content-Length': length });
    this.#end(pieces);
  }

  file({ type, body, gzipped, tag }: WebFile): void {
    const zipped = /\bgzip\b/.test(String(this.#request.headers['accept-encoding'] ?? ''));
    this.send(200, CACHED.page, type, zipped ? gzipped : body, {
      ...securityHeaders(null, false),
      Vary: 'Accept-Encoding',
      ETag: `"${tag}${zipped ? '-gzip' : ''}"`,
      ...(zipped ? { 'Content-Encoding': 'gzip' } : {}),
    });
  }

  send(status: number, cached: string, type: string, body: Uint8Array, headers: Record<string, string> = {}): void {
    const text = type === 'text/plain' ? `${type}; charset=utf-8` : type;
    this.#begin(status, { 'Content-Type': text, 'Cache-Control': cached, 'Content-Length': body.length, ...headers });
    this.#end([body]);
  }

  /**
   * @param ending called when all of it has been written, which must then be taken in time
   * @param drained called when it can take more again
   */
  reader(ending: () => void, drained: () => void): SegmentReader {
    const response = this.#response;
    response.on('drain', drained);
    const begin = (length: number | null) => {
      if (response.headersSent) return;
      const known = length === null ? {} : { 'Content-Length': length };
      this.#begin(200, { ...BYTES, 'Cache-Control': CACHED.u, ...known });
    };
    return {
      get waitingBytes() {
        return response.writableLength;
      },
      grow: (messages, taken) => {
        begin(null);
        response.cork();
        for (const [index, message] of messages.entries()) {
          if (index === messages.length - 1 && taken) response.write(message, error => error || taken());
          else response.write(message);
        }
        response.uncork();
        if (this.#request.socket.writableLength > 0) this.#waits();
      },
      whole: messages => {
        begin(messages.reduce((sum, { length }) => sum + length, 0));
        this.#end(messages);
        ending();
      },
      end: () => {
        if (response.headersSent) response.end();
        else this.missing();
        ending();
      },
    };
  }

  onClose(listener: () => void): void {
    this.#response.once('close', listener);
  }

  destroy(): void {
    this.#response.destroy();
  }

  #begin(status: number, headers: Record<string, string | number>): void {
    const { 'content-length': length = '0', 'transfer-encoding': transfer } = this.#request.headers;
    // Nobody reads the body of a request.
    const last = length !== '0' || transfer !== undefined ? { Connection: 'close' } : {};
    this.#response.writeHead(status, { ...headers, ...last });
  }

  #end(pieces: readonly Uint8Array[]): void {
    const response = this.#response;
    if (!this.isHead) {
      response.cork();
      for (const piece of pieces) response.write(piece);
    }
    response.end();
    response.uncork();
    if (this.#request.socket.writableLength > 0) this.#waits();
  }
}
