import { randomBytes } from 'node:crypto';
import type { Compressors } from '../../codecs/encode/encode-job.js';
import { chooseProfile, type EncodeProfile } from '../../codecs/encode/encode-profile.js';
import { qualityOfLevel } from '../../codecs/encode/levels.js';
import { WirePixels } from '../../codecs/encode/wire-pixels.js';
import { numbersToList } from '../../codecs/encodings/registry.js';
import type { JpegQuality } from '../../codecs/jpeg/jpeg-library.js';
import { bytesText } from '../../core/bytes-text.js';
import type { Clock } from '../../core/clock.js';
import { asPeerglassError } from '../../core/errors.js';
import { BGRX } from '../../core/pixel-format.js';
import { fileText } from '../../core/plain-text.js';
import type { Rectangle } from '../../core/rectangle.js';
import { nodeCompressors } from '../../node/compressors.js';
import { nodeCrc32 } from '../../node/crc32.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { LOG } from '../../protocols/recording/constants.js';
import { LogWriter } from '../../protocols/recording/log-writer.js';
import { FileSwitch } from '../file-switch.js';
import type { RecordingSnapshot } from '../snapshot.js';
import { RecordingFile } from './recording-file.js';
import { type RecordedChange, ScreenRecorder } from './screen-recorder.js';

export interface RecordingsHost {
  readonly clock: Clock;
  readonly memory: PixelMemory;
  readonly compressors: Compressors;
  /** Unix milliseconds. */
  date(): number;
  /** A recording has begun or ended. */
  recordingChanged(): void;
  /** It can take another change. */
  recordNext(): void;
  /** Record the picture once more, changed or not, because a part of it needs refining. */
  refineRecording(): void;
  notice(tone: 'info' | 'good' | 'warning', text: string, code?: string): void;
}

/** The quality of photographs that move, until they are static. */
export const RECORDED_QUALITY = qualityOfLevel(8);

/** The profile of what is encoded for a recording alone. @param quality null: without losses */
export function recordingProfile(level: number, quality: JpegQuality | null): EncodeProfile {
  return chooseProfile(numbersToList('cosine'), new WirePixels(BGRX), level, quality, nodeCompressors);
}

/** Bytes that may wait for the disk. Above this, recording pauses until they are written. */
const MAX_WAITING = 16 * 1024 * 1024;

interface Running {
  readonly name: string;
  readonly file: RecordingFile;
  readonly recorder: ScreenRecorder;
}

/** The recording of a session: begun and ended by flag or key, one at a time. */
export class Recordings {
  readonly #host: RecordingsHost;
  #running: Running | null = null;
  #behind = false;
  readonly #switch: FileSwitch;

  constructor(host: RecordingsHost) {
    this.#host = host;
    this.#switch = new FileSwitch({
      begin: name => this.#begin(name),
      end: () => this.#end(),
      notice: (tone, text, code) => host.notice(tone, text, code),
    });
  }

  get active(): boolean {
    return this.#running !== null;
  }

  /** Whether a change can be recorded now. */
  get ready(): boolean {
    const running = this.#running;
    if (!running?.recorder.ready) return false;
    if (running.file.waiting <= MAX_WAITING) return true;
    if (!this.#behind) this.#host.notice('warning', 'The disk is too slow: the recording leaves out pictures');
    this.#behind = true;
    return false;
  }

  /** Whether another segment begins as soon as films allow it. */
  get isDue(): boolean {
    return this.#running?.recorder.isDue ?? false;
  }

  get snapshot(): RecordingSnapshot | null {
    const running = this.#running;
    return running && { file: running.name, bytes: running.file.bytes, ms: running.recorder.ms };
  }

  /**
   * Only while `ready`. A failure ends the recording, never the session.
   * @returns as ScreenRecorder.take
   */
  take(change: RecordedChange): boolean {
    try {
      return this.#running?.recorder.take(change) ?? false;
    } catch (error) {
      this.#broken(asPeerglassError(error).message);
      return false;
    }
  }

  /** As ScreenRecorder.sent. */
  sent(rectangle: Rectangle, lossy: boolean, now: number): void {
    this.#running?.recorder.sent(rectangle, lossy, now);
  }

  /**
   * Begins the recording that the session was started with.
   * @throws PeerglassError E_RECORDING
   */
  begin(name: string): Promise<void> {
    return this.#switch.begin(name);
  }

  /** Ends the recording in progress and begins another; null: only ends it. Never rejects. */
  switchTo(name: string | null): Promise<void> {
    return this.#switch.switchTo(name);
  }

  async #begin(name: string): Promise<void> {
    const { clock, memory, compressors } = this.#host;
    const broken = (why: string) => {
      if (this.#running?.file === file) this.#broken(why);
    };
    const drained = () => {
      this.#behind = false;
      this.#host.recordNext();
    };
    const file = await RecordingFile.open(name, clock, broken, drained);
    const recorder = new ScreenRecorder({
      ...{ clock, memory, compressors },
      writer: new LogWriter(randomBytes(LOG.epochBytes), nodeCrc32),
      date: this.#host.date(),
      write: messages => file.write(messages),
      ready: () => this.#host.recordNext(),
      refine: () => this.#host.refineRecording(),
      failed: error => {
        if (this.#running?.file === file) this.#broken(asPeerglassError(error).message);
      },
    });
    this.#running = { name, file, recorder };
    this.#host.notice('good', `recording to ${fileText(name)}`);
    this.#host.recordingChanged();
    this.#host.recordNext();
  }

  #broken(why: string): void {
    const running = this.#running;
    if (!running) return;
    this.#running = null;
    void running.recorder.end().then(() => running.file.close());
    const text = `The recording to ${fileText(running.name)} has ended: ${why}. It can be played up to there.`;
    this.#host.notice('warning', text, 'E_RECORDING');
    this.#host.recordingChanged();
  }

  async #end(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    const { recorder, file, name } = running;
    const { ms } = recorder;
    await recorder.end();
    await file.close();
    // It may have failed at its end.
    if (this.#running !== running) return;
    this.#running = null;
    this.#host.notice('good', `${fileText(name)}: ${Math.round(ms / 1000)} s, ${bytesText(file.bytes)}`);
    this.#host.recordingChanged();
  }
}
