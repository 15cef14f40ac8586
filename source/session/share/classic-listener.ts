import { timingSafeEqual } from 'node:crypto';
import { ClassicPicture } from '../../codecs/classic/classic-picture.js';
import { StripEncoder } from '../../codecs/classic/strip-encoder.js';
import type { Clock } from '../../core/clock.js';
import type { Transport } from '../../core/transport.js';
import { deflateStrips } from '../../node/compressors.js';
import type { ScreenView } from '../../pixels/screen.js';
import { frameHeader, rawLength } from '../../protocols/classic/frames.js';
import type { Connection } from '../../transport/connection.js';
import { type Listener, listen } from '../../transport/listener.js';
import type { Listening } from '../messages.js';
import { type ClassicFrame, ClassicViewer } from './classic-viewer.js';
import type { ShareHost, ViewerListener } from './viewer-session.js';

/** The input of the newest frame, encoded or being encoded. */
interface Basis {
  readonly screen: ScreenView;
  readonly version: number;
  readonly level: number;
}

/**
 * The listener of the classic protocol: encodes each picture that a viewer can take once for all viewers. During
 * encoding one more picture may be captured.
 */
export class ClassicListener implements ViewerListener {
  readonly #host: ShareHost;
  readonly #port: number;
  readonly #code: string | null;
  readonly #picture: ClassicPicture;
  readonly #encoder: StripEncoder;
  readonly #viewers = new Set<ClassicViewer>();
  #listener: Listener | null = null;
  #frame: ClassicFrame | null = null;
  #basis: Basis | null = null;
  #encoding: Promise<void> | null = null;
  #serial = 0;
  #closed = false;
  #emptied: () => void = () => {};

  /** @param code what a viewer must send first, if there is no rfb listener; null: the person decides */
  constructor(host: ShareHost, port: number, code: string | null = null) {
    const { classicSize, classicFit } = host.options;
    this.#code = code;
    this.#host = host;
    this.#port = port;
    this.#picture = new ClassicPicture(host.memory, classicSize, classicFit);
    this.#encoder = new StripEncoder(host.memory, classicSize, deflateStrips);
  }

  async listen(): Promise<readonly Listening[]> {
    const options = { bind: this.#host.options.bind, port: this.#port, portFlag: '--classic-port' };
    this.#listener = await listen(options, connection => this.#accept(connection));
    return [{ wire: 'classic', address: this.#listener.address, port: this.#listener.port }];
  }

  async close(): Promise<void> {
    this.#closed = true;
    const closed = this.#listener?.close();
    const emptied = new Promise<void>(resolve => {
      this.#emptied = resolve;
    });
    for (const viewer of this.#viewers) viewer.close();
    if (this.#viewers.size > 0) await emptied;
    await closed;
    await this.#encoding;
    this.#picture.free();
    this.#encoder.free();
  }

  /** Whether a captured picture is waiting for the previous one to be encoded. */
  get #behind(): boolean {
    return this.#encoding !== null && this.#host.picture(false).version !== this.#basis?.version;
  }

  #accept(connection: Connection): void {
    const address = connection.remoteAddress;
    const asks = this.#code === null && this.#host.options.access !== 'open';
    // The protocol cannot carry a reason.
    if (this.#closed || this.#host.refusal(address) !== null || !this.#host.room(address, asks)) {
      connection.destroy();
      return;
    }
    const viewer = new ClassicViewer(this.#host.nextViewerId(), connection, this.#host, {
      ready: () => this.#pump(),
      behind: () => this.#behind,
      expecting: () => this.#encoding !== null || this.#host.capturing,
      closed: () => {
        if (this.#viewers.delete(viewer)) this.#host.left(viewer, viewer.reason);
        if (this.#viewers.size === 0) this.#emptied();
      },
    });
    this.#host.admit(viewer);
    this.#viewers.add(viewer);
    void this.#admit(viewer, connection);
  }

  async #admit(viewer: ClassicViewer, { stream }: Connection): Promise<void> {
    const allowed =
      this.#code === null
        ? (await this.#host.consent(viewer, false)) === null
        : await sendsCode(stream, this.#code, this.#host.clock);
    if (!allowed) return viewer.close();
    if (!this.#viewers.has(viewer)) return;
    viewer.watch();
    this.#host.watching(viewer);
  }

  /** Sends each ready viewer the newest frame, and starts the next one if a viewer can take it. */
  #pump(): void {
    if (this.#closed) return;
    if (!this.#host.live) {
      // Never send a frame from before everybody left.
      this.#frame = null;
      this.#host.wantFrame();
      return;
    }
    const screen = this.#host.picture(false);
    const { level } = this.#host.settings;
    const basis = this.#basis;
    const current = basis?.screen === screen && basis.version === screen.version && basis.level === level;
    this.#deliver();
    if (this.#encoding || ![...this.#viewers].some(viewer => viewer.canTake)) return;
    if (current) this.#host.wantFrame();
    else this.#encode({ screen, version: screen.version, level });
  }

  #deliver(): void {
    const frame = this.#frame;
    if (!frame) return;
    for (const viewer of this.#viewers) {
      if (viewer.serial < frame.serial && viewer.canTake) viewer.send(frame);
    }
  }

  #encode(basis: Basis): void {
    const began = this.#host.clock.now();
    const changes = this.#picture.update(basis.screen);
    const sameLevel = this.#basis?.level === basis.level;
    this.#basis = basis;
    // The change may be outside the part that is shown.
    const changed = changes.rectangles.length + changes.moves.length > 0;
    if (this.#frame && !changed && sameLevel) {
      this.#host.wantFrame();
      return;
    }
    const ended = this.#host.figures.beginEncoding(began);
    const encoded = this.#encoder.encode(this.#picture.framebuffer, changes, basis.level);
    this.#encoding = encoded
      .then(({ pieces, compressed }) => {
        const now = this.#host.clock.now();
        this.#tryLevels(basis.level);
        this.#frame = this.#frameOf(pieces, compressed, basis, now - began);
        this.#host.figures.encodedRectangles += compressed;
        ended(now, true);
      })
      .catch(error => this.#host.fail(error))
      .then(() => {
        this.#encoding = null;
        this.#pump();
      });
    // The next picture may be captured during encoding.
    this.#host.wantFrame();
  }

  /** Measures other levels on a part of this picture, if hints are needed. */
  #tryLevels(level: number): void {
    const { levels } = this.#host;
    const part = levels.wanted ? this.#encoder.part() : null;
    if (part) levels.tryLevels(part, level).catch(error => this.#host.fail(error));
  }

  #frameOf(
    pieces: readonly Uint8Array[],
    rectangles: number,
    { screen, version }: Basis,
    encodeMs: number,
  ): ClassicFrame {
    const bodyLength = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const header = frameHeader(bodyLength);
    const bytes = Buffer.concat([header, ...pieces]);
    const rawBytes = rawLength(this.#host.options.classicSize);
    const serial = ++this.#serial;
    return { bytes, headerBytes: header.length, rawBytes, encodeMs, rectangles, screen, version, serial, writes: 0 };
  }
}

/** A viewer that has the code sends it at once. */
const PATIENCE_MS = 5000;

/**
 * Whether the viewer's first bytes are the code. The classic protocol has no codes: this is for the viewer that a demo
 * starts, so that no other program on the machine can watch.
 */
function sendsCode(stream: Transport, code: string, clock: Clock): Promise<boolean> {
  const expected = Buffer.from(code, 'latin1');
  return new Promise(resolve => {
    let said = Buffer.alloc(0);
    const settle = (right: boolean) => {
      cancel();
      stream.off('data', heard);
      stream.off('close', left);
      resolve(right);
    };
    const heard = (chunk: Uint8Array) => {
      said = Buffer.concat([said, chunk.subarray(0, expected.length - said.length)]);
      if (said.length === expected.length) settle(timingSafeEqual(said, expected));
    };
    const left = () => settle(false);
    const cancel = clock.after(PATIENCE_MS, left);
    stream.on('data', heard);
    stream.on('close', left);
    stream.resume();
  });
}
