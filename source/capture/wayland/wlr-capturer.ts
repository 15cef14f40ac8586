import type { Rectangle } from '../../core/rectangle.js';
import { attempt, type Capturer, type CapturerHost } from './capture-stream.js';
import type { WaylandConnection, WaylandObject } from './connection.js';
import { bestFormat } from './formats.js';
import { type WL_OUTPUT, WLR_SCREENCOPY_FRAME, WLR_SCREENCOPY_MANAGER } from './interfaces.js';
import type { BufferShape } from './shared-buffers.js';

/** The first version that reports damage, and the first that marks the end of its list of formats. */
export const WLR_WITH_DAMAGE = 2;
const WLR_WITH_DONE = 3;
const INVERTED = 1;

interface Offer extends Omit<BufferShape, 'format'> {
  readonly code: number;
}

/** A picture that can be requested. */
interface Prepared {
  readonly object: WaylandObject<typeof WLR_SCREENCOPY_FRAME>;
  readonly offers: Offer[];
  /** Whether all offers have arrived. */
  known: boolean;
}

/**
 * Captures by wlr-screencopy-unstable-v1, one object a picture: it announces the shape, receives a buffer, and
 * completes when something has changed since this client's last one. The pointer can only be painted into the picture.
 *
 * Each object is prepared during the capture before it, so that there is always one: without any, sway may scan out a
 * program's own buffer and then report the whole screen as damaged.
 */
export class WlrCapturer implements Capturer {
  readonly #connection: WaylandConnection;
  readonly #host: CapturerHost;
  readonly #output: WaylandObject<typeof WL_OUTPUT>;
  readonly #manager: WaylandObject<typeof WLR_SCREENCOPY_MANAGER>;
  readonly #paintsPointer: () => boolean;
  readonly #tellsEnd: boolean;
  #prepared: Prepared | null = null;
  #underWay: WaylandObject<typeof WLR_SCREENCOPY_FRAME> | null = null;
  #wanted = false;

  /** @param paintsPointer whether the next picture is to show the pointer */
  constructor(
    connection: WaylandConnection,
    host: CapturerHost,
    output: WaylandObject<typeof WL_OUTPUT>,
    paintsPointer: () => boolean,
  ) {
    this.#connection = connection;
    this.#host = host;
    this.#output = output;
    this.#paintsPointer = paintsPointer;
    this.#tellsEnd = connection.version(WLR_SCREENCOPY_MANAGER) >= WLR_WITH_DONE;
    const manager = connection.bind(WLR_SCREENCOPY_MANAGER, WLR_WITH_DONE);
    if (!manager) throw new Error('wlr-screencopy is not offered');
    this.#manager = manager;
  }

  measure(): void {
    this.#prepared ??= this.#prepare();
  }

  capture(): void {
    this.#wanted = true;
    this.#prepared ??= this.#prepare();
    if (this.#prepared.known) attempt(this.#host, () => this.#copy());
  }

  /** The shape is announced before each capture. A capture that waits in the old shape is restarted. */
  cancel(): boolean {
    this.#wanted ||= this.#underWay !== null;
    this.#end();
    return false;
  }

  close(): void {
    this.#end();
    this.#discard();
    this.#manager.send('destroy');
  }

  #prepare(): Prepared {
    const damage: Rectangle[] = [];
    let inverted = false;
    const frame = this.#connection.create(WLR_SCREENCOPY_FRAME, {
      buffer: (code, width, height, stride) => {
        prepared.offers.push({ code, width, height, stride });
        if (!this.#tellsEnd) this.#offered(prepared);
      },
      buffer_done: () => this.#offered(prepared),
      flags: flags => {
        inverted = (flags & INVERTED) !== 0;
      },
      damage: (x, y, width, height) => damage.push({ x, y, width, height }),
      ready: () => {
        this.#end();
        this.#host.captured({ damage, transform: null, inverted });
      },
      failed: () => {
        this.#end();
        // It may have been prepared for another shape.
        this.#discard();
        this.#host.failed();
      },
    });
    const prepared: Prepared = { object: frame, offers: [], known: false };
    const pointer = this.#paintsPointer() ? 1 : 0;
    this.#manager.send('capture_output', frame as WaylandObject, pointer, this.#output as WaylandObject);
    return prepared;
  }

  #offered(prepared: Prepared): void {
    if (this.#prepared !== prepared) return;
    prepared.known = true;
    attempt(this.#host, () => {
      const format = bestFormat(prepared.offers.map(({ code }) => code));
      const { width, height, stride } = prepared.offers.find(({ code }) => code === format.code)!;
      this.#host.shaped({ width, height, stride, format });
      if (this.#wanted && this.#prepared === prepared) this.#copy();
    });
  }

  #copy(): void {
    const { object } = this.#prepared!;
    const { buffer, first } = this.#host.target();
    // The first one is needed even if nothing changes.
    object.send(first ? 'copy' : 'copy_with_damage', buffer.object as WaylandObject);
    this.#end();
    this.#underWay = object;
    this.#wanted = false;
    this.#prepared = this.#prepare();
  }

  #end(): void {
    this.#underWay?.send('destroy');
    this.#underWay = null;
  }

  #discard(): void {
    this.#prepared?.object.send('destroy');
    this.#prepared = null;
  }
}
