import { broadcastLink } from '../../../protocols/broadcast/link.js';
import { findLocalAddresses } from '../../local-addresses.js';
import type { BroadcastOptions, ShareVideo } from '../../share-options.js';
import type { SharedBroadcastSnapshot } from '../../snapshot.js';
import type { ShareHost } from '../viewer-session.js';
import { readWebPage } from '../web-page.js';
import { Broadcast, type BroadcastHost } from './broadcast.js';
import { type BroadcastSecret, freshSecret, secretIn } from './broadcast-secret.js';
import { Publisher } from './publisher.js';
import { SegmentServer } from './segment-server.js';

export type ShareBroadcastHost = BroadcastHost & Pick<ShareHost, 'notice'>;

const LOOPBACK = '127.0.0.1';
/** How long what was sent last may take to arrive when the share ends. */
const LAST_MS = 1000;

/** A share's broadcast: its server, its link, and where it is published. */
export class ShareBroadcast {
  readonly #host: ShareBroadcastHost;
  readonly #options: BroadcastOptions;
  readonly #secret: BroadcastSecret;
  readonly #broadcast: Broadcast;
  readonly #http: SegmentServer;
  /** Where viewers are told that it is; null: to be found out. */
  readonly #server: string | null;
  #publisher: Publisher | null = null;
  #link = '';

  /** @param kept what makes the link, unless the options name one */
  constructor(host: ShareBroadcastHost, options: BroadcastOptions, kept: BroadcastSecret = freshSecret()) {
    this.#host = host;
    this.#options = options;
    const earlier = options.link === null ? null : secretIn(options.link);
    const secret = earlier ?? kept;
    this.#secret = secret;
    this.#server = options.url ?? earlier?.server ?? null;
    const { rate, segmentSeconds, originToken } = options;
    const video = videoBy(this.#server, host.options.video);
    const { id, key } = secret;
    const broadcast = new Broadcast(host, { key, rate, segmentSeconds, video });
    this.#broadcast = broadcast;
    this.#http = new SegmentServer({
      ...{ clock: host.clock, store: broadcast.store, id, token: originToken, files: readWebPage() },
      newest: () => broadcast.newest(),
      asked: () => broadcast.asked(),
      changed: () => broadcast.readersChanged(),
    });
  }

  /** Whether it needs the screen. */
  get awake(): boolean {
    return this.#broadcast.awake;
  }

  get wantsFrame(): boolean {
    return this.#broadcast.wantsFrame;
  }

  /** Bytes a second that leave this machine for it. */
  get uplinkRate(): number {
    return this.#broadcast.uplinkRate;
  }

  get snapshot(): SharedBroadcastSnapshot {
    const { publish } = this.#options;
    return { ...this.#broadcast.figures, link: this.#link, server: publish?.host ?? null };
  }

  /** @throws as listenForSockets does */
  async open(): Promise<void> {
    const { publish, port } = this.#options;
    // What is published is reached through the server there, and by nobody else.
    const bind = this.#host.options.bind ?? (publish ? LOOPBACK : null);
    const everywhere = bind === null || /^(0\.0\.0\.0|::)$/.test(bind);
    const listener = await this.#http.listen({ bind, port, portFlag: '--broadcast-port' });
    const place = everywhere ? ((await findLocalAddresses())[0]?.address ?? LOOPBACK) : bind;
    const own = publish ? `http://${inUrl(publish.host)}` : `http://${inUrl(place)}:${listener.port}`;
    this.#link = broadcastLink(this.#server ?? own, this.#secret.id, this.#secret.key);
    if (!publish) return;
    this.#publisher = new Publisher({
      ...{ clock: this.#host.clock, target: publish, remotePort: port || listener.port },
      local: `${everywhere ? LOOPBACK : inUrl(bind)}:${listener.port}`,
      failed: error => this.#host.fail(error),
      lost: ({ message, remedy, code }) => this.#host.notice('warning', `${message} ${remedy}`, code),
    });
    this.#publisher.start();
  }

  onPicture(): void {
    this.#broadcast.pump();
  }

  onSettings(): void {
    this.#broadcast.onSettings();
  }

  /** Its readers are told that it has ended. */
  async close(): Promise<void> {
    await this.#broadcast.end();
    await this.#http.close(LAST_MS);
    await this.#publisher?.close();
  }
}

/**
 * Whether films go as video. On plain http browsers decode none.
 * @param server with which the link begins; null: this machine, over http
 */
export function videoBy(server: string | null, wanted: ShareVideo): ShareVideo {
  return wanted === 'auto' && !server?.startsWith('https:') ? 'off' : wanted;
}

/** An address or a name in a link: IPv6 in brackets. */
function inUrl(host: string): string {
  return host.includes(':') ? `[${host.replace(/%.*$/, '')}]` : host;
}
