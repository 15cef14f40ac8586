import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { deflateSync } from 'node:zlib';
import { frameHeader } from '../../source/protocols/classic/frames.js';

export interface RgbPicture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** A picture in which every pixel differs from its neighbours; another seed gives another picture. */
export function noisyPicture(width: number, height: number, seed = 0): RgbPicture {
  const rgb = new Uint8Array(width * height * 3);
  for (let at = 0; at < rgb.length; at++) rgb[at] = Math.imul(at + seed * 7_777_777 + 1, 2_654_435_761) >>> 24;
  return { width, height, rgb };
}

/** A picture of large plain areas, like a screen, with a number that distinguishes it from others. */
export function plainPicture(width: number, height: number, seed = 0): RgbPicture {
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const value = ((y >> 5) * 40 + seed * 3) & 255;
    rgb.fill(value, y * width * 3, (y + 1) * width * 3);
  }
  return { width, height, rgb };
}

export function frameOf(picture: RgbPicture, level = 1): Buffer {
  const body = deflateSync(picture.rgb, { level });
  return Buffer.concat([frameHeader(body.length), body]);
}

/** A classic sharer that sends the bytes a test gives it, valid or not. */
export class ClassicSharer {
  readonly viewers: Socket[] = [];
  readonly #server: Server;
  #onViewer: (viewer: Socket) => void;

  private constructor(onViewer: (viewer: Socket) => void) {
    this.#onViewer = onViewer;
    this.#server = createServer(socket => {
      this.viewers.push(socket);
      socket.on('error', () => {});
      this.#onViewer(socket);
    });
  }

  /** @param onViewer called with each new viewer */
  static async start(onViewer: (viewer: Socket) => void = () => {}, port = 0): Promise<ClassicSharer> {
    const sharer = new ClassicSharer(onViewer);
    sharer.#server.listen(port, '127.0.0.1');
    await once(sharer.#server, 'listening');
    return sharer;
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== 'object' || !address) throw new Error('the sharer does not listen');
    return address.port;
  }

  /** Sends bytes to all viewers. */
  send(bytes: Uint8Array): void {
    for (const viewer of this.viewers) if (viewer.writable) viewer.write(bytes);
  }

  async stop(): Promise<void> {
    for (const viewer of this.viewers) viewer.destroy();
    await new Promise(resolve => this.#server.close(resolve));
  }
}
