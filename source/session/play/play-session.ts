import type { Inflater } from '../../codecs/decode/inflate.js';
import type { JpegDecoder } from '../../codecs/jpeg/jpeg-decoder.js';
import type { VideoDecoders } from '../../codecs/video/video-codec.js';
import type { Clock } from '../../core/clock.js';
import { asPeerglassError, type PeerglassError } from '../../core/errors.js';
import { plainText } from '../../core/plain-text.js';
import type { Display } from '../../display/display.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { type Commands, performAndReport } from '../commands.js';
import type { PlayCommand, PlayEvent } from '../messages.js';
import { saveLastPicture, savePicture } from '../picture-file.js';
import { placeText, playCommandOf } from '../play-keys.js';
import type { PlayOptions } from '../play-options.js';
import type { PlaySnapshot } from '../snapshot.js';
import { ProcessUsage } from '../stats/process-usage.js';
import { WatchFigures } from '../stats/watch-figures.js';
import { withinMemory } from '../watch/picture-memory.js';
import { PictureView } from '../watch/picture-view.js';
import { displayClosed, type Notice, noticeEvent } from '../watch/viewing.js';
import { PLAY_WINDOW, type PlayAction } from '../window-keys.js';
import { LogPicture, type Painted } from './log-picture.js';
import { LogVideo } from './log-video.js';
import { type OpenRecording, openToPlay, unreadable } from './open-recording.js';
import { Player } from './player.js';

const SNAPSHOT_MS = 250;

export interface PlayPorts {
  readonly clock: Clock;
  readonly memory: PixelMemory;
  readonly inflater: Inflater;
  /** Null: recordings with JPEG cannot be decoded. */
  readonly jpeg: JpegDecoder | null;
  /** Null: films in recordings cannot be decoded. */
  readonly video: VideoDecoders | null;
  readonly display: Display;
  emit(event: PlayEvent): void;
  /** Wall time in milliseconds, for display. */
  date(): number;
}

interface Opened {
  readonly recording: OpenRecording;
  readonly picture: LogPicture;
  readonly player: Player;
}

/** Plays a recording on a display. Emits exactly one `ended`, as its last event. */
export class PlaySession {
  readonly #options: PlayOptions;
  readonly #ports: PlayPorts;
  readonly #view: PictureView<PlayAction>;
  readonly #figures = new WatchFigures();
  readonly #usage = new ProcessUsage();
  readonly #commands: Commands<PlayCommand>;
  #recording: OpenRecording | null = null;
  #opened: Opened | null = null;
  #frames = 0;
  /** Whether it plays yet. Nothing is reported before. */
  #begun = false;
  #ended = false;
  #finish: () => void = () => {};
  readonly #over = new Promise<void>(resolve => {
    this.#finish = resolve;
  });

  constructor(options: PlayOptions, ports: PlayPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#view = new PictureView(ports.memory, ports.display, ports.clock, {
      keys: PLAY_WINDOW,
      fullscreen: options.fullscreen,
      scale: options.scale,
      title: () => this.#title(),
      onAction: (action, key) => this.#onAction(action, key),
      onClosed: () => this.command({ type: 'stop' }),
      onFailure: thrown => this.#end(asPeerglassError(thrown)),
    });
    this.#commands = this.#commandsOf();
  }

  /** Runs the session to its end. Never rejects. */
  async run(): Promise<void> {
    try {
      // What is wrong with the file is said without a display, too.
      this.#recording = await openToPlay(this.#options);
      await this.#ports.display.prepare();
      await this.#open(this.#recording);
    } catch (thrown) {
      this.#end(asPeerglassError(thrown));
    }
    await this.#over;
    await this.#close();
  }

  command(command: PlayCommand): void {
    performAndReport(this.#commands, command, () => this.#emitSnapshot());
  }

  /** As Watcher.displayDied. */
  displayDied(killed: boolean): void {
    this.#end(killed ? null : displayClosed('play'), 'display');
  }

  async #open(recording: OpenRecording): Promise<void> {
    const { file, at, speed, skipStill, snapshotFile } = this.#options;
    const { clock, memory, inflater, jpeg, video: decoders } = this.#ports;
    let damage: string | null = null;
    const resize = (size: Parameters<PictureView<PlayAction>['resize']>[0]) =>
      withinMemory(size, () => this.#view.resize(size));
    const video = new LogVideo({
      ...{ clock, decoders, patient: true, decodedBy: () => {} },
      cannot: text => this.#notice('warning', text, 'E_VIDEO_DECODE'),
    });
    const picture = new LogPicture({ memory, inflater, clock, jpeg, resize, video });
    const player = new Player(recording.reader, picture, {
      clock,
      shown: (painted, whole) => this.#shown(painted, whole),
      changed: () => this.#changed(),
      damaged: why => {
        damage = why;
        this.#notice('warning', `A part of the recording is damaged and left out: ${why}.`, 'E_REPLAY_FILE');
      },
      failed: error => this.#end(asPeerglassError(error)),
    });
    this.#opened = { recording, picture, player };
    if (this.#ended) return;
    if (!recording.reader.complete) {
      this.#notice('info', 'The recording was cut off, or is still being written.');
    }
    const from = at === null ? (snapshotFile === null ? 0 : player.durationMs) : at * 1000;
    await player.seek(from);
    if (!picture.framebuffer) throw unreadable(file, damage ?? 'it has no picture');
    if (snapshotFile !== null) {
      this.#end(null);
      return;
    }
    player.setSpeed(speed);
    player.skipStill(skipStill);
    player.play();
    this.#begun = true;
    this.#tick();
  }

  async #close(): Promise<void> {
    await this.#opened?.player.close();
    await this.#recording?.close();
    this.#ports.video?.close();
  }

  #shown({ dirty, rawBytes, decodeMs, encodings }: Painted, whole: boolean): void {
    if (this.#ended) return;
    const { clock } = this.#ports;
    const begun = clock.now();
    const { width, height } = this.#view.size;
    this.#view.present(whole ? [{ x: 0, y: 0, width, height }] : dirty);
    const now = clock.now();
    if (rawBytes === 0) return;
    this.#frames++;
    const update = { frame: true, dirty, bytes: 0, rawBytes, receiveMs: 0, decodeMs, encodings };
    this.#figures.presented(now, update, now - begun);
  }

  #changed(): void {
    this.#emitSnapshot();
    if (this.#opened?.player.state === 'ended' && this.#options.endsAtEnd) this.#end(null);
  }

  #tick(): void {
    if (this.#ended) return;
    this.#emitSnapshot();
    this.#ports.clock.after(SNAPSHOT_MS, () => this.#tick());
  }

  #emitSnapshot(): void {
    if (this.#ended || !this.#begun || !this.#opened) return;
    this.#view.retitle();
    this.#ports.emit({ type: 'snapshot', snapshot: this.#snapshot(this.#opened) });
  }

  #notice(...notice: Parameters<Notice>): void {
    this.#ports.emit(noticeEvent(...notice));
  }

  /** A notice that is also shown over the picture. */
  #tell(...notice: Parameters<Notice>): void {
    this.#notice(...notice);
    this.#view.hint(notice[1]);
  }

  /** @param reason `display`: the window is gone already, and closing it would fail */
  #end(error: PeerglassError | null, reason?: 'display'): void {
    if (this.#ended) return;
    const unsaved = error ? null : saveLastPicture(this.#view.picture, this.#options.snapshotFile);
    error ??= unsaved;
    this.#emitSnapshot();
    this.#ended = true;
    if (reason !== 'display') this.#view.close();
    this.#ports.emit({ type: 'ended', error: error?.report() ?? null, frames: this.#frames });
    this.#finish();
  }

  #commandsOf(): Commands<PlayCommand> {
    const view = this.#view;
    const player = () => this.#opened?.player;
    return {
      stop: () => this.#end(null),
      play: ({ on }) => (on ? player()?.play() : player()?.pause()),
      seek: ({ ms }) => this.#moved(player()?.seek(ms)),
      'seek-by': ({ ms }) => this.#moved(player()?.seekBy(ms)),
      step: ({ updates }) => this.#moved(player()?.step(updates)),
      speed: ({ speed }) => {
        player()?.setSpeed(speed);
        this.#hint();
      },
      'skip-still': ({ on }) => {
        player()?.skipStill(on);
        view.hint(on ? 'Times without a change are skipped.' : 'Times without a change are played.');
      },
      fullscreen: () => view.toggleFullscreen(),
      scale: ({ scale }) => view.setScale(scale),
      'save-picture': ({ file }) => savePicture(view.picture, file, (...notice) => this.#tell(...notice)),
      // The display handles these itself.
      'terminal-cells': () => {},
    };
  }

  async #moved(move: Promise<void> | undefined): Promise<void> {
    await move;
    this.#hint();
  }

  /** Shows the position over the picture. */
  #hint(): void {
    if (this.#opened) this.#view.hint(placeText(this.#opened.player));
  }

  #onAction(action: PlayAction, key: string): void {
    const player = this.#opened?.player;
    if (!player) return;
    const date = new Date(this.#ports.date());
    const command = playCommandOf(action, key, {
      ...{ state: player.state, speed: player.speed, skipStill: player.skipsStill, durationMs: player.durationMs },
      ...{ scale: this.#view.scale, date },
    });
    if (!command) return;
    this.command(command);
    if (action === 'pause') this.#hint();
  }

  #title(): string {
    const player = this.#opened?.player;
    const name = plainText(player?.name || this.#options.file);
    return player ? `${name}: ${placeText(player)} - peerglass` : `${name} - peerglass`;
  }

  #snapshot({ recording, player }: Opened): PlaySnapshot {
    const { clock, date } = this.#ports;
    const now = clock.now();
    const { width, height } = this.#view.size;
    const { decode, present } = this.#figures.stagesMs(now);
    return {
      t: date(),
      role: 'play',
      state: player.state,
      file: this.#options.file,
      bytes: recording.bytes,
      name: plainText(player.name),
      width,
      height,
      positionMs: Math.round(player.positionMs),
      durationMs: player.durationMs,
      recordedAt: recording.reader.startAt,
      update: player.update,
      updates: player.updates,
      complete: recording.reader.complete,
      speed: player.speed,
      skipStill: player.skipsStill,
      fps: this.#figures.fps(now),
      frames: this.#frames,
      stagesMs: { decode, present },
      scale: this.#view.scale,
      cpuPercent: this.#usage.cpuPercent(),
      rssMb: this.#usage.rssMb(),
      threads: this.#ports.memory.threads?.count ?? 1,
    };
  }
}
