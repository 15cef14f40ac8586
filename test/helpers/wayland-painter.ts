import { closeSync, writeSync } from 'node:fs';
import {
  WL_COMPOSITOR,
  WL_SURFACE,
  XDG_SURFACE,
  XDG_TOPLEVEL,
  XDG_WM_BASE,
} from '../../source/bench/drawing-interfaces.js';
import { WaylandConnection, type WaylandObject } from '../../source/capture/wayland/connection.js';
import { WL_BUFFER, WL_CALLBACK, WL_OUTPUT, WL_SHM, WL_SHM_POOL } from '../../source/capture/wayland/interfaces.js';
import type { Rectangle, Size } from '../../source/core/rectangle.js';
import { createMemoryFile } from '../../source/native/shared-file.js';

const ANY_SIZE: Size = { width: 1, height: 1 };

/** A Wayland program that fills a monitor and draws exactly what a test asks for, in colours 0xRRGGBB. */
export class WaylandPainter {
  readonly #connection: WaylandConnection;
  readonly #shm: WaylandObject<typeof WL_SHM>;
  readonly #surface: WaylandObject<typeof WL_SURFACE>;
  #size: Size = ANY_SIZE;
  #file: { readonly fd: number; readonly buffer: WaylandObject<typeof WL_BUFFER>; readonly size: Size } | null = null;
  pixels = new Uint32Array(0);
  #onSize: () => void = () => {};

  private constructor(connection: WaylandConnection) {
    this.#connection = connection;
    this.#shm = connection.bind(WL_SHM, 1)!;
    const compositor = connection.bind(WL_COMPOSITOR, 4)!;
    this.#surface = connection.create(WL_SURFACE);
    compositor.send('create_surface', this.#surface as WaylandObject);
  }

  /** @param monitor the name of the one that it fills */
  static async open(environment: NodeJS.ProcessEnv, monitor = 'HEADLESS-1'): Promise<WaylandPainter> {
    const painter = new WaylandPainter(await WaylandConnection.open(environment));
    await painter.#show(monitor);
    // Sway announces the size once there is something to show.
    await painter.fill(0);
    await painter.untilSize(({ width }) => width > ANY_SIZE.width);
    return painter;
  }

  get size(): Size {
    return this.#size;
  }

  /** Resolves when the compositor has given it a size for which the condition holds. */
  async untilSize(condition: (size: Size) => boolean): Promise<void> {
    while (!condition(this.#size)) {
      await new Promise<void>(resolve => {
        this.#onSize = resolve;
      });
    }
  }

  /** Draws, and resolves when the compositor has shown it. */
  async paint(rectangle: Rectangle, colour: number | ((x: number, y: number) => number)): Promise<void> {
    const { width, height } = this.#size;
    const { fd, buffer } = this.#provide();
    const right = Math.min(rectangle.x + rectangle.width, width);
    const bottom = Math.min(rectangle.y + rectangle.height, height);
    for (let y = rectangle.y; y < bottom; y++) {
      for (let x = rectangle.x; x < right; x++) {
        this.pixels[y * width + x] = (typeof colour === 'number' ? colour : colour(x, y)) & 0xffffff;
      }
      const row = this.pixels.subarray(y * width + rectangle.x, y * width + right);
      writeSync(fd, row, 0, row.byteLength, (y * width + rectangle.x) * 4);
    }
    this.#surface.send('attach', buffer as WaylandObject, 0, 0);
    this.#surface.send('damage_buffer', rectangle.x, rectangle.y, rectangle.width, rectangle.height);
    await this.#connection.answered(shown => {
      this.#surface.send('frame', this.#connection.create(WL_CALLBACK, { done: () => shown() }) as WaylandObject);
      this.#surface.send('commit');
    });
  }

  async fill(colour: number | ((x: number, y: number) => number)): Promise<void> {
    await this.paint({ x: 0, y: 0, ...this.#size }, colour);
  }

  async stop(): Promise<void> {
    this.#connection.close();
    if (this.#file) closeSync(this.#file.fd);
    this.#file = null;
  }

  async #show(monitor: string): Promise<void> {
    const connection = this.#connection;
    const output = await this.#find(monitor);
    const base = connection.bind(XDG_WM_BASE, 1, { ping: serial => base!.send('pong', serial) });
    let told = { width: 0, height: 0 };
    await connection.answered(configured => {
      const surface = connection.create(XDG_SURFACE, {
        configure: serial => {
          surface.send('ack_configure', serial);
          if (told.width > 0) this.#size = told;
          this.#onSize();
          configured();
        },
      });
      base!.send('get_xdg_surface', surface as WaylandObject, this.#surface as WaylandObject);
      const toplevel = connection.create(XDG_TOPLEVEL, {
        configure: (width, height) => {
          told = { width, height };
        },
      });
      surface.send('get_toplevel', toplevel as WaylandObject);
      toplevel.send('set_title', 'painter');
      toplevel.send('set_fullscreen', output as WaylandObject);
      this.#surface.send('commit');
    });
  }

  async #find(monitor: string): Promise<WaylandObject<typeof WL_OUTPUT>> {
    const connection = this.#connection;
    const names = new Map<string, WaylandObject<typeof WL_OUTPUT>>();
    for (const global of connection.globals.values()) {
      if (global.interface !== WL_OUTPUT.name) continue;
      const output = connection.bind(WL_OUTPUT, 4, { name: name => names.set(name, output) }, global)!;
    }
    await connection.sync();
    return names.get(monitor)!;
  }

  /** Memory of the present size. One buffer is enough: it is changed only after it has been shown. */
  #provide(): { readonly fd: number; readonly buffer: WaylandObject<typeof WL_BUFFER> } {
    const { width, height } = this.#size;
    if (this.#file?.size.width === width && this.#file.size.height === height) return this.#file;
    if (this.#file) {
      this.#file.buffer.send('destroy');
      closeSync(this.#file.fd);
    }
    this.pixels = new Uint32Array(width * height);
    const fd = createMemoryFile('painter')!;
    writeSync(fd, this.pixels, 0, this.pixels.byteLength, 0);
    const pool = this.#connection.create(WL_SHM_POOL);
    this.#shm.send('create_pool', pool as WaylandObject, fd, this.pixels.byteLength);
    const buffer = this.#connection.create(WL_BUFFER);
    pool.send('create_buffer', buffer as WaylandObject, 0, width, height, width * 4, 1);
    pool.send('destroy');
    this.#file = { fd, buffer, size: { width, height } };
    return this.#file;
  }
}
