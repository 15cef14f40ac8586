import type { ErrorReport } from '../core/errors.js';
import { plainText } from '../core/plain-text.js';
import { unixTime } from '../node/clock.js';
import type { Controller } from '../session/app-services.js';
import type { MessageRecord } from '../session/inspect/message-record.js';
import type { InspectedPort } from '../session/inspect/packet-messages.js';
import type { CommonCommand, CommonEvent } from '../session/messages.js';
import type { Snapshot, TcpSnapshot } from '../session/snapshot.js';
import { fileName, RECORDING_ENDING } from '../session/steps.js';
import { isOld } from './format.js';

export type NoticeTone = 'info' | 'good' | 'warning';

export interface Notice {
  /** Counts up in a session. */
  readonly id: number;
  /** Unix ms. */
  readonly time: number;
  readonly tone: NoticeTone;
  readonly text: string;
}

/** A figure at the last snapshots, for the charts: the newest last; null where it was not known. */
export type Series = readonly (number | null)[];

/** The last snapshots: when they were taken, Unix ms, and their rates. */
export interface History {
  readonly times: readonly number[];
  readonly fps: Series;
  readonly mbit: Series;
  /** The median latency, ms. */
  readonly delay: Series;
}

/** TCP's figures of a connection at the last snapshots. */
export interface LinkHistory {
  readonly times: readonly number[];
  /** Null while none was measured. */
  readonly rtt: Series;
  readonly congestionWindow: Series;
}

export const NO_LINK_HISTORY: LinkHistory = { times: [], rtt: [], congestionWindow: [] };

export const NO_HISTORY: History = { times: [], fps: [], mbit: [], delay: [] };

/** Four a second: as many as a 160-column chart of braille shows. */
const MAX_SAMPLES = 320;
const MAX_NOTICES = 200;
/** As many as the session itself keeps. */
const MAX_MESSAGES = 1000;

function pushed<Value>(values: readonly Value[], value: Value): readonly Value[] {
  return [...values.slice(-(MAX_SAMPLES - 1)), value];
}

export function withSnapshot(history: History, snapshot: Snapshot): History {
  return {
    times: pushed(history.times, snapshot.t),
    // A share's own rate: the mean of its viewers hides the one that lags.
    fps: pushed(history.fps, snapshot.role === 'share' ? snapshot.publishedFps : snapshot.fps),
    mbit: pushed(history.mbit, snapshot.mbitPerSecond),
    delay: pushed(history.delay, delayOf(snapshot)?.p50 ?? null),
  };
}

/** How late the picture is: the latency, or its age in a broadcast. Null: unknown. */
export function delayOf(snapshot: Snapshot | null): Snapshot['latencyMs'] {
  if (snapshot?.role === 'watch' && snapshot.broadcast) return snapshot.broadcast.ageMs;
  return snapshot?.latencyMs ?? null;
}

/** @param t when the figures were taken, Unix ms */
export function withLink(history: LinkHistory, tcp: TcpSnapshot | null, t: number): LinkHistory {
  if (!tcp) return history;
  return {
    times: pushed(history.times, t),
    rtt: pushed(history.rtt, isOld(tcp.rttAgeMs) ? null : tcp.rttMs),
    congestionWindow: pushed(history.congestionWindow, tcp.congestionWindow),
  };
}

export function withMessages(
  messages: readonly MessageRecord[],
  more: readonly MessageRecord[],
): readonly MessageRecord[] {
  return [...messages, ...more].slice(-MAX_MESSAGES);
}

export function withNotice(notices: readonly Notice[], tone: NoticeTone, text: string): readonly Notice[] {
  const id = (notices.at(-1)?.id ?? 0) + 1;
  return [...notices.slice(-(MAX_NOTICES - 1)), { id, time: unixTime(), tone, text: plainText(text) }];
}

/**
 * Drawing a screen is the most expensive work of the dashboard. Figures and pictures are drawn at this interval, in ms.
 */
const INTERVAL = 400;

/**
 * The state of a screen. It is replaced as a whole at each change. Listeners are called at most every `INTERVAL` ms, so
 * that events that arrive together are drawn once; with `now`, for changes that a person waits for, at once.
 */
export class Observable<State> {
  #state: State;
  readonly #listeners = new Set<() => void>();
  #timer: NodeJS.Timeout | null = null;

  constructor(state: State) {
    this.#state = state;
  }

  readonly get = (): State => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** `later`: nothing visible changes, so it is drawn with the next change. */
  set(change: Partial<State>, tell: 'now' | 'soon' | 'later' = 'soon'): void {
    this.#state = { ...this.#state, ...change };
    if (tell === 'now') this.#notify();
    else if (tell === 'soon') this.#timer ??= setTimeout(() => this.#notify(), INTERVAL).unref();
  }

  #notify(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** What a dashboard draws of a session of either role. */
export interface SessionState {
  readonly startedAt: number;
  readonly snapshot: Snapshot | null;
  readonly history: History;
  /** The wire's messages since somebody looks. */
  readonly messages: readonly MessageRecord[];
  readonly frozen: boolean;
  readonly notices: readonly Notice[];
  readonly ended: { readonly error: ErrorReport | null; readonly frames: number } | null;
}

/** As a session begins. */
export function newSession() {
  return { startedAt: unixTime(), history: NO_HISTORY, messages: [], frozen: false, notices: [], ended: null };
}

/** A session as its dashboard draws it: keeps the controller's events, and sends the commands of the keys. */
export abstract class SessionView<
  State extends SessionState,
  Command extends { readonly type: string },
  Event extends { readonly type: string },
> extends Observable<State> {
  abstract readonly role: 'share' | 'watch';
  readonly #controller: Controller<Command | CommonCommand, Event | CommonEvent>;

  constructor(controller: Controller<Command | CommonCommand, Event | CommonEvent>, state: State) {
    super(state);
    this.#controller = controller;
  }

  /** The ports that its protocol uses. */
  abstract get ports(): readonly InspectedPort[];
  abstract farewell(): string[];
  protected abstract handle(event: Event): void;

  /** What is over with the session. */
  protected get atEnd(): Partial<State> {
    return {};
  }

  /** To be called once by the class that extends this, as the last of its construction. */
  protected listen(): void {
    this.#controller.subscribe(event => {
      if (isCommon(event)) this.#handle(event);
      else this.handle(event);
    });
  }

  send(command: Command | CommonCommand): void {
    this.#controller.send(command);
  }

  note(text: string, tone: NoticeTone = 'info'): void {
    this.#set({ notices: withNotice(this.get().notices, tone, text) }, 'now');
  }

  toggleFrozen(): void {
    this.#set({ frozen: !this.get().frozen }, 'now');
  }

  resetFigures(): void {
    this.send({ type: 'reset-figures' });
    this.#set({ history: NO_HISTORY }, 'now');
  }

  readonly lookAtMessages = (on: boolean): void => {
    this.#set({ messages: [] }, 'now');
    this.send({ type: 'inspect', messages: on });
  };

  /** Begins to write the traffic to a file, or ends that. */
  readonly toggleExport = (): void => {
    const running = this.get().snapshot?.export ?? null;
    this.send({ type: 'export', file: running ? null : fileName(this.role, new Date(), 'pcapng') });
  };

  /** Begins to record the picture, or ends that. */
  readonly toggleRecording = (): void => {
    const running = this.get().snapshot?.recording ?? null;
    this.send({ type: 'record', file: running ? null : fileName(this.role, new Date(), RECORDING_ENDING) });
  };

  savePicture(): void {
    this.send({ type: 'save-picture', file: fileName(this.role, new Date(), 'png') });
  }

  stop(): Promise<void> {
    return this.#controller.stop();
  }

  #handle(event: CommonEvent): void {
    switch (event.type) {
      case 'notice':
        this.note(event.text, event.tone);
        return;
      case 'messages':
        this.#set({ messages: withMessages(this.get().messages, event.records) });
        return;
      case 'ended':
        this.set(this.atEnd, 'later');
        this.#set({ ended: this.get().ended ?? { error: event.error, frames: event.frames } }, 'now');
        return;
    }
  }

  /** What both roles have of their state. */
  #set(change: Partial<SessionState>, tell?: 'now'): void {
    this.set(change as Partial<State>, tell);
  }
}

function isCommon(event: { readonly type: string }): event is CommonEvent {
  return event.type === 'notice' || event.type === 'messages' || event.type === 'ended';
}
