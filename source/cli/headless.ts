import { type ErrorReport, oneLine } from '../core/errors.js';
import { pageLink } from '../core/invitation.js';
import { formatPeerAddress } from '../core/peer-address.js';
import { fileText } from '../core/plain-text.js';
import type { AppServices, ShareController, WatchController } from '../session/app-services.js';
import { type Listening, type ShareEvent, type Thumbnail, viewerPort } from '../session/messages.js';
import type { ShareOptions } from '../session/share-options.js';
import type { ShareSnapshot, Snapshot, WatchSnapshot } from '../session/snapshot.js';
import type { WatchOptions } from '../session/watch-options.js';
import type { Command, RunOptions } from './command.js';

/** Draws the picture of `--view terminal` over the whole terminal. */
export interface PictureScreen {
  open(resized: (cells: { readonly columns: number; readonly rows: number }) => void): void;
  /** Shows a line while there is no picture yet. */
  say(line: string): void;
  draw(picture: Thumbnail): void;
  close(): void;
}

/** What a headless run has to do with the world, so that a test can be the world. */
export interface HeadlessWorld {
  readonly services: Pick<AppServices, 'startShare' | 'startWatch' | 'localAddresses'>;
  /** A line for the person, on standard error. */
  tell(line: string): void;
  /** A line for a program, on standard output. */
  print(line: string): void;
  /** Calls back when the run should end, with the exit code of that. */
  onInterrupt(listener: (exitCode: number) => void): void;
  /** Where `--view terminal` draws; null without it. */
  readonly pictures: PictureScreen | null;
}

export type HeadlessCommand = Extract<Command, { kind: 'share' | 'watch' | 'demo' }>;

/** How long an unattended share waits for its monitor or window to come back. */
const GONE_MS = 60_000;
const CHECK = "Check the address and port on the sharer's screen, or allow more time with --duration.";
const LOOK =
  'The sharer let this viewer in. Check that its program still runs and that the network is up, or allow more time with --duration.';
const ALLOW = 'The sharer may still have to accept you. Check the port too, or allow more time with --duration.';
/** A little less than a second: snapshots come once a second, but not to the millisecond. */
const PRINT_MS = 900;

/** One run of `--headless`: a share, a watch, or both, until it is over; answers with the exit code. */
export class HeadlessRun {
  readonly #world: HeadlessWorld;
  readonly #run: RunOptions;
  readonly #both: boolean;
  readonly #stops: (() => Promise<void>)[] = [];
  readonly #printedAt = new Map<Snapshot['role'], number>();
  readonly #unprinted = new Map<Snapshot['role'], Snapshot>();
  /** Lines held back because they would cover the picture. */
  #held: string[] | null = null;
  #shared: string | null = null;
  #listens = false;
  #linkTold = false;
  #givingUp: NodeJS.Timeout | null = null;
  #timeLimit: NodeJS.Timeout | null = null;
  #watched = false;
  /** How far the watch has come. */
  #progress: WatchSnapshot | null = null;
  #finish: (exitCode: number) => void = () => {};
  readonly #finished: Promise<number>;

  constructor(world: HeadlessWorld, command: HeadlessCommand) {
    this.#world = world;
    this.#run = command.run;
    this.#both = command.kind === 'demo';
    this.#finished = new Promise(resolve => {
      this.#finish = resolve;
    });
  }

  async go(command: HeadlessCommand): Promise<number> {
    this.#world.onInterrupt(exitCode => this.#finish(exitCode));
    if (command.kind === 'watch') this.#limitTime();
    if (command.kind === 'share') this.#share(command.options);
    else if (command.kind === 'demo') this.#share(command.share, wires => this.#demoWatch(wires, command.watch));
    else if (command.options) this.#watch(command.options);
    const exitCode = await this.#finished;
    if (this.#timeLimit) clearTimeout(this.#timeLimit);
    await Promise.allSettled(this.#stops.map(stop => stop()));
    this.#showPictures(false);
    for (const snapshot of this.#unprinted.values()) this.#print(snapshot);
    // A demo may be over before there was anything to watch.
    const unseen = command.kind === 'demo' && !this.#watched ? command.watch.snapshotFile : null;
    if (unseen === null) return exitCode;
    this.#say('watch', `E_SNAPSHOT: No picture came, so ${fileText(unseen)} was not written.`);
    return 1;
  }

  /** A share's duration begins once it listens: ending before that would be a failure in silence. */
  #limitTime(): void {
    const { duration } = this.#run;
    if (duration !== null) this.#timeLimit ??= setTimeout(() => this.#timeUp(duration), duration * 1000);
  }

  /** Who watched for a time and saw nothing did not watch. */
  #timeUp(seconds: number): void {
    const watch = this.#progress;
    if (!this.#watched || (watch && watch.frames > 0)) {
      this.#finish(0);
      return;
    }
    const time = `within ${seconds} s`;
    const peer = watch?.peer ?? 'the sharer';
    this.#ended(
      watch === null || watch.state === 'connecting'
        ? { code: 'E_CONNECT_TIMEOUT', message: `${peer} did not answer ${time}.`, remedy: CHECK }
        : {
            code: 'E_PEER_SILENT',
            message: `${peer} is connected but sent no ${isAdmitted(watch) ? 'whole ' : ''}picture ${time}.`,
            remedy: isAdmitted(watch) ? LOOK : ALLOW,
          },
    );
  }

  #share(options: ShareOptions, listening?: (wires: readonly Listening[]) => void): void {
    const controller: ShareController = this.#world.services.startShare(options);
    this.#stops.unshift(() => controller.stop());
    controller.subscribe(event => {
      if (event.type === 'snapshot') this.#shareSnapshot(event.snapshot);
      else if (event.type === 'notice') this.#notice('share', event.text, event.code);
      else if (event.type === 'announced') this.#tellAnnounced(event);
      else if (event.type === 'ended') this.#ended(event.error);
      else if (event.type === 'listening') {
        this.#listens = true;
        this.#limitTime();
        void this.#tellListening(event, options.bind);
        listening?.(event.wires);
      }
    });
  }

  #watch(options: WatchOptions): void {
    this.#watched = true;
    const controller: WatchController = this.#world.services.startWatch(options);
    // The viewer goes before the sharer, which would else see it leave and say so.
    this.#stops.unshift(() => controller.stop());
    if (options.view === 'terminal') {
      this.#showPictures(true, cells => controller.send({ type: 'terminal-cells', ...cells }));
    }
    controller.subscribe(event => {
      if (event.type === 'snapshot') {
        this.#progress = event.snapshot;
        this.#snapshot(event.snapshot);
      } else if (event.type === 'notice') this.#notice('watch', event.text, event.code);
      else if (event.type === 'picture') this.#world.pictures?.draw(event.thumbnail);
      else if (event.type === 'ended') this.#watchEnded(event.error, event.frames);
    });
  }

  #demoWatch(wires: readonly Listening[], options: Omit<WatchOptions, 'peer'>): void {
    const own = viewerPort(wires);
    if (own) this.#watch({ ...options, wire: own.wire, peer: { host: '127.0.0.1', port: own.port } });
  }

  async #tellListening(
    { wires, code, vncPassword }: Extract<ShareEvent, { type: 'listening' }>,
    bind: string | null,
  ): Promise<void> {
    const local = bind ?? (await this.#world.services.localAddresses())[0]?.address ?? '127.0.0.1';
    for (const each of wires) {
      if (each.wire === 'web') this.#say('share', `listening (browsers): ${pageLink(each, local, code)}`);
      else {
        const peer = formatPeerAddress({ host: local, port: each.port }, each.wire);
        const classic = each.wire === 'classic' ? ' --wire classic' : '';
        this.#say('share', `listening (${each.wire}): peerglass watch ${peer}${classic}`);
      }
    }
    if (this.#both) return;
    if (code !== null) this.#say('share', `viewers need the code ${code}`);
    if (vncPassword !== null) this.#say('share', `other VNC viewers need the password ${vncPassword}`);
  }

  #tellAnnounced({ name, problem }: Extract<ShareEvent, { type: 'announced' }>): void {
    if (problem !== null) this.#say('share', `not announced on the network: ${problem}`);
    else if (name !== null) this.#say('share', `announced on the network as "${name}"`);
  }

  #notice(role: Snapshot['role'], text: string, code: string | undefined): void {
    this.#say(role, code === undefined ? text : `${code}: ${text}`);
  }

  #ended(error: ErrorReport | null): void {
    if (error) this.#say(null, oneLine(error));
    this.#finish(error ? 1 : 0);
  }

  #watchEnded(error: ErrorReport | null, frames: number): void {
    const sharerLeft = error?.code === 'E_SHARE_ENDED' || error?.code === 'E_PEER_CLOSED';
    if (error && sharerLeft && frames > 0 && this.#run.endsWithSharer) {
      this.#say('watch', `${error.message} The capture ends here.`);
      this.#finish(0);
    } else this.#ended(error);
  }

  #shareSnapshot(snapshot: ShareSnapshot): void {
    const shared = snapshot.source?.description ?? null;
    // The argument was a number or part of a title; this is the thing itself.
    if (this.#listens && shared !== null && this.#shared === null) {
      this.#say('share', `sharing ${shared}`);
      this.#shared = shared;
    }
    if (snapshot.broadcast && !this.#linkTold) {
      this.#linkTold = true;
      this.#say('share', `broadcast: ${snapshot.broadcast.link}`);
    }
    this.#waitFor(snapshot.missing);
    this.#snapshot(snapshot);
  }

  /** A lost source may come back, but nobody is there to choose another one. A hidden window is waited for. */
  #waitFor(missing: ErrorReport | null): void {
    if (missing?.code !== 'E_SOURCE_GONE') {
      if (this.#givingUp) clearTimeout(this.#givingUp);
      this.#givingUp = null;
      return;
    }
    this.#givingUp ??= setTimeout(() => {
      const message = `${missing.message} The share waited ${GONE_MS / 1000} s for it.`;
      this.#ended({ ...missing, message, remedy: 'Share again.' });
    }, GONE_MS);
  }

  #snapshot(snapshot: Snapshot): void {
    this.#unprinted.set(snapshot.role, snapshot);
    const printedAt = this.#printedAt.get(snapshot.role) ?? Number.NEGATIVE_INFINITY;
    if (snapshot.t - printedAt >= PRINT_MS) this.#print(snapshot);
  }

  #print(snapshot: Snapshot): void {
    this.#printedAt.set(snapshot.role, snapshot.t);
    this.#unprinted.delete(snapshot.role);
    if (this.#run.json) this.#world.print(JSON.stringify(snapshot));
  }

  #say(role: Snapshot['role'] | null, text: string): void {
    const line = role !== null && this.#both ? `${role}: ${text}` : text;
    if (!this.#held) {
      this.#world.tell(line);
      return;
    }
    this.#held.push(line);
    this.#world.pictures?.say(line);
  }

  #showPictures(shown: boolean, resized: (cells: { columns: number; rows: number }) => void = () => {}): void {
    if (shown === (this.#held !== null)) return;
    if (shown) {
      this.#held = [];
      this.#world.pictures?.open(resized);
      return;
    }
    this.#world.pictures?.close();
    const held = this.#held ?? [];
    this.#held = null;
    for (const line of held) this.#world.tell(line);
  }
}

/** The name of the screen comes when the handshake is over. */
function isAdmitted({ name }: WatchSnapshot): boolean {
  return name !== null;
}
