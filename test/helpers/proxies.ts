import { connect, createServer, type Server, type Socket } from 'node:net';

/** A proxy between a viewer and a sharer that can stall: its connections stay open and pass nothing on. */
export class StallingProxy {
  /** Whether new connections stall too. */
  stalled = false;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on a port of 127.0.0.1 picked by the system, for a sharer on another port there. */
  static async start(sharerPort: number): Promise<StallingProxy> {
    const server = createServer();
    const proxy = new StallingProxy(server);
    server.on('connection', viewer => proxy.#pass(viewer, connect(sharerPort, '127.0.0.1')));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Number of open connections. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Stalls the present connections. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  mend(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
  }

  async stop(): Promise<void> {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #pass(viewer: Socket, sharer: Socket): void {
    const pair = [viewer, sharer] as const;
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [sharer, viewer]] as const) {
      from.setNoDelay(true);
      from.on('data', (chunk: Buffer) => to.write(chunk));
      from.on('error', () => {});
      from.on('close', () => {
        this.#pairs.delete(pair);
        to.destroy();
      });
      if (this.stalled) from.pause();
    }
  }
}
