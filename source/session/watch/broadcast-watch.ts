import type { PeerglassError } from '../../core/errors.js';
import type { TcpInfo } from '../../native/tcp-info.js';
import { loadJpegDecoder } from '../../node/compressors.js';
import { AES_CIPHER } from '../../node/record-ciphers.js';
import type { BroadcastLink } from '../../protocols/broadcast/link.js';
import type { BroadcastMeta } from '../../protocols/broadcast/messages.js';
import { HttpClient } from '../../transport/http-download.js';
import { PAUSED, SHARING } from '../announcement.js';
import { LogVideo } from '../play/log-video.js';
import type { BroadcastSnapshot } from '../snapshot.js';
import { serverOf, type WatchOptions } from '../watch-options.js';
import { BroadcastPicture } from './broadcast/broadcast-picture.js';
import type { Download } from './broadcast/download.js';
import { SegmentSession } from './broadcast/segment-session.js';
import type { KeptLink, LinkKeeper, LinkKeeperHost } from './link-keeper.js';
import type { ProtocolSession } from './protocol-session.js';
import { mayComeBack } from './retries.js';
import { createVideoDecoders } from './video/decoder-process.js';

/** Gets what a broadcast consists of. */
export interface BroadcastClient {
  readonly receivedBytes: number;
  get(url: string): Download;
  tcpInfo(): TcpInfo | null;
  close(): void;
}

const HTTP_PORT = 80;
/** How the picture is protected, as dashboards tell it. */
const ENCRYPTION = 'AES-256, link';

/** Watches a broadcast: gets its segments one after the other and shows the picture that they make. */
export class BroadcastWatch implements LinkKeeper {
  readonly link: KeptLink;
  /** A server that answers nothing is found by the session itself. */
  readonly silentMs = null;
  readonly #host: LinkKeeperHost;
  readonly #options: Pick<WatchOptions, 'reconnect' | 'peer'>;
  readonly #client: BroadcastClient;
  readonly #picture: BroadcastPicture;
  readonly #segments: SegmentSession;
  readonly #server: string;
  #reached = false;
  #counted = 0;

  constructor(broadcast: BroadcastLink, host: LinkKeeperHost, client: BroadcastClient = new HttpClient()) {
    const { options } = host;
    this.#host = host;
    this.#options = options;
    this.#client = client;
    this.#server = serverOf(broadcast);
    const { memory, inflater, clock } = host;
    const video = new LogVideo({
      ...{ clock, decoders: options.video ? createVideoDecoders() : null, patient: false },
      decodedBy: name => host.describe({ video: name }),
      cannot: text => host.notice('warning', text, 'E_VIDEO_DECODE'),
    });
    this.#picture = new BroadcastPicture({
      ...{ memory, inflater, clock, jpeg: loadJpegDecoder(), video },
      resize: size => host.resize(size),
      present: update => host.present(update),
      skipped: frames => host.skipped(frames),
    });
    this.#segments = new SegmentSession(broadcast.key, this.#server, {
      clock,
      start: resource => this.#client.get(`${broadcast.place}${resource}`),
      createOpener: key => AES_CIPHER.create(key),
      random: Math.random,
      begin: size => this.#picture.begin(size),
      paint: rectangles => this.#picture.paint(rectangles),
      painted: painted => this.#picture.painted(painted),
      described: meta => this.#described(meta),
      notice: (tone, text, code) => host.notice(tone, text, code),
      lost: error => this.#lost(error),
    });
    this.link = {
      session: this.#protocolSession(),
      remotePort: options.peer.port ?? HTTP_PORT,
      takeBytes: () => this.#takeBytes(),
      tcpInfo: () => this.#client.tcpInfo(),
    };
  }

  get broadcast(): BroadcastSnapshot {
    const { segment, n, jumps, isStill } = this.#segments;
    return { ageMs: this.#segments.ages(this.#host.clock.now()), segment, update: n, jumps, still: isStill };
  }

  async run(): Promise<PeerglassError> {
    this.#host.begins(this.link.session);
    const error = await this.#segments.run();
    this.#host.ending();
    this.#client.close();
    this.#picture.free();
    return error;
  }

  check(): void {}

  close(): void {
    this.#segments.close();
  }

  #described({ name, state }: BroadcastMeta): void {
    if (!this.#reached) this.#host.connected(this.#server);
    this.#reached = true;
    this.#host.describe({ name, encryption: ENCRYPTION, sharer: state === 'paused' ? PAUSED : SHARING });
  }

  #lost(error: PeerglassError): boolean {
    const again = this.#host.watched && this.#options.reconnect && mayComeBack(error.code);
    if (again) this.#host.lost(error);
    return again;
  }

  #takeBytes(): number {
    const { receivedBytes } = this.#client;
    const bytes = receivedBytes - this.#counted;
    this.#counted = receivedBytes;
    return bytes;
  }

  #protocolSession(): ProtocolSession {
    return {
      wire: 'broadcast',
      owes: false,
      start: () => {},
      // What is sent is the same for everybody.
      setLevel: () => false,
      setQuality: () => false,
      setCursor: shown => {
        this.#picture.setCursor(shown);
        return true;
      },
      record: recorder => this.#picture.record(recorder),
      // A film begins again with each segment.
      renew: () => {},
      withPicture: use => this.#picture.withPicture(use),
      probe: () => false,
      close: () => this.close(),
    };
  }
}
