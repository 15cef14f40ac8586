import { plainText } from '../core/plain-text.js';
import { unixTime } from '../node/clock.js';
import type { PlayController } from '../session/app-services.js';
import type { PlayCommand, PlayEvent, Thumbnail } from '../session/messages.js';
import { timeText } from '../session/play-keys.js';
import type { PlayOptions } from '../session/play-options.js';
import type { PlaySnapshot } from '../session/snapshot.js';
import { type Notice, type NoticeTone, Observable, type SessionState, withNotice } from './session-view.js';

export interface PlayViewState {
  readonly snapshot: PlaySnapshot | null;
  readonly picture: Thumbnail | null;
  readonly notices: readonly Notice[];
  readonly ended: SessionState['ended'];
}

/** A recording that is played, as its dashboard draws it. */
export class PlayView extends Observable<PlayViewState> {
  readonly options: PlayOptions;
  readonly #controller: PlayController;
  readonly #startedAt = unixTime();

  constructor(controller: PlayController, options: PlayOptions) {
    super({ snapshot: null, picture: null, notices: [], ended: null });
    this.options = options;
    this.#controller = controller;
    controller.subscribe(event => this.#handle(event));
  }

  send(command: PlayCommand): void {
    this.#controller.send(command);
  }

  note(text: string, tone: NoticeTone = 'info'): void {
    this.set({ notices: withNotice(this.get().notices, tone, text) }, 'now');
  }

  stop(): Promise<void> {
    return this.#controller.stop();
  }

  farewell(): string[] {
    const { snapshot } = this.get();
    if (!snapshot) return [];
    const seconds = Math.round((unixTime() - this.#startedAt) / 1000);
    const place = `${timeText(snapshot.positionMs)} of ${timeText(snapshot.durationMs)}`;
    return [`Played ${plainText(snapshot.file)} for ${timeText(seconds * 1000)}, up to ${place}.`];
  }

  #handle(event: PlayEvent): void {
    switch (event.type) {
      case 'snapshot': {
        const before = this.get().snapshot;
        const { state, speed, skipStill, positionMs } = event.snapshot;
        const moved = Math.abs(positionMs - (before?.positionMs ?? 0)) > 1500 * speed;
        const turns = before?.state !== state || before.speed !== speed || before.skipStill !== skipStill || moved;
        this.set({ snapshot: event.snapshot }, turns ? 'now' : 'soon');
        return;
      }
      case 'picture':
        this.set({ picture: event.thumbnail });
        return;
      case 'notice':
        this.note(event.text, event.tone);
        return;
      case 'ended':
        this.set({ ended: this.get().ended ?? { error: event.error, frames: event.frames } }, 'now');
        return;
      case 'output':
        return;
    }
  }
}
