// The page that `peerglass play FILE --html` writes: a recording with its player, in one file and without a server.
import { kernelStreams } from '../codecs/decode/kernel-streams.js';
import { JpegDecoder } from '../codecs/jpeg/jpeg-decoder.js';
import { plainCrc32 } from '../core/crc32.js';
import { Framebuffer } from '../pixels/framebuffer.js';
import { bindKernels } from '../pixels/pixel-memory.js';
import { LogReader } from '../protocols/recording/log-reader.js';
import { LogPicture } from '../session/play/log-picture.js';
import { LogVideo } from '../session/play/log-video.js';
import { Player } from '../session/play/player.js';
import { placeText, playCommandOf } from '../session/play-keys.js';
import { PLAY_WINDOW } from '../session/window-keys.js';
import { BitmapJpeg } from './bitmap-jpeg.js';
import { CanvasPainter } from './canvas-painter.js';
import { browserClock } from './clock.js';
import { byId, say } from './elements.js';
import { findWebCodecs } from './web-codecs.js';

/** Base64 is decoded in pieces of this many characters. */
const PIECE = 1 << 20;
const TICK_MS = 200;
/** The window's names of keys, where a page's differ. */
const KEYS: Readonly<Record<string, string>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  Escape: 'escape',
};

/** The bytes that an element holds in base64. */
function bytesIn(id: string): Uint8Array<ArrayBuffer> {
  const text = byId(id).textContent?.trim() ?? '';
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let at = 0, to = 0; at < text.length; at += PIECE) {
    const piece = atob(text.slice(at, at + PIECE));
    for (let index = 0; index < piece.length; index++) bytes[to++] = piece.charCodeAt(index);
  }
  return bytes;
}

async function start(): Promise<void> {
  const memory = bindKernels(await WebAssembly.compile(bytesIn('kernels')));
  const recording = bytesIn('recording');
  const file = {
    size: recording.length,
    read: async (offset: number, length: number) => recording.subarray(offset, offset + length),
  };
  const reader = await LogReader.open(file, plainCrc32);
  const clock = browserClock();
  const painter = new CanvasPainter(byId<HTMLCanvasElement>('picture').transferControlToOffscreen(), memory);
  let framebuffer: Framebuffer | null = null;
  const createVideo = await findWebCodecs();
  const video = new LogVideo({
    ...{ clock, decoders: createVideo?.() ?? null, patient: true, decodedBy: () => {} },
    cannot: problem,
  });
  const picture = new LogPicture({
    ...{ memory, clock, video, inflater: kernelStreams(memory), jpeg: new JpegDecoder(new BitmapJpeg()) },
    resize(size) {
      framebuffer?.free();
      framebuffer = new Framebuffer(memory, size);
      painter.resize(framebuffer);
      return framebuffer;
    },
  });
  const player = new Player(reader, picture, {
    clock,
    shown: ({ dirty }, whole) => {
      if (framebuffer) void painter.draw(framebuffer, whole ? [framebuffer.bounds] : dirty);
    },
    changed: show,
    damaged: why => problem(`A part of the recording is damaged and left out: ${why}.`),
    failed: error => problem(String(error)),
  });
  const position = byId<HTMLInputElement>('position');
  const speed = byId<HTMLSelectElement>('speed');
  const still = byId<HTMLInputElement>('still');
  position.max = `${player.durationMs}`;

  function show(): void {
    document.body.dataset.state = player.state;
    document.title = player.name === '' ? 'Recording' : player.name;
    byId('play').textContent = player.state === 'playing' ? 'Pause' : 'Play';
    byId('place').textContent = placeText({
      ...{ positionMs: player.positionMs, durationMs: player.durationMs, state: player.state, speed: player.speed },
    });
    position.value = `${player.positionMs}`;
    speed.value = `${player.speed}`;
    still.checked = player.skipsStill;
  }

  async function save(name: string): Promise<void> {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await painter.toPng());
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  function perform(command: NonNullable<ReturnType<typeof playCommandOf>>): void {
    switch (command.type) {
      case 'play':
        if (command.on) player.play();
        else player.pause();
        return;
      case 'seek':
        void player.seek(command.ms);
        return;
      case 'seek-by':
        void player.seekBy(command.ms);
        return;
      case 'step':
        void player.step(command.updates);
        return;
      case 'speed':
        player.setSpeed(command.speed);
        return;
      case 'skip-still':
        player.skipStill(command.on);
        return;
      case 'fullscreen':
        void (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
        return;
      case 'save-picture':
        void save(command.file);
        return;
      default:
        return;
    }
  }

  function press(key: string): boolean {
    const action = PLAY_WINDOW.actionOf(key);
    if (action === null) return false;
    const { state, skipsStill, durationMs } = player;
    const command = playCommandOf(action, key, {
      ...{ state, speed: player.speed, skipStill: skipsStill, durationMs, scale: 'fit', date: new Date() },
    });
    if (command) perform(command);
    return command !== null;
  }

  addEventListener('keydown', event => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (press(KEYS[event.key] ?? event.key)) event.preventDefault();
  });
  for (const [id, key] of [
    ['play', ' '],
    ['step-back', ','],
    ['step', '.'],
    ['save', 's'],
  ] as const) {
    byId(id).addEventListener('click', event => {
      press(key);
      // The space bar belongs to the player, not to the button pressed last.
      (event.currentTarget as HTMLElement).blur();
    });
  }
  position.addEventListener('input', () => void player.seek(position.valueAsNumber));
  speed.addEventListener('change', () => player.setSpeed(Number(speed.value)));
  still.addEventListener('change', () => player.skipStill(still.checked));
  setInterval(() => player.state === 'playing' && show(), TICK_MS);
  await player.seek(0);
  show();
}

function problem(text: string): void {
  say(byId('problem'), text);
}

start().catch((error: unknown) => {
  document.body.dataset.state = 'failed';
  problem(`This recording cannot be played here: ${error instanceof Error ? error.message : error}.`);
});
