import type { PeerAddress } from '../../source/core/peer-address.js';
import {
  type AppServices,
  type Controller,
  type FoundRecording,
  type FoundSharers,
  type LocalAddress,
  NO_PREFERENCES,
  type Preferences,
  type ShareTargets,
} from '../../source/session/app-services.js';
import type { PacketEvent, PacketFeed, PacketWorkerData } from '../../source/session/inspect/packet-messages.js';
import type {
  PlayCommand,
  PlayEvent,
  ShareCommand,
  ShareEvent,
  WatchCommand,
  WatchEvent,
} from '../../source/session/messages.js';
import type { PlayOptions } from '../../source/session/play-options.js';
import type { ShareOptions } from '../../source/session/share-options.js';
import type {
  PlaySnapshot,
  ShareSnapshot,
  TcpSnapshot,
  ViewerSnapshot,
  WatchSnapshot,
} from '../../source/session/snapshot.js';
import type { WatchOptions } from '../../source/session/watch-options.js';

/** A fake session: a test makes it emit events, and reads the commands that it was sent. */
export class FakeController<Command, Event extends { readonly type: string }, Options>
  implements Controller<Command, Event>
{
  readonly sent: Command[] = [];
  readonly #listeners = new Set<(event: Event) => void>();
  stopped = false;
  readonly #last: Event;

  constructor(
    readonly options: Options,
    last: Event,
  ) {
    this.#last = last;
  }

  send(command: Command): void {
    this.sent.push(command);
  }

  subscribe(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    this.emit(this.#last);
  }

  emit(event: Event): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

export type FakeShare = FakeController<ShareCommand, ShareEvent, ShareOptions>;
export type FakePlay = FakeController<PlayCommand, PlayEvent, PlayOptions>;
export type FakeWatch = FakeController<WatchCommand, WatchEvent, WatchOptions>;

export const TWO_MONITORS: ShareTargets = {
  source: { kind: 'x11', why: 'X11 display :0 answers' },
  monitors: [
    { number: 1, name: 'DP-1', primary: true, geometry: { x: 0, y: 0, width: 1920, height: 1080 } },
    { number: 2, name: 'HDMI-1', primary: false, geometry: { x: 1920, y: 0, width: 1280, height: 1024 } },
  ],
  windows: [{ id: '0x1a00007', title: '日本語 — an editor', geometry: { x: 10, y: 20, width: 800, height: 600 } }],
};

export const NO_SCREEN: ShareTargets = {
  source: {
    kind: null,
    error: { code: 'E_NO_DISPLAY', message: 'There is no screen to share.', remedy: 'Set DISPLAY.' },
  },
  monitors: [],
  windows: [],
};

export const ADDRESSES: readonly LocalAddress[] = [
  { address: '192.168.1.82', family: 4, interfaceName: 'eth0', defaultRoute: true },
  { address: '10.0.0.5', family: 4, interfaceName: 'wlan0', defaultRoute: false },
  { address: '2001:db8::82', family: 6, interfaceName: 'eth0', defaultRoute: false },
];

/** A fake packet capture, driven by the test. */
export class FakeFeed implements PacketFeed {
  readonly asked: number[] = [];
  stopped = false;
  #listener: (event: PacketEvent) => void = () => {};

  constructor(readonly data: PacketWorkerData) {}

  subscribe(listener: (event: PacketEvent) => void): () => void {
    this.#listener = listener;
    return () => {};
  }

  askDetail(number: number): void {
    this.asked.push(number);
  }

  stop(): void {
    this.stopped = true;
  }

  emit(event: PacketEvent): void {
    if (!this.stopped) this.#listener(event);
  }
}

export class FakeServices implements AppServices {
  readonly shares: FakeShare[] = [];
  readonly watches: FakeWatch[] = [];
  readonly plays: FakePlay[] = [];
  readonly feeds: FakeFeed[] = [];
  targets: ShareTargets = TWO_MONITORS;
  addresses: readonly LocalAddress[] = ADDRESSES;
  stored: Preferences = NO_PREFERENCES;
  readonly preferences = {
    load: async () => this.stored,
    save: async (preferences: Preferences) => {
      this.stored = preferences;
    },
  };

  readonly startShare = (options: ShareOptions): FakeShare => {
    const share: FakeShare = new FakeController(options, { type: 'ended', error: null, frames: 12_345 } as ShareEvent);
    this.shares.push(share);
    return share;
  };

  readonly startWatch = (options: WatchOptions): FakeWatch => {
    const watch: FakeWatch = new FakeController(options, { type: 'ended', error: null, frames: 678 } as WatchEvent);
    this.watches.push(watch);
    return watch;
  };

  readonly startPlay = (options: PlayOptions): FakePlay => {
    const play: FakePlay = new FakeController(options, { type: 'ended', error: null, frames: 30 } as PlayEvent);
    this.plays.push(play);
    return play;
  };

  readonly startPacketFeed = (data: PacketWorkerData): FakeFeed => {
    const feed = new FakeFeed(data);
    this.feeds.push(feed);
    return feed;
  };

  /** A fake discovery: sharers that are found on the network, delivered from the first search on. */
  onTheNetwork: FoundSharers = { sharers: [], more: 0, problem: null };
  readonly #looking = new Set<(found: FoundSharers) => void>();

  /** Number of running searches. */
  get looking(): number {
    return this.#looking.size;
  }

  readonly findSharers = (found: (sharers: FoundSharers) => void): (() => void) => {
    this.#looking.add(found);
    setImmediate(() => this.#looking.has(found) && found(this.onTheNetwork));
    return () => {
      this.#looking.delete(found);
    };
  };

  /** Replaces the sharers that are found. */
  find(found: Partial<FoundSharers>): void {
    this.onTheNetwork = { ...this.onTheNetwork, ...found };
    for (const listener of [...this.#looking]) listener(this.onTheNetwork);
  }

  async listTargets(): Promise<ShareTargets> {
    return this.targets;
  }

  /** Sharers that were forgotten. */
  readonly forgotten: PeerAddress[] = [];
  forgetPeer: AppServices['forgetPeer'] = async peer => {
    this.forgotten.push(peer);
  };

  recordings: readonly FoundRecording[] = [];
  /** The recordings played before, as given at each search. */
  readonly played: (readonly string[])[] = [];

  readonly findRecordings = async (played: readonly string[]): Promise<readonly FoundRecording[]> => {
    this.played.push(played);
    return this.recordings;
  };

  async localAddresses(): Promise<readonly LocalAddress[]> {
    return this.addresses;
  }
}

export const TCP: TcpSnapshot = {
  rttMs: 12.4,
  rttAgeMs: 40,
  rttVarMs: 3.1,
  minRttMs: 10.2,
  congestionWindow: 44,
  slowStartThreshold: 31,
  segmentSize: 1460,
  retransmits: 7,
  deliveryRate: 1_250_000,
  unsentBytes: 14_600,
  unackedBytes: 64_240,
};

export function viewer(id: number, change: Partial<ViewerSnapshot> = {}): ViewerSnapshot {
  return {
    id,
    address: `192.168.1.${85 + id}`,
    name: null,
    wire: 'classic',
    via: 'tcp',
    browser: null,
    encryption: null,
    identity: null,
    remembered: false,
    state: 'watching',
    connectedAt: 1_700_000_000_000,
    fps: 54.2,
    mbitPerSecond: 12.34,
    maxMbit: null,
    budgetMbit: null,
    photoQuality: null,
    rttMs: 0.42,
    rttAgeMs: 20,
    silentMs: null,
    unsentBytes: 0,
    skipped: 3,
    frames: 1234,
    bytes: 5_000_000,
    encodings: {},
    sentAs: null,
    tcp: null,
    ...change,
  };
}

/** The figures that both roles' snapshots have. */
const TRAFFIC = {
  t: 1_700_000_042_000,
  fps: 54.2,
  bytesPerFrame: 28_400,
  compressionRatio: 110.2,
  mbitPerSecond: 12.34,
  frames: 12_345,
  bytes: 350_000_000,
  latencyMs: null,
} as const;

export function shareSnapshot(change: Partial<ShareSnapshot> = {}): ShareSnapshot {
  return {
    role: 'share',
    state: 'sharing',
    ...TRAFFIC,
    limit: 'compress',
    bottleneck: 'limited by compression, 21 ms',
    cpuPercent: 42.5,
    rssMb: 120,
    threads: 4,
    source: {
      kind: 'x11',
      description: 'monitor HDMI-1 (1920x1080)',
      why: 'X11 display :0 answers',
      width: 1920,
      height: 1080,
    },
    missing: null,
    level: 6,
    quality: 'auto',
    fpsCap: 60,
    uplinkMbit: null,
    cursor: true,
    stagesMs: { capture: 0.82, detect: 0.41, encode: 21.2, send: 0.1 },
    viewers: [viewer(1), viewer(2, { fps: 9.8, skipped: 1203 })],
    broadcast: null,
    publishedFps: 58.6,
    slowest: null,
    changedFrames: 12_000,
    repeatedFrames: 345,
    capturedPixels: 123_456_789,
    changedPixels: 23_456_789,
    encodedRectangles: 4321,
    sharedRectangles: 1234,
    video: { encoder: null, regions: [], pictures: 0, idrs: 0, bytes: 0 },
    export: null,
    recording: null,
    ...change,
  };
}

export function watchSnapshot(change: Partial<WatchSnapshot> = {}): WatchSnapshot {
  return {
    role: 'watch',
    state: 'watching',
    peer: '192.168.1.82:9000',
    wire: 'classic',
    broadcast: null,
    encryption: null,
    name: null,
    video: null,
    sharer: null,
    silentMs: null,
    width: 1366,
    height: 768,
    scale: 'fit',
    cursor: true,
    ...TRAFFIC,
    limit: null,
    bottleneck: null,
    cpuPercent: 12.5,
    rssMb: 90,
    threads: 1,
    level: null,
    quality: 'auto',
    stagesMs: { receive: 0.2, decode: 3.1, present: 0.5 },
    encodings: {},
    skipped: 0,
    tcp: null,
    export: null,
    recording: null,
    ...change,
  };
}

export function playSnapshot(change: Partial<PlaySnapshot> = {}): PlaySnapshot {
  return {
    t: 1_700_000_000_000,
    role: 'play',
    state: 'playing',
    file: 'talk.pglog',
    bytes: 1_234_567,
    name: 'office',
    width: 1280,
    height: 720,
    positionMs: 65_000,
    durationMs: 120_000,
    recordedAt: 1_699_000_000_000,
    update: 12,
    updates: 345,
    complete: true,
    speed: 1,
    skipStill: false,
    fps: 29.5,
    frames: 100,
    stagesMs: { decode: 1.2, present: 0.3 },
    scale: 'fit',
    cpuPercent: 5,
    rssMb: 120,
    threads: 1,
    ...change,
  };
}

/** Looks for monitors until the test says that they are found. */
export class SlowServices extends FakeServices {
  looked = 0;
  found = (): void => {};

  override async listTargets(): Promise<ShareTargets> {
    this.looked++;
    await new Promise<void>(resolve => {
      this.found = resolve;
    });
    return super.listTargets();
  }
}
