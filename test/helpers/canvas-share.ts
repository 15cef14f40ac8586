import { gzipSync } from 'node:zlib';
import type { Clock } from '../../source/core/clock.js';
import { asPeerglassError } from '../../source/core/errors.js';
import type { Size } from '../../source/core/rectangle.js';
import { systemClock } from '../../source/node/clock.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { stateFolder } from '../../source/node/state-folder.js';
import type { ServerSecurityType } from '../../source/protocols/rfb/security/security-type.js';
import type { ShareEvent } from '../../source/session/messages.js';
import { RememberedViewers } from '../../source/session/remembered-viewers.js';
import { RfbListener } from '../../source/session/share/rfb/rfb-listener.js';
import { Sharer } from '../../source/session/share/sharer.js';
import type { CreateVideoEncoders } from '../../source/session/share/video/video-encoders.js';
import { readWebPage } from '../../source/session/share/web-page.js';
import type { ShareOptions } from '../../source/session/share-options.js';
import type { ShareSnapshot } from '../../source/session/snapshot.js';
import { LIVENESS, type LivenessLimits } from '../../source/transport/liveness.js';
import type { WebFile } from '../../source/transport/web-listener.js';
import { CanvasSource } from './canvas-source.js';
import { SHARED_PATTERN } from './running-share.js';

/** A file that a share serves to browsers. */
export const webFile = (type: string, text: string): WebFile => {
  const body = Buffer.from(text);
  return { type, body, gzipped: gzipSync(body), tag: `${text.length}` };
};
const INDEX = webFile('text/html; charset=utf-8', '<!doctype html><title>page</title>');
/** Stands in for the built page. */
export const FAKE_PAGE = new Map([
  ['/', INDEX],
  ['/index.html', INDEX],
  ['/worker.js', webFile('text/javascript; charset=utf-8', `// ${'a script '.repeat(100)}`)],
]);

type ReadPage = () => ReadonlyMap<string, WebFile> | null;

/** An rfb share, in this thread, of a canvas that the test paints. */
export class CanvasShare {
  readonly canvas: CanvasSource;
  readonly sharer: Sharer;
  readonly events: ShareEvent[] = [];
  port = 0;
  webPort = 0;
  readonly #bind: string;

  private constructor(
    size: Size,
    options: Partial<ShareOptions>,
    clock: Clock,
    liveness: LivenessLimits,
    security: readonly ServerSecurityType[],
    readPage: ReadPage,
    videoEncoders?: CreateVideoEncoders,
  ) {
    this.canvas = new CanvasSource(size);
    this.#bind = options.bind ?? '127.0.0.1';
    this.sharer = new Sharer({
      options: { ...SHARED_PATTERN, classicPort: null, rfbPort: 0, ...options },
      clock,
      liveness,
      memory: createPixelMemory(),
      openSource: async () => this.canvas,
      listeners: [
        host => new RfbListener(host, options.rfbPort === undefined ? 0 : options.rfbPort, { security, readPage }),
      ],
      remembered: new RememberedViewers(stateFolder()),
      ...(videoEncoders ? { videoEncoders } : {}),
      emit: event => this.events.push(event),
    });
  }

  static async start(
    size: Size,
    options: Partial<ShareOptions> = {},
    clock: Clock = systemClock,
    liveness: LivenessLimits = LIVENESS,
    security: readonly ServerSecurityType[] = [],
    readPage: ReadPage = () => FAKE_PAGE,
    videoEncoders?: CreateVideoEncoders,
  ): Promise<CanvasShare> {
    const share = new CanvasShare(size, options, clock, liveness, security, readPage, videoEncoders);
    await share.sharer.open();
    const listening = share.events.find(event => event.type === 'listening');
    const port = (wire: string) => listening?.wires.find(each => each.wire === wire)?.port ?? 0;
    share.port = port('rfb');
    share.webPort = port('web');
    return share;
  }

  /** With these encoders for films. */
  static startWithVideo(
    size: Size,
    options: Partial<ShareOptions>,
    videoEncoders: CreateVideoEncoders,
  ): Promise<CanvasShare> {
    return CanvasShare.start(size, options, systemClock, LIVENESS, [], () => FAKE_PAGE, videoEncoders);
  }

  /** For browsers, with the built page. */
  static startForBrowsers(size: Size, options: Partial<ShareOptions> = {}): Promise<CanvasShare> {
    return CanvasShare.start(size, { webPort: 0, ...options }, systemClock, LIVENESS, [], readWebPage);
  }

  /** The address of its page. */
  get url(): string {
    return `http://${this.#bind}:${this.webPort}/`;
  }

  get figures() {
    return this.sharer.viewers.figures;
  }

  /** The latest snapshot. */
  get snapshot(): ShareSnapshot {
    const told = this.events.filter(event => event.type === 'snapshot').at(-1);
    if (!told) throw new Error('no snapshot yet');
    return told.snapshot;
  }

  get notices(): string[] {
    return this.events.filter(event => event.type === 'notice').map(({ text }) => text);
  }

  async stop(): Promise<void> {
    await this.sharer.close();
  }

  /** Ends as after a fault: without a word to the viewers, which wait for it to come back. */
  async fail(): Promise<void> {
    await this.sharer.close(asPeerglassError(new Error('a fault')));
  }
}
