// The worker thread of a share: everything between the screen and the sockets happens here.
import { parentPort, workerData } from 'node:worker_threads';
import type { CaptureSource } from '../../capture/capture-source.js';
import { chooseSource } from '../../capture/choose.js';
import { systemClock } from '../../node/clock.js';
import { createPixelMemory } from '../../node/load-kernels.js';
import { optimizeLater } from '../../node/optimize-later.js';
import { hasVectors, withoutVectors } from '../../pixels/vectors.js';
import type { ShareCommand, ShareEvent } from '../messages.js';
import { freshCode } from '../option-values.js';
import type { ShareOptions, ShareTarget } from '../share-options.js';
import { ClassicListener } from './classic-listener.js';
import { RfbListener } from './rfb/rfb-listener.js';
import { Sharer } from './sharer.js';
import type { CreateViewerListener } from './viewer-session.js';

function listenersOf({ classicPort, rfbPort, access, code }: ShareOptions): CreateViewerListener[] {
  const listeners: CreateViewerListener[] = [];
  if (rfbPort !== null) listeners.push(host => new RfbListener(host, rfbPort));
  if (classicPort !== null) {
    // Beside rfb the person is asked about classic viewers, which have no way to give a code.
    const classicCode = access === 'code' && rfbPort === null ? code : null;
    listeners.push(host => new ClassicListener(host, classicPort, classicCode));
  }
  return listeners;
}

/** Where viewers are asked for a code and the person gave none, a new one. */
function withCode(options: ShareOptions): ShareOptions {
  return options.access === 'code' && options.code === null ? { ...options, code: freshCode() } : options;
}

/**
 * The source that the options ask for, opened.
 *
 * @throws PeerglassError as chooseSource and CaptureSource.open do
 */
async function openSource(options: ShareOptions, target: ShareTarget): Promise<CaptureSource> {
  const { source, display, classicSize } = options;
  const chosen = chooseSource({ source, target, display, patternSize: classicSize });
  await chosen.open();
  return chosen;
}

function run(options: ShareOptions, port: NonNullable<typeof parentPort>): void {
  const emit = (event: ShareEvent) => {
    port.postMessage(event, event.type === 'thumbnail' ? [event.thumbnail.rgb.buffer as ArrayBuffer] : []);
    // Nothing is left that could keep the thread alive; it ends by itself once the message is through.
    if (event.type === 'ended') port.close();
  };
  const sharer = new Sharer({
    options,
    clock: systemClock,
    memory: createPixelMemory(),
    openSource: target => openSource(options, target),
    listeners: listenersOf(options),
    emit,
  });
  port.on('message', (command: ShareCommand) => void sharer.command(command));
  // A fault in a callback must not leave viewers and the person with a frozen picture and no word.
  process.on('uncaughtException', error => sharer.fail(error));
  process.on('unhandledRejection', error => sharer.fail(error));
  if (!hasVectors()) emit({ type: 'notice', tone: 'warning', text: withoutVectors(process.arch) });
  void sharer.open();
}

optimizeLater();
if (parentPort) run(withCode(workerData as ShareOptions), parentPort);
