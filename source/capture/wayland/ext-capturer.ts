import type { Rectangle } from '../../core/rectangle.js';
import { attempt, type Capturer, type CapturerHost } from './capture-stream.js';
import type { WaylandConnection, WaylandObject } from './connection.js';
import type { ShmFormat } from './formats.js';
import { EXT_FRAME, EXT_SESSION } from './interfaces.js';
import { packedStride } from './shared-buffers.js';

/**
 * Captures by ext-image-copy-capture-v1. A session announces the shape of its pictures, and each change of it. A
 * capture completes when something has changed since the session's last one, the first one at once.
 */
export class ExtCapturer implements Capturer {
  readonly #connection: WaylandConnection;
  readonly #host: CapturerHost;
  readonly #session: WaylandObject<typeof EXT_SESSION>;
  #frame: WaylandObject<typeof EXT_FRAME> | null = null;
  /** Whether the shape is known. */
  #shaped = false;

  /**
   * @param begin makes the request that creates the session
   * @param choose picks the format, or throws
   */
  constructor(
    connection: WaylandConnection,
    host: CapturerHost,
    begin: (session: WaylandObject<typeof EXT_SESSION>) => void,
    choose: (formats: readonly number[]) => ShmFormat,
  ) {
    this.#connection = connection;
    this.#host = host;
    let size = { width: 0, height: 0 };
    let formats: number[] = [];
    this.#session = connection.create(EXT_SESSION, {
      buffer_size: (width, height) => {
        size = { width, height };
      },
      shm_format: format => formats.push(format),
      done: () => {
        const offered = formats;
        formats = [];
        attempt(host, () => this.#constrained(size, () => choose(offered)));
      },
      stopped: () => host.stopped(),
    });
    begin(this.#session);
  }

  measure(): void {}

  /** Does nothing before the shape is known: the host asks again then. */
  capture(): void {
    if (this.#shaped) attempt(this.#host, () => this.#capture());
  }

  cancel(): boolean {
    this.#frame?.send('destroy');
    this.#frame = null;
    return true;
  }

  close(): void {
    this.cancel();
    this.#session.send('destroy');
  }

  #constrained({ width, height }: { width: number; height: number }, choose: () => ShmFormat): void {
    this.#shaped = width > 0 && height > 0;
    const format = this.#shaped ? choose() : null;
    this.#host.shaped(format && { width, height, stride: packedStride(width, format), format });
  }

  #capture(): void {
    const { buffer } = this.#host.target();
    const damage: Rectangle[] = [];
    let transform: number | null = null;
    const frame = this.#connection.create(EXT_FRAME, {
      transform: value => {
        transform = value;
      },
      damage: (x, y, width, height) => damage.push({ x, y, width, height }),
      ready: () => {
        this.cancel();
        this.#host.captured({ damage, transform, inverted: false });
      },
      failed: () => {
        this.cancel();
        this.#host.failed();
      },
    });
    this.#frame = frame;
    this.#session.send('create_frame', frame as WaylandObject);
    frame.send('attach_buffer', buffer.object as WaylandObject);
    const { width, height } = buffer.shape;
    for (const each of buffer.missing ?? [{ x: 0, y: 0, width, height }]) {
      frame.send('damage_buffer', each.x, each.y, each.width, each.height);
    }
    frame.send('capture');
  }
}
