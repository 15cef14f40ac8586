import { PeerglassError } from '../../core/errors.js';
import { plainText } from '../../core/plain-text.js';
import { PipeWire, VIDEO_FORMATS, type VideoFormat, type VideoStream } from '../../native/pipewire.js';
import { SharedPixels } from '../../native/shared-pixels.js';
import { systemClock } from '../../node/clock.js';
import { processUse } from '../../node/helper-process.js';
import { BYTES_PER_PIXEL } from '../../pixels/framebuffer.js';
import { FRAMES_DESCRIPTOR } from '../frames-file.js';
import { type FromCast, PIPEWIRE_DESCRIPTOR, type ToCast } from './cast-messages.js';
import { Composition, type Part } from './composition.js';
import { StreamWatch } from './stream-watch.js';

/**
 * The process that reads a screen cast from PipeWire. Its library has dozens of places where it aborts its process, and
 * one of its threads always waits for the next frame; the share's process should have neither. It ends with its parent.
 */

/** Most compositors send a frame when a stream resumes. If none comes within this time, nothing has changed. */
const FRESH_MS = 250;

let composition: Composition | null = null;
let pixels: SharedPixels | null = null;
let setActive: (active: boolean) => void = () => {};
let unchanged: NodeJS.Timeout | undefined;
const used = processUse();

function send(message: FromCast): void {
  process.send?.(message);
}

function end(error: PeerglassError): void {
  send({ type: 'ended', error: error.report() });
}

function open({ streams, region, remote }: Extract<ToCast, { type: 'open' }>): void {
  const composed = new Composition(streams, region, {
    clock: systemClock,
    send,
    written: (answers, rectangles) => send({ type: 'frame', answers, rectangles, use: used() }),
  });
  composition = composed;
  const connection = connect(remote);
  const watches: StreamWatch[] = [];
  let told = false;
  const onState = () => {
    const streaming = watches.every(watch => watch.streaming);
    if (streaming !== told) send({ type: 'streaming', streaming });
    told = streaming;
  };
  const opened = composed.parts.map(part => follow(connection, composed, part, watches, onState));
  setActive = active => {
    for (const stream of opened) stream.setActive(active);
    clearTimeout(unchanged);
    if (!active) return;
    composed.expectAll();
    unchanged = setTimeout(() => composed.showAll(), FRESH_MS);
  };
  connection.run();
}

/** @throws Error */
function connect(remote: boolean): PipeWire {
  if (!remote) return new PipeWire(null);
  try {
    return new PipeWire(PIPEWIRE_DESCRIPTOR);
  } catch {
    // The user's own connection sees the same nodes.
    return new PipeWire(null);
  }
}

function follow(
  connection: PipeWire,
  composed: Composition,
  part: Part,
  watches: StreamWatch[],
  onState: () => void,
): VideoStream {
  const watch = new StreamWatch({
    clock: systemClock,
    nudge: () => {
      stream.setActive(false);
      stream.setActive(true);
    },
    stalled: () => send({ type: 'stalled' }),
  });
  watches.push(watch);
  const stream: VideoStream = connection.open(part.cast.node, {
    state: (state, error) => {
      if (state === 'error' || state === 'unconnected') return end(lost(error));
      watch.state(state);
      onState();
    },
    format: ({ width, height, format }) => {
      const name = Object.entries(VIDEO_FORMATS).find(([, number]) => number === format)?.[0];
      if (name === undefined) return end(unknownFormat(`its number is ${format}`));
      composed.negotiated(part, { width, height }, name as VideoFormat);
      watch.negotiated();
    },
    frame: frame => {
      if (!composed.frame(part, frame)) return;
      watch.frameCame();
      clearTimeout(unchanged);
    },
    cursor: cursor => composed.cursor(part, cursor),
  });
  return stream;
}

function lost(error: string | null): PeerglassError {
  const reason = plainText(error ?? '');
  if (/no more (input|output) formats|no format/.test(reason)) return unknownFormat(reason);
  const why = reason === '' ? '' : ` (${reason})`;
  const message = `The picture of the desktop has ended: PipeWire or the compositor is gone${why}.`;
  return new PeerglassError('E_PIPEWIRE', message, 'Share again; if PipeWire has ended, log in again.');
}

function unknownFormat(reason: string): PeerglassError {
  const known = Object.keys(VIDEO_FORMATS).join(', ');
  const message = `The desktop offers its picture in none of the pixel formats ${known} in shared memory (${reason}).`;
  return new PeerglassError(
    'E_WAYLAND_FORMAT',
    message,
    'Share another monitor or window, or log in to an Xorg session.',
  );
}

function notConnected(thrown: unknown): PeerglassError {
  const reason = plainText(thrown instanceof Error ? thrown.message : String(thrown));
  const missing = /libpipewire|koffi/.test(reason);
  const message = missing
    ? `The library of PipeWire cannot be loaded (${reason}).`
    : `PipeWire, which delivers the desktop's picture, cannot be used (${reason}).`;
  const remedy = missing
    ? 'Install it: libpipewire-0.3-0 on Debian and Ubuntu, pipewire-libs on Fedora, libpipewire on Arch.'
    : 'Start it: systemctl --user start pipewire wireplumber';
  return new PeerglassError('E_PIPEWIRE', message, remedy);
}

function take(message: ToCast): void {
  if (message.type === 'open') {
    try {
      open(message);
    } catch (error) {
      end(notConnected(error));
    }
  } else if (message.type === 'active') {
    setActive(message.active);
  } else if (message.type === 'next') {
    composition?.next(message.wait);
  } else {
    pixels?.close();
    pixels = new SharedPixels(FRAMES_DESCRIPTOR, message.width * message.height * BYTES_PER_PIXEL);
    composition?.takeMemory(pixels, message);
  }
}

// Ctrl-C in a terminal reaches the whole process group, but only the parent may end this process.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
process.on('message', take);
