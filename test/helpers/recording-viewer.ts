import type { Size } from '../../source/core/rectangle.js';
import { NoneDisplay } from '../../source/display/none-display.js';
import { systemClock } from '../../source/node/clock.js';
import { createInflater } from '../../source/node/inflater.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import type { Framebuffer } from '../../source/pixels/framebuffer.js';
import type { WatchEvent } from '../../source/session/messages.js';
import { createClassicSession } from '../../source/session/watch/classic-session.js';
import { rfbSessionFactory } from '../../source/session/watch/rfb-session.js';
import { Watcher } from '../../source/session/watch/watcher.js';
import { connect } from '../../source/transport/connect.js';
import { WATCHED_HERE } from './running-watch.js';

/** Keeps what it was given to show. */
class KeptDisplay extends NoneDisplay {
  shown: Framebuffer | null = null;

  override present(framebuffer?: Framebuffer): void {
    this.shown = framebuffer ?? null;
  }
}

export interface RecordingViewerParts {
  readonly wire?: 'rfb' | 'classic';
  /** That it lists; left out: all. */
  readonly encodings?: readonly number[] | undefined;
  /** Of the picture over the classic wire. */
  readonly size?: Size;
}

/** A viewer in this thread, without a window, that records. */
export class RecordingViewer {
  readonly display = new KeptDisplay();
  readonly events: WatchEvent[] = [];
  readonly watcher: Watcher;
  readonly #over: Promise<void>;

  constructor(port: number, recordFile: string, { wire = 'rfb', encodings, size }: RecordingViewerParts = {}) {
    const options = { ...WATCHED_HERE, peer: { host: '127.0.0.1', port }, wire, recordFile, classicSize: size ?? null };
    const memory = createPixelMemory();
    this.watcher = new Watcher(options, {
      ...{ clock: systemClock, memory },
      inflater: createInflater({ memory }),
      display: this.display,
      connect,
      wires: { classic: createClassicSession, rfb: rfbSessionFactory(encodings ? { encodings } : {}) },
      emit: event => this.events.push(event),
      date: Date.now,
    });
    this.#over = this.watcher.run();
  }

  get frames(): number {
    const last = this.events.findLast(event => event.type === 'snapshot');
    return last?.type === 'snapshot' ? last.snapshot.frames : 0;
  }

  async stop(): Promise<void> {
    this.watcher.command({ type: 'stop' });
    await this.#over;
  }
}
