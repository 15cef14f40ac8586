import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A proxy between a viewer and a sharer that changes nothing, and counts the sharer's bytes and what is asked of it.
 */
export class CountingProxy {
  /** Bytes from the sharer since the start. */
  bytes = 0;
  /** What was asked for over http, e.g. "/live/ID/m". */
  readonly requests: string[] = [];
  /** Called with each chunk from the sharer. */
  onData: (chunk: Buffer) => void = () => {};
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on a port of 127.0.0.1 picked by the system, for a sharer on another port there. */
  static async start(sharerPort: number): Promise<CountingProxy> {
    const server = createServer();
    const proxy = new CountingProxy(server);
    server.on('connection', viewer => {
      const sharer = connect(sharerPort, '127.0.0.1');
      for (const socket of [viewer, sharer]) {
        socket.setNoDelay(true);
        proxy.#sockets.add(socket);
        socket.on('close', () => proxy.#sockets.delete(socket));
      }
      sharer.on('data', (chunk: Buffer) => {
        proxy.bytes += chunk.length;
        proxy.onData(chunk);
      });
      viewer.on('data', (chunk: Buffer) => {
        const path = /^GET (\S+) HTTP/.exec(chunk.toString('latin1', 0, 400))?.[1];
        if (path !== undefined) proxy.requests.push(path);
      });
      sharer.pipe(viewer);
      viewer.pipe(sharer);
      sharer.on('error', () => viewer.destroy());
      viewer.on('error', () => sharer.destroy());
      sharer.on('close', () => viewer.destroy());
      viewer.on('close', () => sharer.destroy());
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise(resolve => this.#server.close(resolve));
  }
}
