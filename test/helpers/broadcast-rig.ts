import type { VideoDecoders } from '../../source/codecs/video/video-codec.js';
import type { Rectangle, Size } from '../../source/core/rectangle.js';
import { nodeCompressors } from '../../source/node/compressors.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Screen } from '../../source/pixels/screen.js';
import { type Announcement, SHARING } from '../../source/session/announcement.js';
import {
  Broadcast,
  type BroadcastHost,
  type BroadcastSettings,
} from '../../source/session/share/broadcast/broadcast.js';
import { CellCuts } from '../../source/session/share/rfb/cells.js';
import { EncodeCache } from '../../source/session/share/rfb/encode-cache.js';
import { ShareFilm } from '../../source/session/share/video/share-film.js';
import type { Quality } from '../../source/session/share-options.js';
import { type Draw, paint } from '../pixels/pictures.js';
import { BroadcastViewer } from './broadcast-viewer.js';
import { FakeClock } from './fake-clock.js';
import { coloursOf } from './recorded-log.js';
import { SHARED_PATTERN } from './running-share.js';
import { LINK_KEY } from './sealed-broadcast.js';
import { WrittenVideoEncoders } from './written-video-encoders.js';

/** A broadcast of a screen that a test paints, on a clock that the test moves. */
export class BroadcastRig {
  readonly clock = new FakeClock();
  readonly screen: Screen;
  readonly film: ShareFilm;
  readonly broadcast: Broadcast;
  announcement: Announcement = SHARING;
  live = true;
  /** How often a picture was requested, and how often the broadcast said whether it needs pictures. */
  framesWanted = 0;
  changes = 0;

  constructor(size: Size, quality: Quality = 'lossless', settings: Partial<BroadcastSettings> = {}) {
    const memory = createPixelMemory();
    this.screen = new Screen(memory, size);
    const cuts = new CellCuts();
    const rig = this;
    this.film = new ShareFilm(
      {
        ...{ clock: this.clock, memory, filmPicture: () => this.screen, notice: () => {} },
        filmChanged: () => this.broadcast.pump(),
      },
      () => new WrittenVideoEncoders(),
    );
    const host: BroadcastHost = {
      ...{ options: { ...SHARED_PATTERN, name: 'a test' }, clock: this.clock, memory, cuts, recorded: false },
      film: this.film,
      settings: { level: 6, quality, fps: 60, cursor: 'auto', maxRate: null, uplink: null, paused: false },
      cache: new EncodeCache(memory, nodeCompressors, cuts, () => {}),
      cursor: null,
      get announcement() {
        return rig.announcement;
      },
      get live() {
        return rig.live;
      },
      picture: () => this.screen,
      wantFrame: () => {
        this.framesWanted++;
      },
      broadcastChanged: () => {
        this.changes++;
      },
      fail: error => {
        throw error;
      },
    };
    this.broadcast = new Broadcast(host, { key: LINK_KEY, rate: 1e9, segmentSeconds: 10, video: 'off', ...settings });
  }

  /** Requests the broadcast and waits for its first picture. */
  async begin(): Promise<void> {
    this.broadcast.asked();
    await this.settle();
  }

  viewer(decoders: VideoDecoders | null = null): BroadcastViewer {
    return new BroadcastViewer(this.broadcast.store, this.clock, () => this.broadcast.readersChanged(), decoders);
  }

  paint(rectangle: Rectangle, draw: Draw): void {
    paint(this.screen.incoming, rectangle, draw);
    this.commit([rectangle]);
  }

  commit(rectangles: readonly Rectangle[]): void {
    const entry = this.screen.commit(rectangles, this.clock.now());
    if (entry) this.film.committed(entry);
    this.film.pump();
    this.broadcast.pump();
  }

  resize(size: Size): void {
    this.screen.resize(size);
  }

  get colours(): string {
    return coloursOf(this.screen.framebuffer);
  }

  /** Waits until everything in progress is written; the clock stands still. */
  async settle(): Promise<void> {
    for (let calm = 0; calm < 3; calm = this.broadcast.isWriting ? 0 : calm + 1) {
      await new Promise(resolve => setImmediate(resolve));
    }
  }

  /** Advances the clock in steps, and waits at each step for what has become due. */
  async pass(ms: number, step = 50): Promise<void> {
    for (let left = ms; left > 0; left -= step) {
      this.clock.advance(Math.min(step, left));
      await this.settle();
    }
  }

  async stop(): Promise<void> {
    await this.broadcast.end();
    await this.film.close();
  }
}
