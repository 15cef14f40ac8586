import type {
  CaptureSource,
  ChildUse,
  Opening,
  PlacedCursor,
  SourceDescription,
  SourceEvent,
} from '../../capture/capture-source.js';
import type { Clock } from '../../core/clock.js';
import { PeerglassError } from '../../core/errors.js';
import type { Rectangle } from '../../core/rectangle.js';
import { ComposedScreen } from '../../pixels/composed-screen.js';
import type { JournalEntry } from '../../pixels/journal.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import type { Region } from '../../pixels/region.js';
import { Screen, type ScreenView } from '../../pixels/screen.js';
import type { ShareTarget } from '../share-options.js';
import type { ShareFigures } from '../stats/share-figures.js';
import { CaptureLoop } from './capture-loop.js';
import type { ShareSettings } from './viewer-session.js';

export interface SharedPictureHost {
  readonly settings: ShareSettings;
  /** Whether some viewer would send a picture captured now. */
  readonly wanted: boolean;
  /** As for CaptureLoopHost. */
  urgent(damage: readonly Rectangle[]): readonly Rectangle[];
  /** As for CaptureLoopHost. */
  readonly watchesFilm: boolean;
  /** Areas may have changed, whether or not they are captured soon. */
  damaged(rectangles: readonly Rectangle[]): void;
  /** Something was captured that differs; `pictureChanged` follows. */
  committed(entry: JournalEntry): void;
  pictureChanged(): void;
  cursorChanged(): void;
  fail(error: unknown): void;
}

/** Receives changes of the source. */
export interface SourceListener {
  /**
   * The source cannot be captured for now: the picture is kept until `sourceBack`, or until another source is shared.
   */
  sourceLost(error: PeerglassError): void;
  sourceBack(): void;
  /** It continues as something else, which the person should know. */
  sourceChanged(text: string): void;
  /** The person is needed for it to open, e.g. to answer a dialog of the desktop. */
  sourceAsks(text: string): void;
}

/** While monitors are being rearranged there may be none for a moment, which is not worth reporting. */
const LOSS_DELAY_MS = 500;

export interface SharedPictureParts {
  readonly clock: Clock;
  readonly memory: PixelMemory;
  readonly figures: ShareFigures;
  /** Whether commits detect scrolls: only worth the time if a protocol can transmit them. */
  readonly options: { readonly scrollDetection: boolean };
  openSource(target: ShareTarget, opening: Opening): Promise<CaptureSource>;
}

/** The present source, the screen that it is captured into, and the loop between them. */
export class SharedPicture {
  readonly #parts: SharedPictureParts;
  readonly #host: SharedPictureHost;
  readonly #listener: SourceListener;
  #source: CaptureSource | null = null;
  #description: SourceDescription | null = null;
  #screen: Screen | null = null;
  #loop: CaptureLoop | null = null;
  #cursor: PlacedCursor | null = null;
  #composed: ComposedScreen | null = null;
  #composedDue = 0;
  #cancelComposing: (() => void) | null = null;
  #switching: Promise<void> = Promise.resolve();
  #awake = false;
  #closed = false;
  readonly #ending = new AbortController();
  /** The source cannot be captured: nothing is read, and the loss is reported unless it is back soon. */
  #loss: PeerglassError | null = null;
  #lossReported = false;
  #cancelReport: (() => void) | null = null;

  constructor(parts: SharedPictureParts, host: SharedPictureHost, listener: SourceListener) {
    this.#parts = parts;
    this.#host = host;
    this.#listener = listener;
  }

  /** Null before it is open; afterwards the last source. */
  /** The resources used by the source's helper process. */
  get childUse(): ChildUse | null {
    return this.#source?.childUse ?? null;
  }

  get description(): SourceDescription | null {
    if (this.#source) this.#description = this.#source.describe();
    return this.#description;
  }

  get cursor(): PlacedCursor | null {
    return this.#cursor;
  }

  get live(): boolean {
    return this.#loop?.live ?? false;
  }

  get capturing(): boolean {
    return this.#loop?.capturing ?? false;
  }

  get uncaptured(): Region | null {
    return this.#loop?.uncaptured ?? null;
  }

  get captureNext(): boolean {
    return this.#loop?.captureNext ?? false;
  }

  /**
   * Valid after `open`.
   * @param withPointer whether the pointer is painted in, if the source has one
   */
  view(withPointer: boolean): ScreenView {
    const screen = this.#screen;
    if (!screen) throw new Error('the picture is not open yet');
    if (!withPointer || !this.#cursor) return screen;
    if (!this.#composed) {
      this.#composed = new ComposedScreen(this.#parts.memory, screen);
      this.#compose();
    }
    return this.#composed;
  }

  /** Stops the source during a pause. Afterwards, pointer movements that were not shown are painted. */
  settingsChanged(): void {
    this.#loop?.suspend(this.#host.settings.paused);
    this.#composeSoon();
    this.poke();
  }

  /** The person wants the pointer shown, or not. */
  pointerPolicyChanged(): void {
    this.#source?.paintPointer?.(this.#host.settings.cursor !== 'hidden');
  }

  /** No viewer needs a painted pointer any more. */
  forgetPointer(): void {
    this.#cancelComposing?.();
    this.#cancelComposing = null;
    this.#composed?.free();
    this.#composed = null;
  }

  /** @throws PeerglassError as CaptureSource.open does */
  async open(target: ShareTarget): Promise<void> {
    const source = await this.#open(target, false);
    if (this.#closed) return source.close();
    this.#take(source, await this.#screenFor(source));
  }

  /** Shares another source from now on; if it cannot be opened, the old one is kept and the error is thrown. */
  switchTo(target: ShareTarget): Promise<void> {
    const switched = this.#switching.then(() => this.#switchTo(target));
    this.#switching = switched.catch(() => {});
    return switched;
  }

  /** Somebody watches. */
  wake(): void {
    this.#awake = true;
    this.#loop?.start();
  }

  /** No viewers: the source stops. */
  sleep(): void {
    this.#awake = false;
    this.#loop?.stop();
  }

  poke(): void {
    this.#loop?.poke();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#ending.abort(notWaitedFor());
    this.#cancelReport?.();
    await this.#switching;
    this.#loop?.stop();
    this.forgetPointer();
    await this.#loop?.idle();
    const { description } = this;
    const source = this.#source;
    this.#source = null;
    this.#loop = null;
    this.#description = description;
    await source?.close();
  }

  #open(target: ShareTarget, again: boolean): Promise<CaptureSource> {
    const notice = (text: string) => this.#listener.sourceAsks(text);
    return this.#parts.openSource(target, { signal: this.#ending.signal, again, notice });
  }

  async #switchTo(target: ShareTarget): Promise<void> {
    const source = await this.#open(target, true);
    if (this.#closed) return source.close();
    this.#loop?.stop();
    await this.#loop?.idle();
    const old = this.#source;
    const screen = await this.#screenFor(source).catch(error => {
      if (this.#awake) this.#loop?.start();
      throw error;
    });
    this.#cursor = null;
    this.forgetPointer();
    this.#forgetLoss();
    this.#take(source, screen);
    if (this.#awake) this.#loop?.start();
    this.#host.pictureChanged();
    await old?.close();
  }

  /** The screen in a new source's size. If that is impossible, the old one is kept and the source is closed. */
  async #screenFor(source: CaptureSource): Promise<Screen> {
    const { memory, options } = this.#parts;
    try {
      const size = source.describe();
      if (!this.#screen) return new Screen(memory, size, { scrollDetection: options.scrollDetection });
      this.#screen.resize(size);
      return this.#screen;
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  #take(source: CaptureSource, screen: Screen): void {
    const { clock, figures } = this.#parts;
    this.#screen = screen;
    this.#source = source;
    this.pointerPolicyChanged();
    const host = this.#host;
    const picture = this;
    // Without viewers nothing else would notice.
    source.onDeath?.(error => {
      if (this.#source === source) host.fail(error);
    });
    source.onEvent?.(event => {
      if (this.#source === source) this.#onSourceEvent(event);
    });
    const loop = new CaptureLoop(source, screen, clock, figures, {
      get fps() {
        return host.settings.fps;
      },
      get paused() {
        return picture.#frozen;
      },
      get wanted() {
        return host.wanted;
      },
      urgent: damage => host.urgent(damage),
      whenReleased: () => this.#whenReleased(),
      get watchesFilm() {
        return host.watchesFilm;
      },
      damaged: rectangles => host.damaged(rectangles),
      committed: entry => {
        if (entry) host.committed(entry);
        this.#compose();
        this.#published();
      },
      unchanged: () => this.#host.pictureChanged(),
      cursorChanged: state => {
        this.#cursor = state;
        host.cursorChanged();
        this.#composeSoon();
      },
      resized: () => host.pictureChanged(),
      failed: error => host.fail(error),
    });
    loop.suspend(host.settings.paused);
    this.#loop = loop;
  }

  get #frozen(): boolean {
    return this.#host.settings.paused || this.#loss !== null;
  }

  #onSourceEvent(event: SourceEvent): void {
    if (event.kind === 'lost') {
      this.#loss = event.error;
      this.#cancelReport?.();
      this.#cancelReport = this.#parts.clock.after(this.#lossReported ? 0 : LOSS_DELAY_MS, () => {
        this.#lossReported = true;
        this.#listener.sourceLost(event.error);
      });
    } else if (event.kind === 'back') {
      const reported = this.#lossReported;
      this.#forgetLoss();
      if (reported) this.#listener.sourceBack();
      this.poke();
    } else {
      this.#listener.sourceChanged(event.text);
    }
  }

  #forgetLoss(): void {
    this.#cancelReport?.();
    this.#cancelReport = null;
    this.#loss = null;
    this.#lossReported = false;
  }

  #whenReleased(): Promise<void> | null {
    return this.#screen?.framebuffer.whenReleased() ?? this.#composed?.framebuffer.whenReleased() ?? null;
  }

  /** The pointer moves more often than pictures are sent, so it is painted no faster than the cap. */
  #composeSoon(): void {
    if (!this.#composed || this.#cancelComposing || this.#frozen) return;
    const { clock } = this.#parts;
    const paint = () => {
      this.#cancelComposing = null;
      const others = this.#composed?.framebuffer.whenReleased();
      // The pointer must not move in a picture that is being encoded.
      if (others) void others.then(() => this.#composeSoon());
      else if (this.#compose()) this.#published();
    };
    const wait = this.#composedDue - clock.now();
    if (wait <= 0) paint();
    else this.#cancelComposing = clock.after(wait, paint);
  }

  #published(): void {
    this.#parts.figures.published.add(this.#parts.clock.now(), 1);
    this.#host.pictureChanged();
  }

  #compose(): boolean {
    if (!this.#composed || !this.#screen || !this.#cursor || this.#frozen) return false;
    const now = this.#parts.clock.now();
    this.#composedDue = now + 1000 / this.#host.settings.fps;
    return this.#composed.update(this.#screen, this.#cursor, now) !== null;
  }
}

function notWaitedFor(): PeerglassError {
  return new PeerglassError('E_PORTAL_UNANSWERED', 'Sharing ended before the question of the desktop was answered.');
}
