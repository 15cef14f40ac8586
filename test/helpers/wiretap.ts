import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Passes everything on and keeps a copy; may change the share's first bytes. */
export class Wiretap {
  readonly heard: Buffer[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number, change: (said: Buffer) => Buffer) {
    this.#server = createServer(near => {
      const far = connect(port, '127.0.0.1');
      for (const socket of [near, far]) this.#sockets.add(socket.on('error', () => {}));
      near.on('data', chunk => {
        this.heard.push(chunk);
        far.write(chunk);
      });
      far.on('data', chunk => {
        this.heard.push(chunk);
        near.write(change(chunk));
      });
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
    });
  }

  /** @param change of the share's bytes, in whatever pieces they arrive */
  static async before(port: number, change = (said: Buffer) => said): Promise<Wiretap> {
    const tap = new Wiretap(port, change);
    tap.#server.listen(0, '127.0.0.1');
    await once(tap.#server, 'listening');
    return tap;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
