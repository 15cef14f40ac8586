import { plainText } from '../core/plain-text.js';
import type { ShareController } from '../session/app-services.js';
import type { BakeoffReport } from '../session/bakeoff.js';
import type { InspectedPort } from '../session/inspect/packet-messages.js';
import type {
  CommonCommand,
  CommonEvent,
  Listening,
  ShareCommand,
  ShareEvent,
  Thumbnail,
} from '../session/messages.js';
import type { ShareOptions } from '../session/share-options.js';
import type { ShareSnapshot } from '../session/snapshot.js';
import { fileName } from '../session/steps.js';
import { ShareTally } from './session-tally.js';
import {
  type LinkHistory,
  NO_LINK_HISTORY,
  newSession,
  type SessionState,
  SessionView,
  withLink,
  withSnapshot,
} from './session-view.js';

export interface AskingViewer {
  readonly viewer: number;
  readonly address: string;
  /** Unix ms. */
  readonly expiresAt: number;
  /** As the event has it. */
  readonly gaveCode: boolean;
}

export interface ShareViewState extends SessionState {
  readonly listening: readonly Listening[];
  readonly code: string | null;
  readonly vncPassword: string | null;
  /** How neighbours find the share; null: they do not, or nothing is known yet. */
  readonly announced: { readonly name: string | null; readonly problem: string | null } | null;
  readonly snapshot: ShareSnapshot | null;
  /** By the id of the viewer. */
  readonly links: ReadonlyMap<number, LinkHistory>;
  /** Null: none was requested, or none has arrived yet. */
  readonly bakeoff: BakeoffReport | null;
  readonly asking: readonly AskingViewer[];
  readonly thumbnail: Thumbnail | null;
}

/** Whether two snapshots look the same on a dashboard but for the time and the process's own load. */
function alike(a: ShareSnapshot | null, b: ShareSnapshot): boolean {
  if (a === null || b.viewers.length > 0 || (b.broadcast?.readers ?? 0) > 0 || b.fps > 0 || b.mbitPerSecond > 0)
    return false;
  return (
    a.state === b.state &&
    a.missing?.message === b.missing?.message &&
    a.fps === b.fps &&
    a.level === b.level &&
    a.fpsCap === b.fpsCap &&
    a.uplinkMbit === b.uplinkMbit &&
    a.viewers.length === 0 &&
    a.cursor === b.cursor &&
    a.quality === b.quality &&
    a.frames === b.frames &&
    a.export?.packets === b.export?.packets &&
    a.recording?.bytes === b.recording?.bytes &&
    a.broadcast?.state === b.broadcast?.state &&
    a.broadcast?.readers === b.broadcast?.readers &&
    a.source?.description === b.source?.description
  );
}

/** How seldom a share that rests is drawn, for its clock. */
const RESTING_MS = 5000;

/** Whether a person waits to see the difference: a state, who is there, or what a key has set. */
function turns(a: ShareSnapshot | null, b: ShareSnapshot): boolean {
  if (a === null || a.state !== b.state || a.viewers.length !== b.viewers.length) return true;
  if ((a.recording === null) !== (b.recording === null)) return true;
  if (a.broadcast?.readers !== b.broadcast?.readers) return true;
  if (a.uplinkMbit !== b.uplinkMbit || a.viewers.some(({ maxMbit }, index) => maxMbit !== b.viewers[index]?.maxMbit)) {
    return true;
  }
  return a.level !== b.level || a.quality !== b.quality || a.fpsCap !== b.fpsCap || a.cursor !== b.cursor;
}

/** A share session as its dashboard draws it. */
export class ShareView extends SessionView<
  ShareViewState,
  Exclude<ShareCommand, CommonCommand>,
  Exclude<ShareEvent, CommonEvent>
> {
  readonly role = 'share';
  readonly options: ShareOptions;
  readonly #tally = new ShareTally();
  #drawnAt = 0;

  constructor(controller: ShareController, options: ShareOptions) {
    super(controller, {
      ...newSession(),
      listening: [],
      code: null,
      vncPassword: null,
      announced: null,
      snapshot: null,
      links: new Map(),
      bakeoff: null,
      asking: [],
      thumbnail: null,
    });
    this.options = options;
    this.listen();
  }

  /** Answers a waiting viewer; the question disappears at once, whatever the worker is doing. */
  answer(viewer: number, answer: 'yes' | 'no' | 'all'): void {
    const { asking } = this.get();
    if (!asking.some(each => each.viewer === viewer)) return;
    this.send({ type: 'consent', viewer, answer });
    this.set({ asking: answer === 'all' ? [] : asking.filter(each => each.viewer !== viewer) }, 'now');
  }

  /** Tries what a viewer can take (null: the first one), from the beginning. */
  readonly beginBakeoff = (viewer: number | null): void => {
    this.set({ bakeoff: null }, 'now');
    this.send({ type: 'bakeoff', viewer });
  };

  /** Saves a link with its QR code. @param code what else is needed @returns the file, which a notice will name */
  readonly saveLink = (link: string, code: string | null): string => {
    const file = fileName('link', new Date(), 'png');
    this.send({ type: 'save-link', link, code, file });
    return file;
  };

  readonly endBakeoff = (): void => {
    this.send({ type: 'end-bakeoff' });
  };

  protected override get atEnd(): Partial<ShareViewState> {
    return { asking: [] };
  }

  get ports(): readonly InspectedPort[] {
    return this.get().listening.map(({ port, wire }) => ({ port, wire: wire === 'web' ? null : wire }));
  }

  /** What it came to, for the menu. */
  get summary(): string {
    return this.#tally.summary;
  }

  farewell(): string[] {
    return this.#tally.farewell(this.get().ended?.error ?? null);
  }

  protected handle(event: Exclude<ShareEvent, CommonEvent>): void {
    switch (event.type) {
      case 'listening':
        this.set({ listening: event.wires, code: event.code, vncPassword: event.vncPassword });
        return;
      case 'announced':
        this.set({ announced: { name: event.name, problem: event.problem } });
        return;
      case 'snapshot':
        this.#snapshot(event.snapshot);
        return;
      case 'asking': {
        const { viewer, address, expiresAt, gaveCode } = event;
        const others = this.get().asking.filter(each => each.viewer !== viewer);
        this.set({ asking: [...others, { viewer, address: plainText(address, 60), expiresAt, gaveCode }] }, 'now');
        return;
      }
      case 'asked':
        this.set({ asking: this.get().asking.filter(each => each.viewer !== event.viewer) }, 'now');
        return;
      case 'thumbnail':
        this.set({ thumbnail: event.thumbnail });
        return;
      case 'bakeoff':
        this.set({ bakeoff: event.report }, 'now');
        return;
    }
  }

  #snapshot(snapshot: ShareSnapshot): void {
    this.#tally.add(snapshot);
    const { links } = this.get();
    const next = snapshot.viewers.map(
      ({ id, tcp }) => [id, withLink(links.get(id) ?? NO_LINK_HISTORY, tcp, snapshot.t)] as const,
    );
    if (!this.get().frozen) this.set({ links: new Map(next) }, 'later');
    const { snapshot: before, history, frozen } = this.get();
    if (frozen && before) {
      // Figures and charts are frozen; settings and viewers are not.
      const { state, source, missing, level, quality, fpsCap, uplinkMbit, cursor } = snapshot;
      const { viewers, export: exported, recording } = snapshot;
      const settings = { level, quality, fpsCap, uplinkMbit, cursor };
      const now = { state, source, missing, ...settings, viewers, export: exported, recording };
      this.set({ snapshot: { ...before, ...now } });
      return;
    }
    // What was sent to those who have left is not what leaves this machine now.
    const nobody = !snapshot.viewers.some(({ state }) => state === 'watching');
    const told = { snapshot, history: withSnapshot(history, snapshot), ...(nobody ? { thumbnail: null } : {}) };
    const quiet = alike(before, snapshot) && snapshot.t - this.#drawnAt < RESTING_MS;
    if (!quiet) this.#drawnAt = snapshot.t;
    this.set(told, quiet ? 'later' : turns(before, snapshot) ? 'now' : 'soon');
  }
}
