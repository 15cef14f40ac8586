import type { Clock } from '../../../core/clock.js';
import { ServerHandshake } from '../../../protocols/rfb/server-handshake.js';
import type { Connection } from '../../../transport/connection.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';

/**
 * Connections beyond the limits: each is sent the reason and is not a viewer. If there are too many, the oldest is
 * closed.
 */
export class RefusedConnections {
  readonly #clock: Clock;
  readonly #open = new Set<Connection>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param reason for the viewer's person */
  refuse(connection: Connection, reason: string): void {
    const { stream } = connection;
    const handshake = new ServerHandshake({ security: [], consent: false, guarded: false, refusal: reason });
    const cancel = this.#clock.after(VIEWER_LIMITS.refusalMs, () => connection.destroy());
    const send = (bytes: Uint8Array) => connection.write([bytes], () => {});
    stream.on('close', () => {
      cancel();
      this.#open.delete(connection);
    });
    const receive = (chunk: Uint8Array) => {
      try {
        for (const step of handshake.receive(chunk)) {
          if (step.type === 'send') send(step.bytes);
          else connection.end();
        }
      } catch {
        connection.destroy();
      }
    };
    stream.on('data', receive);
    stream.resume();
    const [oldest] = this.#open;
    if (oldest && this.#open.size >= VIEWER_LIMITS.beingRefused) oldest.destroy();
    this.#open.add(connection);
    send(handshake.greeting());
  }

  close(): void {
    for (const connection of this.#open) connection.destroy();
  }
}
