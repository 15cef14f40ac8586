// The worker thread of a share: everything between the screen and the sockets.
import { parentPort, workerData } from 'node:worker_threads';
import type { CaptureSource, Opening } from '../../capture/capture-source.js';
import { chooseSource } from '../../capture/choose.js';
import { systemClock } from '../../node/clock.js';
import { threadsFor } from '../../node/free-threads.js';
import { THREAD_LOST } from '../../node/kernel-threads.js';
import { createPixelMemory } from '../../node/load-kernels.js';
import { lookUpName } from '../../node/look-up-name.js';
import { optimizeLater } from '../../node/optimize-later.js';
import { logPictures } from '../../node/picture-log.js';
import { stateFolder } from '../../node/state-folder.js';
import { hasVectors, withoutVectors } from '../../pixels/vectors.js';
import type { ShareCommand, ShareEvent } from '../messages.js';
import { RememberedViewers } from '../remembered-viewers.js';
import type { ShareOptions, ShareTarget } from '../share-options.js';
import { ClassicListener } from './classic-listener.js';
import { RfbListener } from './rfb/rfb-listener.js';
import { withSecrets } from './share-secrets.js';
import { Sharer } from './sharer.js';
import type { CreateViewerListener } from './viewer-session.js';

function listenersOf({ classicPort, rfbPort, webPort, access, code }: ShareOptions): CreateViewerListener[] {
  const listeners: CreateViewerListener[] = [];
  const rfb = rfbPort !== null || webPort !== null;
  if (rfb) listeners.push(host => new RfbListener(host, rfbPort, { lookUpName }));
  if (classicPort !== null) {
    // If there is also an rfb port, the person is asked about classic viewers, which have no way to send a code.
    const classicCode = access === 'code' && !rfb ? code : null;
    listeners.push(host => new ClassicListener(host, classicPort, classicCode));
  }
  return listeners;
}

/**
 * Opens the source that the options select.
 *
 * @throws PeerglassError as chooseSource and CaptureSource.open do
 */
async function openSource(options: ShareOptions, target: ShareTarget, opening: Opening): Promise<CaptureSource> {
  const { source, display, classicSize } = options;
  const chosen =
    source.kind === 'replay'
      ? await replayed(source.file)
      : await chooseSource({ source, target, display, patternSize: classicSize });
  await chosen.open(opening);
  return chosen;
}

/** Loaded where it is needed: other shares start sooner, and with less memory. */
async function replayed(file: string): Promise<CaptureSource> {
  const { ReplaySource } = await import('../play/replay-source.js');
  return new ReplaySource(file, 'as chosen', systemClock);
}

/** Kept as the code is. */
async function broadcastSecretOf({ broadcast, keepCode }: ShareOptions, emit: (event: ShareEvent) => void) {
  if (broadcast === null || !keepCode) return {};
  const { keptSecret } = await import('./broadcast/broadcast-secret.js');
  const warn = (text: string) => emit({ type: 'notice', tone: 'warning', text, code: 'E_CONFIG' });
  return { broadcastSecret: keptSecret(stateFolder(), warn) };
}

async function run(given: ShareOptions, port: NonNullable<typeof parentPort>): Promise<void> {
  const emit = (event: ShareEvent) => {
    port.postMessage(event, event.type === 'thumbnail' ? [event.thumbnail.rgb.buffer as ArrayBuffer] : []);
    // With the port closed the thread ends by itself once the message has been delivered.
    if (event.type === 'ended') port.close();
  };
  const options = withSecrets(given, stateFolder(), text =>
    emit({ type: 'notice', tone: 'warning', text, code: 'E_CONFIG' }),
  );
  const sharer = new Sharer({
    options,
    clock: systemClock,
    memory: createPixelMemory({
      threads: threadsFor(options.threads),
      lost: () => emit({ type: 'notice', tone: 'warning', text: THREAD_LOST }),
    }),
    openSource: (target, opening) => openSource(options, target, opening),
    listeners: listenersOf(options),
    ...(await broadcastSecretOf(options, emit)),
    lookUpName,
    remembered: new RememberedViewers(stateFolder()),
    emit,
  });
  port.on('message', (command: ShareCommand) => void sharer.command(command));
  // An error in a callback must not leave a frozen picture without an explanation.
  process.on('uncaughtException', error => sharer.fail(error));
  process.on('unhandledRejection', error => sharer.fail(error));
  if (!hasVectors()) {
    const { text, remedy } = withoutVectors(process.arch);
    emit({ type: 'notice', tone: 'warning', text: `${text} ${remedy}` });
  }
  void sharer.open();
}

optimizeLater();
logPictures('share');
if (parentPort) void run(workerData as ShareOptions, parentPort);
