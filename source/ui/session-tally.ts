import { BYTES_PER_MBIT, bitRate } from '../core/bit-rate.js';
import { bytesText } from '../core/bytes-text.js';
import { type ErrorReport, oneLine } from '../core/errors.js';
import { plainText, withoutControls } from '../core/plain-text.js';
import { unixTime } from '../node/clock.js';
import type { ShareSnapshot, Snapshot, WatchSnapshot } from '../session/snapshot.js';
import { elapsed, framesText, milliseconds, rateText } from './format.js';

/** Named in a farewell; the others are only counted. */
const MAX_NAMES = 5;
const LONGEST_NAME = 60;

/** Snapshots come four times a second: a longer gap says nothing of the time between. */
const LONGEST_STEP_MS = 2000;

function text(name: string): string {
  return plainText(name, LONGEST_NAME);
}

/**
 * Totals of a session that its person can reset meanwhile, the mean of its rate while there was something to see, and
 * the recordings made in it.
 */
class Totals {
  #frames = 0;
  #bytes = 0;
  #last: Pick<Snapshot, 'frames' | 'bytes'> = { frames: 0, bytes: 0 };
  #rates = 0;
  #samples = 0;
  readonly #recordings = new Set<string>();

  add({ frames, bytes, recording }: Pick<Snapshot, 'frames' | 'bytes' | 'recording'>): void {
    if (recording) this.#recordings.add(recording.file);
    if (bytes < this.#last.bytes || frames < this.#last.frames) {
      this.#frames += this.#last.frames;
      this.#bytes += this.#last.bytes;
    }
    this.#last = { frames, bytes };
  }

  rate(fps: number): void {
    this.#rates += fps;
    this.#samples++;
  }

  /** A line for each recording: the notices that named it are gone with the dashboard. */
  get recordings(): string[] {
    return [...this.#recordings].map(file => `recorded to ${withoutControls(file)}`);
  }

  get framesText(): string {
    return framesText(this.#frames + this.#last.frames);
  }

  text(verb: string): string {
    const mean = this.#samples > 0 ? `, mean ${rateText(this.#rates / this.#samples)} fps` : '';
    return `${verb} ${bytesText(this.#bytes + this.#last.bytes)} in ${this.framesText}${mean}`;
  }
}

function sentence(line: string): string {
  return `${line[0]?.toUpperCase()}${line.slice(1)}.`;
}

function lines(first: string, rest: readonly string[], error: ErrorReport | null): string[] {
  return [first, ...rest.map(line => `  ${line}`), ...(error ? [`  ${withoutControls(oneLine(error))}`] : [])];
}

/** What a share came to, for the lines that stay in the terminal when it is over. */
export class ShareTally {
  readonly #totals = new Totals();
  readonly #viewers = new Map<number, string>();
  readonly #startedAt = unixTime();
  #opened = false;
  #description = '';
  /** The most caches that read the broadcast at a time, how long there were any, and megabits for each meanwhile. */
  #caches = 0;
  #readMs = 0;
  #readMbit = 0;
  #addedAt = Number.POSITIVE_INFINITY;

  add(snapshot: ShareSnapshot): void {
    this.#totals.add(snapshot);
    this.#addBroadcast(snapshot);
    // Before it listens nobody can see anything, e.g. while its port is taken.
    this.#opened ||= snapshot.state !== 'starting' && snapshot.state !== 'ended';
    if (this.#opened) this.#description = snapshot.source?.description ?? this.#description;
    const watching = snapshot.viewers.filter(({ state }) => state === 'watching');
    if (watching.length > 0) this.#totals.rate(snapshot.publishedFps);
    for (const { id, address } of watching) this.#viewers.set(id, address);
  }

  #addBroadcast({ t, broadcast }: ShareSnapshot): void {
    const ms = Math.max(0, Math.min(t - this.#addedAt, LONGEST_STEP_MS));
    this.#addedAt = t;
    if (!broadcast || broadcast.readers === 0) return;
    this.#caches = Math.max(this.#caches, broadcast.readers);
    this.#readMs += ms;
    this.#readMbit += (broadcast.mbitPerSecond * ms) / 1000;
  }

  /** E.g. "for 12:34, read by up to 3 caches, mean 2.31 Mbit/s to each"; null: nobody read it. */
  get #broadcastText(): string | null {
    if (this.#caches === 0) return null;
    const caches = this.#caches === 1 ? '1 cache' : `up to ${this.#caches} caches`;
    const mean = (this.#readMbit * BYTES_PER_MBIT * 1000) / Math.max(this.#readMs, 1);
    return `for ${elapsed(this.#readMs)}, read by ${caches}, mean ${bitRate(mean)} to each`;
  }

  /** For the menu, in a sentence or two. */
  get summary(): string {
    if (this.#description === '') return 'Nothing was shared.';
    const broadcast = this.#broadcastText;
    const parts = [
      ...(this.#viewers.size > 0 ? [`Shared ${this.#totals.framesText}.`] : []),
      ...(broadcast === null ? [] : [`Broadcast ${broadcast}.`]),
    ];
    return [...(parts.length > 0 ? parts : ['Nobody watched.']), ...this.#totals.recordings.map(sentence)].join(' ');
  }

  farewell(error: ErrorReport | null): string[] {
    if (this.#description === '') return lines('Nothing was shared.', [], error);
    const names = [...new Set(this.#viewers.values())];
    const named = names.slice(0, MAX_NAMES).map(text).join(', ');
    const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
    const count = this.#viewers.size;
    // A viewer that reconnected counts twice, and several can share an address: only connections can be counted.
    const counted =
      count > names.length ? `${count} connections from ` : `${count === 1 ? '1 viewer' : `${count} viewers`}: `;
    const broadcast = this.#broadcastText === null ? [] : [`broadcast ${this.#broadcastText}`];
    const viewers = count > 0 ? [`${counted}${named}${more}`] : broadcast.length > 0 ? [] : ['no viewers'];
    const sent = count === 0 ? [] : [this.#totals.text('sent')];
    return lines(
      `Shared ${text(this.#description)} for ${elapsed(unixTime() - this.#startedAt)}.`,
      [...viewers, ...sent, ...broadcast, ...this.#totals.recordings],
      error,
    );
  }
}

/** What a watch came to. */
export class WatchTally {
  readonly #totals = new Totals();
  readonly #startedAt = unixTime();
  readonly #asked: string;
  #last: WatchSnapshot | null = null;
  #latency: number | null = null;

  /** @param peer as requested */
  constructor(peer: string) {
    this.#asked = peer;
  }

  add(snapshot: WatchSnapshot): void {
    this.#totals.add(snapshot);
    if (snapshot.state === 'watching') this.#totals.rate(snapshot.fps);
    if (snapshot.width > 0) this.#last = snapshot;
    this.#latency = (snapshot.broadcast?.ageMs ?? snapshot.latencyMs)?.p50 ?? this.#latency;
  }

  farewell(error: ErrorReport | null): string[] {
    const last = this.#last;
    if (!last) return lines(`No picture came from ${text(this.#asked)}.`, [], error);
    const { width, height, wire } = last;
    const about = [`${width}x${height}`, ...(wire ? [wire] : [])].join(', ');
    const delay = last.broadcast ? 'age' : 'latency';
    const latency = this.#latency === null ? '' : `, ${delay} ${milliseconds(this.#latency).trim()}`;
    return lines(
      `Watched ${text(last.peer)} (${about}) for ${elapsed(unixTime() - this.#startedAt)}.`,
      [`${this.#totals.text('received')}${latency}`, ...this.#totals.recordings],
      error,
    );
  }
}

/** A session of the terminal UI, or two of them (a demo). */
export interface UiSession {
  stop(): Promise<void>;
  /** A summary for the shell, in a few lines. */
  farewell(): readonly string[];
}

/** The last sessions that have a farewell. */
const MAX_FAREWELLS = 3;

/** All running sessions, so that every exit of the program ends them, and the farewells of the last ones. */
export class SessionSet {
  readonly #running = new Set<UiSession>();
  #recent: UiSession[] = [];

  add(session: UiSession): void {
    this.#running.add(session);
    this.#recent = [...this.#recent, session].slice(-MAX_FAREWELLS);
  }

  /** Ends one in the background. @param farewell `silent` if another session takes its place */
  end(session: UiSession, farewell: 'shown' | 'silent' = 'shown'): void {
    if (farewell === 'silent') this.#recent = this.#recent.filter(each => each !== session);
    void session.stop().finally(() => this.#running.delete(session));
  }

  /** Never rejects. */
  async stopAll(): Promise<void> {
    await Promise.allSettled([...this.#running].map(session => session.stop()));
  }

  farewell(): string[] {
    return this.#recent.flatMap(session => session.farewell());
  }
}
