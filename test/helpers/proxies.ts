import { connect, createServer, type Socket } from 'node:net';

/** A proxy between viewers and a sharer on this machine. What it does to their bytes is up to its kind. */
abstract class TcpProxy {
  readonly #server = createServer({ noDelay: true });
  readonly #sockets = new Set<Socket>();

  /** Listens on a port of 127.0.0.1 picked by the system, for a sharer on another port there. */
  async listen(sharerPort: number): Promise<this> {
    this.#server.on('connection', viewer => {
      const sharer = connect({ port: sharerPort, host: '127.0.0.1', noDelay: true });
      for (const [from, to] of [
        [viewer, sharer],
        [sharer, viewer],
      ] as const) {
        this.#sockets.add(from);
        from.on('error', () => {});
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
        this.pass(from, to, from === sharer);
      }
    });
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise(resolve => this.#server.close(resolve));
  }

  /** Both ends of the present connections. */
  protected get sockets(): ReadonlySet<Socket> {
    return this.#sockets;
  }

  /** Passes on what comes from one end of a new connection. */
  protected abstract pass(from: Socket, to: Socket, bySharer: boolean): void;
}

/** Changes nothing, and counts the sharer's bytes and what is asked of it. */
export class CountingProxy extends TcpProxy {
  /** Bytes from the sharer since the start. */
  bytes = 0;
  /** What was asked for over http, e.g. "/live/ID/m". */
  readonly requests: string[] = [];
  /** Called with each chunk from the sharer. */
  onData: (chunk: Buffer) => void = () => {};

  static before(sharerPort: number): Promise<CountingProxy> {
    return new CountingProxy().listen(sharerPort);
  }

  protected pass(from: Socket, to: Socket, bySharer: boolean): void {
    from.on('data', (chunk: Buffer) => {
      if (bySharer) {
        this.bytes += chunk.length;
        this.onData(chunk);
        return;
      }
      const path = /^GET (\S+) HTTP/.exec(chunk.toString('latin1', 0, 400))?.[1];
      if (path !== undefined) this.requests.push(path);
    });
    from.pipe(to);
  }
}

/** Keeps a copy of everything; may change the sharer's bytes. */
export class Wiretap extends TcpProxy {
  readonly heard: Buffer[] = [];
  readonly #change: (said: Buffer) => Buffer | null;

  private constructor(change: (said: Buffer) => Buffer | null) {
    super();
    this.#change = change;
  }

  /** @param change of the sharer's bytes, in whatever pieces they arrive; null ends the connection there */
  static before(sharerPort: number, change: (said: Buffer) => Buffer | null = said => said): Promise<Wiretap> {
    return new Wiretap(change).listen(sharerPort);
  }

  protected pass(from: Socket, to: Socket, bySharer: boolean): void {
    from.on('data', (chunk: Buffer) => {
      this.heard.push(chunk);
      const passed = bySharer ? this.#change(chunk) : chunk;
      if (passed) to.write(passed);
      else to.end();
    });
  }
}

/** Can stall: its connections stay open and pass nothing on. */
export class StallingProxy extends TcpProxy {
  /** Whether new connections stall too. */
  stalled = false;

  static before(sharerPort: number): Promise<StallingProxy> {
    return new StallingProxy().listen(sharerPort);
  }

  /** Number of open connections. */
  get connections(): number {
    return Math.floor(this.sockets.size / 2);
  }

  /** Stalls the present connections. */
  cut(): void {
    for (const socket of this.sockets) socket.pause();
  }

  mend(): void {
    for (const socket of this.sockets) socket.resume();
  }

  protected pass(from: Socket, to: Socket): void {
    from.on('data', (chunk: Buffer) => to.write(chunk));
    if (this.stalled) from.pause();
  }
}

export interface LinkShape {
  readonly bytesPerSecond: number;
  /** One way. */
  readonly delayMs: number;
}

/** What may be read ahead of the link: the rest stays with the sender's system. */
const AHEAD_BYTES = 8192;
const PIECE_BYTES = 4096;

/** A link with a rate towards the viewer, and a delay both ways. */
export class ThinLink extends TcpProxy {
  /** Bytes that have reached the viewers, and that are on their way to them. */
  delivered = 0;
  onItsWay = 0;
  readonly #shape: LinkShape;

  private constructor(shape: LinkShape) {
    super();
    this.#shape = shape;
  }

  static before(sharerPort: number, shape: LinkShape): Promise<ThinLink> {
    return new ThinLink(shape).listen(sharerPort);
  }

  protected pass(from: Socket, to: Socket, bySharer: boolean): void {
    const bytesPerSecond = bySharer ? this.#shape.bytesPerSecond : Number.POSITIVE_INFINITY;
    const pieces: { readonly bytes: Buffer; readonly freeAt: number }[] = [];
    let freeAt = 0;
    let ticking: NodeJS.Timeout | null = null;
    const tick = () => {
      ticking = null;
      const now = performance.now();
      while (pieces[0] && pieces[0].freeAt + this.#shape.delayMs <= now) {
        const { bytes } = pieces.shift()!;
        if (bySharer) {
          this.delivered += bytes.length;
          this.onItsWay -= bytes.length;
        }
        to.write(bytes);
      }
      if (((freeAt - now) * bytesPerSecond) / 1000 < AHEAD_BYTES) from.resume();
      if (pieces.length > 0) ticking = setTimeout(tick, 1);
    };
    from.on('data', (chunk: Buffer) => {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        const bytes = Buffer.from(chunk.subarray(at, at + PIECE_BYTES));
        freeAt = Math.max(freeAt, performance.now()) + (bytes.length * 1000) / bytesPerSecond;
        pieces.push({ bytes, freeAt });
        if (bySharer) this.onItsWay += bytes.length;
      }
      from.pause();
      ticking ??= setTimeout(tick, 1);
    });
    from.on('close', () => {
      if (ticking) clearTimeout(ticking);
    });
  }
}
