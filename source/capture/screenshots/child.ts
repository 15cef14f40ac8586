import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { PeerglassError } from '../../core/errors.js';
import type { ScreenshotsLibrary } from '../../native/load-native.js';
import { loadScreenshots } from '../../native/screenshots-library.js';
import { processUse } from '../../node/helper-process.js';
import { FRAMES_DESCRIPTOR } from '../frames-file.js';
import type { FiledShots, FromShots, ToShots } from './child-messages.js';
import { monitorTargets, TargetCapturer, windowTargets } from './shots.js';

/**
 * The capture process for node-screenshots, which may abort its process on a failure (a denied portal dialog, a
 * driver). It ends with its parent. For tests, the first argument names another library.
 */
let library: ScreenshotsLibrary | null = null;
let shooter: TargetCapturer | null = null;

function loaded(): ScreenshotsLibrary {
  const named = process.argv[2];
  library ??= named ? loadScreenshots(() => createRequire(import.meta.url)(named)) : loadScreenshots();
  return library;
}

function write(pixels: Uint8Array, offset: number): void {
  for (let done = 0; done < pixels.length; ) {
    done += writeSync(FRAMES_DESCRIPTOR, pixels, done, pixels.length - done, offset + done);
  }
}

async function shoot(asked: Extract<ToShots, { type: 'shoot' }>): Promise<FiledShots> {
  shooter ??= new TargetCapturer(loaded(), asked.target);
  const { shots, ...rest } = await shooter.capture();
  let end = 0;
  const filed = shots.map(({ image, from, to }) => {
    const pixels = image.pixels();
    const offset = end;
    write(pixels, offset);
    end += pixels.length;
    return { width: image.width, height: image.height, offset, from, to };
  });
  return { ...rest, shots: filed };
}

const used = processUse();

async function answer(asked: ToShots): Promise<FromShots> {
  const { id } = asked;
  try {
    if (asked.type === 'shoot') return { id, type: 'shots', shots: await shoot(asked), use: used() };
    return { id, type: 'targets', monitors: monitorTargets(loaded()), windows: windowTargets(loaded()) };
  } catch (thrown) {
    if (thrown instanceof PeerglassError) return { id, type: 'error', error: thrown.report() };
    return { id, type: 'failure', failure: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

// Ctrl-C in a terminal reaches the whole process group, but only the parent may end this process.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
process.on('message', (asked: ToShots) => void answer(asked).then(answered => process.send?.(answered)));
