import type { PeerglassError } from '../core/errors.js';
import type { BroadcastLink } from '../protocols/broadcast/link.js';
import type { BroadcastMeta } from '../protocols/broadcast/messages.js';
import { PAUSED, SHARING } from '../session/announcement.js';
import { LogVideo } from '../session/play/log-video.js';
import { BroadcastPicture } from '../session/watch/broadcast/broadcast-picture.js';
import { SegmentSession } from '../session/watch/broadcast/segment-session.js';
import { mayComeBack } from '../session/watch/retries.js';
import { FetchDownload } from './fetch-download.js';
import { createMessageOpener } from './message-opener.js';
import type { LinkOwner, ViewerLink } from './web-link.js';

/** As the page calls what it came from. */
const SERVER = 'The server';
const ENCRYPTION = 'AES-256, link';

/** Watches a broadcast: the same segments as the window, by the browser's own downloads. */
export class BroadcastPageLink implements ViewerLink {
  readonly key = null;
  shownAt: number | null = null;
  readonly #link: BroadcastLink;
  readonly #owner: LinkOwner;
  readonly #picture: BroadcastPicture;
  #segments: SegmentSession | null = null;
  /** Until the last session has left the picture alone. */
  #running: Promise<void> = Promise.resolve();
  #wanted = true;
  #over = false;
  #received = 0;
  #counted = 0;

  constructor(link: BroadcastLink, owner: LinkOwner) {
    this.#link = link;
    this.#owner = owner;
    const { memory, inflater, clock, jpeg } = owner;
    const video = new LogVideo({
      ...{ clock, decoders: owner.createVideo(), patient: false },
      decodedBy: name => owner.describe({ video: name }),
      cannot: text => owner.notice(text),
    });
    this.#picture = new BroadcastPicture({
      ...{ memory, inflater, clock, jpeg, video },
      resize: size => owner.resize(size),
      present: update => owner.present(this, update),
      skipped: () => {},
    });
  }

  get broadcast() {
    const { segment = null, jumps = 0, isStill = false } = this.#segments ?? {};
    return { ages: this.#segments?.ages(this.#owner.clock.now()) ?? null, segment, jumps, still: isStill };
  }

  start(): void {
    if (this.#wanted) this.#begin();
  }

  close(): void {
    this.#over = true;
    this.#segments?.close();
    void this.#running.then(() => this.#picture.free());
  }

  /** A page that nobody sees downloads nothing. */
  setWanted(wanted: boolean): void {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (wanted) this.#begin();
    else {
      this.#segments?.close();
      this.#segments = null;
    }
  }

  setCursor(shown: boolean): void {
    this.#picture.setCursor(shown);
  }

  takeBytes(): number {
    const bytes = this.#received - this.#counted;
    this.#counted = this.#received;
    return bytes;
  }

  doubt(): void {}

  /** The session finds out by itself. */
  isDead(): boolean {
    return false;
  }

  #begin(): void {
    const { clock } = this.#owner;
    const segments = new SegmentSession(this.#link.key, SERVER, {
      clock,
      start: resource =>
        new FetchDownload(`${this.#link.place}${resource}`, bytes => {
          this.#received += bytes;
        }),
      createOpener: createMessageOpener,
      random: Math.random,
      begin: size => this.#picture.begin(size),
      paint: rectangles => this.#picture.paint(rectangles),
      painted: painted => this.#picture.painted(painted),
      described: meta => this.#described(meta),
      notice: (_tone, text) => this.#owner.notice(text),
      lost: error => this.#lost(error),
    });
    this.#segments = segments;
    this.#running = this.#running.then(async () => {
      if (segments !== this.#segments || this.#over) return;
      const error = await segments.run();
      if (segments === this.#segments && !this.#over) this.#owner.ended(this, error);
    });
  }

  #described({ name, state }: BroadcastMeta): void {
    this.#owner.describe({ name, encryption: ENCRYPTION, sharer: state === 'paused' ? PAUSED : SHARING });
  }

  /** Once it has shown something it goes on trying. */
  #lost(error: PeerglassError): boolean {
    if (this.shownAt === null || !mayComeBack(error.code)) return false;
    this.#owner.away(this);
    return true;
  }
}
