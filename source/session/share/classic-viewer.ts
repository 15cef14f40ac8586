import type { LinkUse } from '../../analysis/bottleneck.js';
import { keepAlive, limitUnsent } from '../../native/tcp-info.js';
import { unixTime } from '../../node/clock.js';
import type { ScreenView } from '../../pixels/screen.js';
import { ClassicPacer } from '../../transport/classic-pacer.js';
import type { Connection } from '../../transport/connection.js';
import type { SentAs } from '../bakeoff.js';
import { frameMessage } from '../inspect/classic-messages.js';
import type { ConnectionTrace } from '../inspect/connection-trace.js';
import type { ViewerSnapshot } from '../snapshot.js';
import type { ViewerFigures } from '../stats/share-figures.js';
import type { EncodeTrial } from './bakeoff/encode-trial.js';
import { ClassicTrial } from './classic-trial.js';
import { MAX_UNSENT, REPEAT_MS, REPEAT_PATIENCE_MS, REPEAT_POLL_MS } from './tuning.js';
import { traceOf, ViewerLife, viewerCounts } from './viewer-common.js';
import type { LinkEstimate, ShareHost, ViewerSession } from './viewer-session.js';

/** A frame as sent to every viewer: header and body in one immutable buffer. */
export interface ClassicFrame {
  readonly bytes: Uint8Array;
  readonly headerBytes: number;
  readonly rawBytes: number;
  readonly encodeMs: number;
  /** The number of the encoded frame. */
  readonly serial: number;
  /** The picture that it shows. */
  readonly screen: ScreenView;
  readonly version: number;
  /** Strips compressed for it, and the number of viewers it was written to as a changed frame. */
  readonly rectangles: number;
  writes: number;
}

/** TCP keepalive after this much silence; its reply also updates a silent viewer's receive window. */
const KEEP_ALIVE_MS = 1000;

export interface ClassicViewerEvents {
  /** It can take a frame now. */
  ready(): void;
  /** Whether a captured picture is waiting to be encoded. */
  behind(): boolean;
  /** Whether a new frame is being captured or encoded. */
  expecting(): boolean;
  closed(): void;
}

/** A viewer of the classic protocol, which sends nothing itself. */
export class ClassicViewer implements ViewerSession {
  readonly encodeProfile = null;
  readonly budget = null;
  readonly takesSmall = false;
  readonly id: number;
  readonly address: string;
  readonly #connection: Connection;
  readonly #host: ShareHost;
  readonly #events: ClassicViewerEvents;
  readonly #figures: ViewerFigures;
  readonly #pacer = new ClassicPacer();
  readonly #trace: ConnectionTrace;
  readonly #liveness: ViewerLife;
  readonly #connectedAt = unixTime();
  #state: ViewerSnapshot['state'] = 'asking';
  #last: ClassicFrame | null = null;
  #position = 0;
  #written = 0;
  #counted = 0;
  #wroteAt = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | null = null;
  #closed = false;

  constructor(id: number, connection: Connection, host: ShareHost, events: ClassicViewerEvents) {
    this.id = id;
    this.address = connection.remoteAddress;
    this.#connection = connection;
    this.#host = host;
    this.#events = events;
    this.#figures = host.figures.viewer();
    this.#trace = traceOf(host, connection, 'classic');
    // The viewer cannot be probed, but its kernel acknowledges frames at least ten times a second.
    this.#liveness = new ViewerLife(host, connection, () => false);
    keepAlive(connection.socket, KEEP_ALIVE_MS);
    limitUnsent(connection.socket, MAX_UNSENT);
    connection.stream.on('close', () => this.#onClosed());
    connection.stream.resume(); // its bytes are ignored, but its disconnection would go unnoticed without reading
  }

  get state(): ViewerSnapshot['state'] {
    return this.#state;
  }

  /** The protocol has no keys. */
  readonly proven = null;

  get name(): string | null {
    return this.#host.nameOf(this.address);
  }

  /** The person is asked about it at once, or it sends its code: nobody types anything there. */
  readonly admission = 'settled';

  /** Why it left, for the person; null: it simply did. */
  get reason(): string | null {
    return this.#liveness.reason;
  }

  get wantsFrame(): boolean {
    return this.canTake && !this.#events.behind();
  }

  /** Whether it can take a frame now, by the last observation of its socket. */
  get canTake(): boolean {
    return this.#state === 'watching' && !this.#closed && this.#pacer.waitMs(this.#host.clock.now()) === 0;
  }

  /** The number of the last frame sent; 0: none. */
  get serial(): number {
    return this.#last?.serial ?? 0;
  }

  watch(): void {
    this.#state = 'watching';
    this.look();
  }

  /** Checks the socket; then the viewer is ready, or will be checked again. */
  look(): void {
    if (this.#state !== 'watching' || this.#closed) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const now = this.#host.clock.now();
    this.#observe(now);
    const wait = this.#pacer.waitMs(now);
    if (wait === 0) {
      this.#figures.link.free(now);
      this.#events.ready();
      this.#repeatLater();
    } else if (Number.isFinite(wait)) {
      this.#cancelTimer = this.#host.clock.after(wait, () => this.look());
    }
  }

  #observe(now: number): void {
    const link = this.#connection.tcpInfo();
    if (link) this.#pacer.observe(link, now);
  }

  send(frame: ClassicFrame): void {
    this.#figures.skipped += this.#missedBy(frame);
    this.#write(frame, 'changed');
  }

  onPicture(): void {
    this.#events.ready();
  }

  onSettings(): void {
    this.#events.ready();
  }

  /** It cannot draw the pointer: a painted pointer comes as a new picture. */
  onCursor(): void {}

  snapshot(): ViewerSnapshot {
    const now = this.#host.clock.now();
    const link = this.#connection.tcpInfo();
    this.#count(now);
    this.#figures.link.observe(now, link);
    return {
      ...viewerCounts(this.#figures, this.#connection, link, now),
      id: this.id,
      address: this.address,
      name: this.name,
      wire: 'classic',
      via: 'tcp',
      browser: null,
      encryption: null,
      identity: null,
      remembered: false,
      state: this.#state,
      connectedAt: this.#connectedAt,
      maxMbit: null,
      budgetMbit: null,
      photoQuality: null,
      rttMs: link?.rttMs ?? null,
      rttAgeMs: link?.rttAgeMs ?? null,
      silentMs: this.#state === 'watching' ? this.#liveness.look(link, null) : null,
      skipped: this.#figures.skipped + this.#missed,
      sentAs: this.#state === 'watching' ? this.#sentAs : null,
    };
  }

  link(now: number): LinkUse {
    const queued = this.#connection.pendingBytes + (this.#connection.tcpInfo()?.outQueueBytes ?? 0);
    return this.#figures.link.use(now, this.address, queued, false);
  }

  trial(): EncodeTrial | null {
    return this.#host.live ? new ClassicTrial(this.#host, this.#sentAs) : null;
  }

  linkEstimate(): LinkEstimate {
    return { rate: this.#figures.link.rate, rttMs: this.#connection.tcpInfo()?.rttMs ?? null, overlapped: true };
  }

  /** All viewers of the protocol are sent the same frames: the others leave it what it uses. */
  get fixedRate(): number {
    return (this.#figures.mbitPerSecond(this.#host.clock.now()) * 1e6) / 8;
  }

  readonly demand = 0;

  grant(): void {}

  limitRate(): boolean {
    return false;
  }

  /** Frames are encoded once for all viewers: only the share's level can be chosen. */
  encodeAs(): boolean {
    return false;
  }

  close(): void {
    this.#connection.end();
  }

  cut(): void {
    this.#connection.destroy();
  }

  get #sentAs(): SentAs {
    return { encoding: 'zlib', level: this.#host.settings.level, jpeg: null, chosen: false };
  }

  #write(frame: ClassicFrame, kind: 'changed' | 'repeated'): void {
    const began = this.#host.clock.now();
    this.#last = frame;
    this.#wroteAt = began;
    this.#position += frame.bytes.length;
    const position = this.#position;
    this.#observe(began);
    this.#pacer.wrote(position, began);
    this.#figures.link.wrote(began, frame.bytes.length);
    // Each viewer gets a frame once as changed: with the second such write its strips are shared ones.
    if (kind === 'changed' && ++frame.writes === 2) this.#host.figures.sharedRectangles += frame.rectangles;
    this.#traceFrame(frame, kind);
    this.#connection.write([frame.bytes], () => {
      const now = this.#host.clock.now();
      this.#figures.frame(now, { bytes: frame.bytes.length, rawBytes: frame.rawBytes, kind });
      this.#count(now);
      this.#host.figures.stage(now, 'send', now - began);
      this.#pacer.acknowledged(position, now);
      this.look();
    });
  }

  #traceFrame(frame: ClassicFrame, kind: 'changed' | 'repeated'): void {
    const { bytes, headerBytes, rawBytes, encodeMs } = frame;
    const number = ++this.#written;
    this.#trace.sent(bytes);
    this.#trace.record(() =>
      frameMessage({
        direction: 'sent',
        number,
        headerBytes,
        bytes,
        length: bytes.length,
        rawBytes,
        kind,
        ms: kind === 'changed' ? { name: 'Encoded in', value: encodeMs } : null,
      }),
    );
  }

  /** Repeats the last frame if no new one comes in time. */
  #repeatLater(): void {
    const frame = this.#last;
    if (!frame || this.#cancelTimer || this.#pacer.waitMs(this.#host.clock.now()) !== 0) return;
    const now = this.#host.clock.now();
    const expecting = this.#events.expecting() && now - this.#wroteAt < REPEAT_PATIENCE_MS;
    const wait = Math.max(this.#wroteAt + REPEAT_MS - now, expecting ? REPEAT_POLL_MS : 0);
    this.#cancelTimer = this.#host.clock.after(wait, () => {
      this.#cancelTimer = null;
      if (this.#closed) return;
      const expectingNow = this.#events.expecting() && this.#host.clock.now() - this.#wroteAt < REPEAT_PATIENCE_MS;
      if (this.#last === frame && this.canTake && !expectingNow) this.#write(frame, 'repeated');
      else this.look();
    });
  }

  /** The pictures between its last one and the newest: it will never get them. */
  get #missed(): number {
    const screen = this.#host.picture(false);
    return this.#missedBy({ screen, version: screen.version });
  }

  #missedBy(newer: Pick<ClassicFrame, 'screen' | 'version'>): number {
    if (!this.#last || this.#last.screen !== newer.screen) return 0;
    return Math.max(newer.version - this.#last.version - 1, 0);
  }

  /** Counts the bytes that the system has taken since the last call, whole frames or not. */
  #count(now: number): void {
    const sent = this.#connection.sentBytes;
    if (sent > this.#counted) this.#figures.sent(now, sent - this.#counted);
    this.#counted = sent;
  }

  #onClosed(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#count(this.#host.clock.now());
    this.#host.figures.forget(this.#figures);
    this.#trace.close();
    this.#events.closed();
  }
}
