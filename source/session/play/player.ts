import type { Clock } from '../../core/clock.js';
import type { LogReader } from '../../protocols/recording/log-reader.js';
import { LogFault, type LogMessage, type LogMeta, type LogRectangle } from '../../protocols/recording/messages.js';
import { SPEEDS } from '../play-options.js';
import type { LogPicture, Painted } from './log-picture.js';
import { visibleUpdates } from './visible-rectangles.js';

export interface PlayerHost {
  readonly clock: Clock;
  /** The picture has changed; `whole`: all of it. */
  shown(painted: Painted, whole: boolean): void;
  /** Position, state, speed or name changed, other than by playing on. */
  changed(): void;
  /** A part of the recording cannot be read and is skipped. */
  damaged(why: string): void;
  failed(error: unknown): void;
}

export type PlayState = 'playing' | 'paused' | 'ended';

/** Timers for longer run at once. One that ends early is set again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** While still times are skipped: playing resumes this long before the next change. */
const STILL = { leastMs: 2000, restMs: 700 } as const;

/** The next change that is not shown yet. */
type Next =
  | { readonly kind: 'update'; readonly at: number; readonly n: number; readonly rectangles: readonly LogRectangle[] }
  /** A segment begins. Its picture is the present one, unless something before it was damaged. */
  | { readonly kind: 'segment'; readonly at: number; readonly segment: number };

/** A time, or an update. */
type Place = { readonly position: number } | { readonly n: number };

type Update = Extract<Next, { kind: 'update' }>;

const NOWHERE = -1;

/** Plays a log: in its own time or faster or slower, from any place. Positions are milliseconds from its beginning. */
export class Player {
  readonly #reader: LogReader;
  readonly #picture: LogPicture;
  readonly #host: PlayerHost;
  #meta: LogMeta | null = null;
  /** The update that is shown; NOWHERE after damage. */
  #n = 0;
  /** The update that was read last. */
  #read = 0;
  #segment = 0;
  #messages: AsyncGenerator<LogMessage, void> | null = null;
  #next: Next | null = null;
  /** The position at a time of the clock, and the state since then. */
  #anchor = { position: 0, time: 0 };
  #state: PlayState = 'paused';
  #speed = 1;
  #skipsStill = false;
  #cancelTimer: (() => void) | null = null;
  /** All work on the picture, one thing after the other. */
  #turn: Promise<void> = Promise.resolve();
  #wanted: Place | null = null;
  /** The place requested last, until it is shown. Further steps start from it. */
  #aim: Place | null = null;
  #closed = false;

  constructor(reader: LogReader, picture: LogPicture, host: PlayerHost) {
    this.#reader = reader;
    this.#picture = picture;
    this.#host = host;
  }

  get durationMs(): number {
    return this.#reader.endAt - this.#reader.startAt;
  }

  get positionMs(): number {
    const { position, time } = this.#anchor;
    const passed = this.#state === 'playing' ? (this.#host.clock.now() - time) * this.#speed : 0;
    return Math.min(position + passed, this.durationMs);
  }

  get state(): PlayState {
    return this.#state;
  }

  get speed(): number {
    return this.#speed;
  }

  get skipsStill(): boolean {
    return this.#skipsStill;
  }

  /** The number of the update that is shown, and that of the last one. */
  get update(): number {
    return Math.max(this.#n, 0);
  }

  get updates(): number {
    return this.#reader.n;
  }

  /** As of the present segment. */
  get name(): string {
    return this.#meta?.name ?? '';
  }

  /** Shows the picture at a position. Resolves once that, or a place requested meanwhile, is shown. */
  seek(positionMs: number): Promise<void> {
    return this.#goTo({ position: Math.min(Math.max(positionMs, 0), this.durationMs) });
  }

  /** The same, relative to the present position or the one requested last, in milliseconds. */
  seekBy(ms: number): Promise<void> {
    return this.seek((this.#aim && 'position' in this.#aim ? this.#aim.position : this.positionMs) + ms);
  }

  /** Steps by this many updates, and pauses. */
  step(updates: number): Promise<void> {
    this.pause();
    const from = this.#aim && 'n' in this.#aim ? this.#aim.n : this.update;
    return this.#goTo({ n: Math.min(Math.max(from + updates, this.#reader.segments[0]!.n), this.#reader.n) });
  }

  /** Plays on; at the end, from the beginning. */
  play(): void {
    if (this.#state === 'playing' || this.#closed) return;
    const atEnd = this.#state === 'ended';
    this.#setState('playing');
    if (atEnd) void this.seek(0);
    else this.#schedule();
  }

  pause(): void {
    if (this.#state === 'playing') this.#setState('paused');
  }

  setSpeed(speed: number): void {
    this.#moveAnchor();
    this.#speed = Math.min(Math.max(speed, SPEEDS.least), SPEEDS.most);
    this.#schedule();
    this.#host.changed();
  }

  skipStill(skips: boolean): void {
    this.#skipsStill = skips;
    this.#moveAnchor();
    this.#schedule();
    this.#host.changed();
  }

  /** Resolves when the picture is not being painted. */
  async settled(): Promise<void> {
    await this.#turn;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    await this.#turn;
    await this.#messages?.return();
  }

  #setState(state: PlayState): void {
    this.#moveAnchor();
    this.#state = state;
    if (state !== 'playing') this.#cancel();
    this.#host.changed();
  }

  #moveAnchor(position = this.positionMs): void {
    this.#anchor = { position, time: this.#host.clock.now() };
  }

  #cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  /** Of several places requested while one is being shown, only the last is shown. */
  #goTo(place: Place): Promise<void> {
    const waits = this.#wanted !== null;
    this.#wanted = place;
    this.#aim = place;
    this.#cancel();
    if (waits) return this.#turn;
    return this.#do(async () => {
      const wanted = this.#wanted;
      this.#wanted = null;
      if (wanted) await this.#show(wanted);
    });
  }

  #do(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      if (this.#closed) return;
      try {
        await work();
        this.#schedule();
      } catch (error) {
        this.#setState('paused');
        this.#host.failed(error);
      }
    });
    return this.#turn;
  }

  async #show(place: Place): Promise<void> {
    const { startAt } = this.#reader;
    const at = 'position' in place ? startAt + place.position : Number.POSITIVE_INFINITY;
    const n = 'n' in place ? place.n : Number.POSITIVE_INFINITY;
    const segment = 'n' in place ? this.#reader.segmentOf(n) : this.#reader.segmentAt(at);
    const shownAt = await this.#begin(segment, at, n);
    this.#moveAnchor('position' in place ? place.position : shownAt - startAt);
    if (this.#aim === place) this.#aim = null;
    if (this.#state === 'ended') this.#state = 'paused';
    this.#host.changed();
  }

  /**
   * Shows the picture of a segment as of a time or an update. Damage is skipped, up to the next segment.
   * @returns when the picture's last update was made
   */
  async #begin(first: number, at: number, n: number): Promise<number> {
    for (let segment = first; segment < this.#reader.segments.length; segment++) {
      try {
        return await this.#paintSegment(segment, at, n);
      } catch (thrown) {
        this.#tellDamage(thrown);
      }
    }
    this.#next = null;
    return this.#reader.endAt;
  }

  async #paintSegment(segment: number, at: number, n: number): Promise<number> {
    await this.#open(segment);
    const cells: LogRectangle[] = [];
    const updates: (readonly LogRectangle[])[] = [cells];
    let meta: LogMeta | null = null;
    let [shownN, shownAt] = [0, 0];
    for (;;) {
      const next = await this.#readNext(
        cell => cells.push(...cell),
        found => {
          meta = found;
          [shownN, shownAt] = [found.n, found.at];
        },
      );
      this.#next = next;
      if (next?.kind !== 'update' || next.at > at || next.n > n) break;
      updates.push(next.rectangles);
      [shownN, shownAt] = [next.n, next.at];
    }
    if (!meta) throw new LogFault('a segment has no description');
    this.#picture.begin(meta);
    this.#meta = meta;
    const painted = await this.#picture.paintAll(visibleUpdates(updates, meta));
    this.#n = shownN;
    this.#host.shown(painted, true);
    return shownAt;
  }

  async #open(segment: number): Promise<void> {
    await this.#messages?.return();
    this.#segment = segment;
    this.#messages = this.#reader.messages(segment);
    this.#next = null;
  }

  /**
   * The next update, which may be that of a later segment, whose picture is the present one. Null at the end.
   * @throws LogFault
   */
  async #readNext(
    cell: (rectangles: readonly LogRectangle[]) => void,
    meta: (meta: LogMeta) => void,
  ): Promise<Next | null> {
    for (;;) {
      const { done, value } = await this.#messages!.next();
      if (!done) {
        if (value.type === 'meta') {
          this.#read = value.meta.n;
          meta(value.meta);
        } else if (value.type === 'cell') cell(value.rectangles);
        else if (value.type === 'update') {
          if (value.n !== this.#read + 1) throw new LogFault('an update is missing');
          this.#read = value.n;
          return { kind: 'update', at: value.at, n: value.n, rectangles: value.rectangles };
        }
        continue;
      }
      const segment = this.#segment + 1;
      if (segment >= this.#reader.segments.length) return null;
      return { kind: 'segment', at: this.#reader.segments[segment]!.at, segment };
    }
  }

  /** Waits for the next change, or for the end. */
  #schedule(): void {
    this.#cancel();
    if (this.#state !== 'playing' || this.#closed || this.#wanted) return;
    const position = this.positionMs;
    const due = this.#next ? this.#next.at - this.#reader.startAt : this.durationMs;
    let wait = due - position;
    if (this.#skipsStill && wait > STILL.leastMs) {
      this.#moveAnchor(due - STILL.restMs);
      wait = STILL.restMs;
      this.#host.changed();
    }
    this.#cancelTimer = this.#host.clock.after(Math.min(Math.max(wait / this.#speed, 0), LONGEST_TIMER_MS), () => {
      this.#cancelTimer = null;
      void this.#do(() => this.#playOn());
    });
  }

  /** Shows all that is due. */
  async #playOn(): Promise<void> {
    if (this.#state !== 'playing' || this.#wanted) return;
    const until = this.#reader.startAt + this.positionMs;
    const due: Update[] = [];
    while (this.#next && this.#next.at <= until) {
      if (this.#next.kind === 'segment') {
        await this.#paint(due.splice(0));
        await this.#cross(this.#next.segment);
      } else {
        due.push(this.#next);
        this.#next = await this.#readOn();
      }
    }
    await this.#paint(due);
    if (!this.#next && this.positionMs >= this.durationMs) this.#setState('ended');
  }

  /**
   * Continues in the next segment. It begins with the present picture, unless the size differs or the picture was lost.
   */
  async #cross(segment: number): Promise<void> {
    const before = this.#meta;
    const { n } = this.#reader.segments[segment]!;
    const { width, height } = this.#picture.size;
    await this.#open(segment);
    const cells: LogRectangle[] = [];
    try {
      this.#next = await this.#readNext(
        rectangles => cells.push(...rectangles),
        meta => {
          this.#meta = meta;
        },
      );
      const same = this.#n === n && this.#meta?.width === width && this.#meta.height === height;
      if (same && before && this.#picture.framebuffer) return;
      this.#picture.begin(this.#meta!);
      const painted = await this.#picture.paint(cells);
      this.#n = n;
      this.#host.shown(painted, true);
    } catch (thrown) {
      this.#tellDamage(thrown);
      this.#next = this.#segmentAfter(segment);
    }
  }

  async #readOn(): Promise<Next | null> {
    try {
      return await this.#readNext(
        () => {},
        () => {},
      );
    } catch (thrown) {
      this.#tellDamage(thrown);
      return this.#segmentAfter(this.#segment);
    }
  }

  #segmentAfter(segment: number): Next | null {
    const after = this.#reader.segments[segment + 1];
    // The present picture is not the segment's first one.
    this.#n = NOWHERE;
    return after ? { kind: 'segment', at: after.at, segment: segment + 1 } : null;
  }

  async #paint(updates: readonly Update[]): Promise<void> {
    const last = updates.at(-1);
    if (!last) return;
    const all = updates.map(({ rectangles }) => rectangles);
    try {
      const painted = await this.#picture.paintAll(all.length > 1 ? visibleUpdates(all, this.#picture.size) : all);
      this.#n = last.n;
      this.#host.shown(painted, false);
    } catch (thrown) {
      this.#tellDamage(thrown);
      this.#next = this.#segmentAfter(this.#segment);
    }
  }

  #tellDamage(thrown: unknown): void {
    if (!(thrown instanceof LogFault)) throw thrown;
    this.#host.damaged(thrown.message);
  }
}
