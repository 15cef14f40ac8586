import { PeerglassError } from '../../source/core/errors.js';
import { TURN_KIND } from '../../source/protocols/broadcast/constants.js';
import { type BroadcastMeta, broadcastBody } from '../../source/protocols/broadcast/messages.js';
import { LOG_KIND } from '../../source/protocols/recording/constants.js';
import { bodyOf } from '../../source/protocols/recording/messages.js';
import type { Download } from '../../source/session/watch/broadcast/download.js';
import {
  type MessagePainted,
  type SegmentHost,
  SegmentSession,
} from '../../source/session/watch/broadcast/segment-session.js';
import { mayComeBack } from '../../source/session/watch/retries.js';
import { FakeClock } from './fake-clock.js';
import { aes, LINK_KEY, metaOf, sealerOf } from './sealed-broadcast.js';

/** A filled rectangle of one pixel, as rfb sends it. */
const PIXEL = Uint8Array.of(0, 1, 0, 2, 0, 1, 0, 1, 0, 0, 0, 0, 9, 8, 7, 0);

/** A download that the test answers. */
export class ScriptedDownload implements Download {
  readonly resource: string;
  cancelled = false;
  #status: number | null = null;
  #chunks: Uint8Array[] = [];
  #ended = false;
  #failure: PeerglassError | null = null;
  #wake: () => void = () => {};

  constructor(resource: string) {
    this.resource = resource;
  }

  answer(status: number): this {
    this.#status = status;
    this.#wake();
    return this;
  }

  /** @param messages sealed */
  send(...messages: readonly Uint8Array[]): this {
    this.#chunks.push(...messages);
    return this.answer(200);
  }

  end(): this {
    this.#ended = true;
    this.#wake();
    return this;
  }

  fail(code: 'E_PEER_CLOSED' | 'E_CONNECT_REFUSED' = 'E_PEER_CLOSED'): void {
    this.#failure = new PeerglassError(code, 'It broke.');
    this.#wake();
  }

  async head(): Promise<number> {
    while (this.#status === null) {
      if (this.#failure) throw this.#failure;
      await this.#change();
    }
    return this.#status;
  }

  async read(): Promise<Uint8Array | null> {
    await this.head();
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk) return chunk;
      if (this.#failure) throw this.#failure;
      if (this.#ended) return null;
      await this.#change();
    }
  }

  cancel(): void {
    this.cancelled = true;
    this.fail();
  }

  #change(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve;
    });
  }
}

/** A session whose server is the test, by a clock that the test moves. */
export class ScriptedBroadcast {
  readonly clock = new FakeClock();
  readonly downloads: ScriptedDownload[] = [];
  readonly painted: MessagePainted['kind'][] = [];
  readonly notices: string[] = [];
  readonly lost: string[] = [];
  readonly sizes: string[] = [];
  readonly metas: BroadcastMeta[] = [];
  readonly session: SegmentSession;
  /** Whether the viewer goes on after an error that may pass. */
  again = true;
  random = 0.5;
  ended: PeerglassError | null = null;
  sealer = sealerOf();
  #sent = 0;

  constructor(key = LINK_KEY) {
    const host: SegmentHost = {
      clock: this.clock,
      start: resource => {
        const download = new ScriptedDownload(resource);
        this.downloads.push(download);
        return download;
      },
      createOpener: aes,
      random: () => this.random,
      begin: ({ width, height }) => this.sizes.push(`${width}x${height}`),
      paint: async () => {},
      painted: ({ kind }) => {
        this.painted.push(kind);
      },
      described: meta => this.metas.push(meta),
      notice: (_tone, text, code) => this.notices.push(code ?? text),
      lost: ({ code }) => {
        this.lost.push(code);
        return this.again && mayComeBack(code);
      },
    };
    this.session = new SegmentSession(key, 'hall', host);
    void this.session.run().then(error => {
      this.ended = error;
    });
  }

  /** The names of what was asked for since the last call. */
  get asked(): string[] {
    const names = this.downloads.slice(this.#sent).map(({ resource }) => resource);
    this.#sent = this.downloads.length;
    return names;
  }

  /** The last download of a resource. */
  last(resource: string): ScriptedDownload {
    const found = this.downloads.findLast(each => each.resource === resource);
    if (!found) throw new Error(`${resource} was not asked for, but ${this.downloads.map(each => each.resource)}`);
    return found;
  }

  meta(resource: string, change: Partial<BroadcastMeta> = {}): Uint8Array {
    const segment = Number(resource.split('/')[1] ?? change.k ?? 7);
    return this.sealer.seal(resource, LOG_KIND.meta, broadcastBody.meta(metaOf({ k: segment, cells: 1, ...change })));
  }

  cell(resource: string, n: number): Uint8Array {
    return this.sealer.seal(resource, LOG_KIND.cell, bodyOf.cell(0, n, [PIXEL]));
  }

  update(resource: string, n: number, at = this.now): Uint8Array {
    return this.sealer.seal(resource, LOG_KIND.update, bodyOf.update(n, at, [PIXEL]));
  }

  beat(resource: string, n: number, at = this.now): Uint8Array {
    return this.sealer.seal(resource, LOG_KIND.beat, bodyOf.beat(n, at));
  }

  turn(resource: string, next: number, inMs: number): Uint8Array {
    return this.sealer.seal(resource, TURN_KIND, broadcastBody.turn(next, inMs));
  }

  /** By the sharer's clock, which is another one. */
  get now(): number {
    return 1_700_000_000_000 + Math.round(this.clock.now());
  }

  /** Answers `m` and the whole picture of a segment that begins with update n. */
  async join(k: number, n: number, change: Partial<BroadcastMeta> = {}): Promise<ScriptedDownload> {
    await settle();
    this.last('m')
      .send(this.meta('m', { k, n, ...change }))
      .end();
    await settle();
    await this.picture(k, n, change);
    return this.last(`u/${k}`).send(this.meta(`u/${k}`, { n, ...change }));
  }

  async picture(k: number, n: number, change: Partial<BroadcastMeta> = {}): Promise<void> {
    this.last(`k/${k}`)
      .send(this.meta(`k/${k}`, { n, ...change }), this.cell(`k/${k}`, n))
      .end();
    await settle();
  }

  /** Lets time pass in small steps. @param each called after each second */
  async pass(ms: number, each: () => void = () => {}): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      this.clock.advance(100);
      await settle();
      if ((passed + 100) % 1000 === 0) {
        each();
        await settle();
      }
    }
  }
}

/** Everything that is due has happened. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise(resolve => setImmediate(resolve));
}
