import { connect, type Socket } from 'node:net';

/** Of a message, in clear (docs/broadcast.md): its length, and where its kind is in the bytes behind that. */
const LENGTH_BYTES = 4;
const HEAD_BYTES = 16;
const KIND_AT = LENGTH_BYTES + 1;
const UPDATE = 1;
const TURN = 4;
/** A turn is announced so long ahead. */
const TURN_MS = 1000;

/** A message of which the last byte has come. */
export interface LightMessage {
  readonly kind: number;
  /** Its place: the segment, and how many were before it there. */
  readonly segment: number;
  readonly index: number;
  /** In milliseconds of this process. */
  readonly time: number;
}

export interface LightReaderOptions {
  readonly host: string;
  readonly port: number;
  /** Of the broadcast, e.g. "/live/4pBW7g2tW0GJXJ0T4hXb0w/". */
  readonly path: string;
  /** The segment to begin with. */
  readonly segment: number;
  onMessage?(message: LightMessage): void;
  /** From 0 to below 1. */
  random?(): number;
}

/**
 * A viewer of a broadcast that opens and decodes nothing: it reads segment after segment as a viewer does, and only finds
 * where messages end. A thousand of them cost next to nothing.
 */
export class LightReader {
  bytes = 0;
  updates = 0;
  requests = 0;
  /** Whether a segment was answered with an error, or ended in the middle of a message. */
  failed: string | null = null;
  segment: number;
  readonly #options: LightReaderOptions;
  #sockets = new Set<Socket>();
  #next: LightResponse | null = null;
  #cancel: () => void = () => {};
  #over = false;
  #paused = false;

  constructor(options: LightReaderOptions) {
    this.#options = options;
    this.segment = options.segment;
    this.#read(this.#get(`u/${this.segment}`));
  }

  /** Stops reading, or goes on; connections stay. */
  pause(paused: boolean): void {
    this.#paused = paused;
    for (const socket of this.#sockets) {
      if (paused) socket.pause();
      else socket.resume();
    }
  }

  close(): void {
    this.#over = true;
    this.#cancel();
    for (const socket of this.#sockets) socket.destroy();
  }

  #get(name: string): LightResponse {
    this.requests++;
    const response = new LightResponse(this.#options, name, bytes => {
      this.bytes += bytes;
    });
    this.#sockets.add(response.socket);
    response.socket.once('close', () => this.#sockets.delete(response.socket));
    if (this.#paused) response.socket.pause();
    return response;
  }

  #read(response: LightResponse): void {
    const turn = () => {
      this.#next ??= this.#get(`u/${this.segment + 1}`);
    };
    response.read(
      message => {
        if (message.kind === UPDATE) this.updates++;
        if (message.kind === TURN && !this.#next) {
          this.#cancel();
          const timer = setTimeout(turn, TURN_MS * (this.#options.random ?? Math.random)());
          this.#cancel = () => clearTimeout(timer);
        }
        this.#options.onMessage?.({ ...message, segment: this.segment });
      },
      problem => {
        this.#cancel();
        if (this.#over) return;
        if (problem !== null) {
          this.failed = problem;
          return;
        }
        turn();
        this.segment++;
        const next = this.#next!;
        this.#next = null;
        this.#read(next);
      },
    );
  }
}

/** Gets a whole resource, e.g. "k/7". @returns its bytes without framing, in milliseconds since it was asked for */
export function getWhole(options: Pick<LightReaderOptions, 'host' | 'port' | 'path'>, name: string) {
  return new Promise<{ readonly bytes: number; readonly ms: number }>((resolve, reject) => {
    const from = performance.now();
    let bytes = 0;
    const response = new LightResponse(options, name, count => {
      bytes += count;
    });
    response.read(
      () => {},
      problem => {
        if (problem === null) resolve({ bytes, ms: performance.now() - from });
        else reject(new Error(problem));
      },
    );
  });
}

/** A response whose body is messages: by its length or in chunks. */
class LightResponse {
  readonly socket: Socket;
  readonly #name: string;
  #message: (message: Omit<LightMessage, 'segment'>) => void = () => {};
  #index = 0;
  #ended: ((problem: string | null) => void) | null = null;
  /** What came before somebody reads. */
  #early: Buffer[] | null = [];
  #problem: string | null | undefined;
  #head = '';
  #inBody = false;
  #chunked = false;
  /** Bytes left of the body, or of the chunk. */
  #left = 0;
  /** The line before a chunk. */
  #line = '';
  #whole = false;
  readonly #header = new Uint8Array(LENGTH_BYTES + HEAD_BYTES);
  #headerBytes = 0;
  /** Bytes left of a message behind its header. */
  #rest = 0;

  constructor(
    { host, port, path }: Pick<LightReaderOptions, 'host' | 'port' | 'path'>,
    name: string,
    received: (bytes: number) => void,
  ) {
    this.#name = name;
    this.socket = connect(port, host);
    this.socket.setNoDelay(true);
    this.socket.on('connect', () => {
      this.socket.write(`GET ${path}${name} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`);
    });
    this.socket.on('data', chunk => {
      received(chunk.length);
      if (this.#early) this.#early.push(chunk);
      else this.#take(chunk);
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => this.#end(this.#whole ? null : `${this.#name} broke off`));
  }

  /** @param ended with what is wrong, or null */
  read(message: (message: Omit<LightMessage, 'segment'>) => void, ended: (problem: string | null) => void): void {
    this.#message = message;
    this.#ended = ended;
    const early = this.#early ?? [];
    this.#early = null;
    for (const chunk of early) this.#take(chunk);
    if (this.#problem !== undefined) this.#end(this.#problem);
  }

  #end(problem: string | null): void {
    this.#problem ??= problem;
    const ended = this.#ended;
    if (!ended || this.#early) return;
    this.#ended = null;
    ended(this.#problem);
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    let at = this.#inBody ? 0 : this.#takeHead(chunk);
    while (at < chunk.length && this.#inBody && !this.#whole) {
      if (this.#left === 0 && this.#chunked) {
        at = this.#takeLine(chunk, at);
        continue;
      }
      const end = Math.min(at + this.#left, chunk.length);
      this.#left -= end - at;
      this.#takeBody(chunk, at, end);
      at = end;
      if (this.#left === 0 && !this.#chunked) this.#whole = true;
    }
    if (this.#whole) this.#end(this.#headerBytes > 0 || this.#rest > 0 ? `${this.#name} ends in a message` : null);
  }

  #takeHead(chunk: Buffer): number {
    const before = this.#head.length;
    this.#head += chunk.toString('latin1');
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return chunk.length;
    const head = this.#head.slice(0, end);
    if (!/^HTTP\/1\.[01] 200 /.test(head)) {
      this.#end(`${this.#name}: ${head.slice(9, 12)}`);
      return chunk.length;
    }
    this.#inBody = true;
    this.#chunked = /\r\ntransfer-encoding: *chunked/i.test(head);
    this.#left = this.#chunked ? 0 : Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.POSITIVE_INFINITY);
    if (this.#left === 0 && !this.#chunked) this.#whole = true;
    return end + 4 - before;
  }

  /** The length of a chunk; its line begins with the end of the chunk before. */
  #takeLine(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      this.#line += String.fromCharCode(chunk[at]!);
      const length = /^(?:\r\n)?([0-9a-f]+)[^\n]*\n$/i.exec(this.#line);
      if (!length) continue;
      this.#line = '';
      this.#left = Number.parseInt(length[1]!, 16);
      if (this.#left === 0) this.#whole = true;
      return at + 1;
    }
    return chunk.length;
  }

  #takeBody(chunk: Buffer, from: number, to: number): void {
    for (let at = from; at < to; ) {
      if (this.#rest > 0) {
        const skipped = Math.min(this.#rest, to - at);
        this.#rest -= skipped;
        at += skipped;
        if (this.#rest === 0) this.#messageEnds();
        continue;
      }
      const taken = Math.min(this.#header.length - this.#headerBytes, to - at);
      this.#header.set(chunk.subarray(at, at + taken), this.#headerBytes);
      this.#headerBytes += taken;
      at += taken;
      if (this.#headerBytes < this.#header.length) continue;
      this.#rest = new DataView(this.#header.buffer).getUint32(0) - HEAD_BYTES;
      if (this.#rest === 0) this.#messageEnds();
    }
  }

  #messageEnds(): void {
    this.#headerBytes = 0;
    this.#message({ kind: this.#header[KIND_AT]!, index: this.#index++, time: performance.now() });
  }
}
