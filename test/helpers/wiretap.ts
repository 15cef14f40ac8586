import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Passes everything on and keeps it; may change the first bytes that the share says. */
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

  /** @param change of what the share says, whatever pieces it comes in */
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
