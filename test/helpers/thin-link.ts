import { connect, createServer, type Server, type Socket } from 'node:net';

export interface LinkShape {
  readonly bytesPerSecond: number;
  /** One way. */
  readonly delayMs: number;
}

/** What may be read ahead of the link: the rest stays with the sender's system. */
const AHEAD_BYTES = 8192;
const PIECE_BYTES = 4096;

/** A link between a viewer and a sharer with a rate towards the viewer, and a delay both ways. */
export class ThinLink {
  /** Bytes that have reached the viewers, and that are on their way to them. */
  delivered = 0;
  onItsWay = 0;
  readonly #server: Server;
  readonly #shape: LinkShape;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, shape: LinkShape) {
    this.#server = server;
    this.#shape = shape;
  }

  /** Listens on a port of 127.0.0.1 picked by the system, for a sharer on another port there. */
  static async start(sharerPort: number, shape: LinkShape): Promise<ThinLink> {
    const server = createServer({ noDelay: true });
    const link = new ThinLink(server, shape);
    server.on('connection', viewer => {
      const sharer = connect({ port: sharerPort, host: '127.0.0.1', noDelay: true });
      link.#carry(sharer, viewer, shape.bytesPerSecond);
      link.#carry(viewer, sharer, Number.POSITIVE_INFINITY);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return link;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #carry(from: Socket, to: Socket, bytesPerSecond: number): void {
    this.#sockets.add(from);
    const pieces: { readonly bytes: Buffer; readonly freeAt: number }[] = [];
    let freeAt = 0;
    let ticking: NodeJS.Timeout | null = null;
    const tick = () => {
      ticking = null;
      const now = performance.now();
      while (pieces[0] && pieces[0].freeAt + this.#shape.delayMs <= now) {
        const { bytes } = pieces.shift()!;
        if (bytesPerSecond < Number.POSITIVE_INFINITY) {
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
        if (bytesPerSecond < Number.POSITIVE_INFINITY) this.onItsWay += bytes.length;
      }
      from.pause();
      ticking ??= setTimeout(tick, 1);
    });
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      if (ticking) clearTimeout(ticking);
      to.destroy();
    });
  }
}
