import { afterAll, afterEach, beforeAll } from 'vitest';
import type { ShareOptions } from '../../source/session/share-options.js';
import { RunningShare } from '../helpers/running-share.js';
import type { VncViewer } from '../helpers/vnc-viewers.js';
import { XPainter } from '../helpers/x-painter.js';
import { startXvfb, type XServer } from '../helpers/xvfb.js';
import { drawScene } from './scene.js';

export const SCENE_SIZE = { width: 640, height: 400 };

/** A scene on one X display, which shares show, and another display for viewers' windows. */
export class ServedScene {
  source!: XServer;
  desk!: XServer;
  painter!: XPainter;
  readonly #viewers: VncViewer[] = [];

  /** For all tests of a file; viewers are ended after each test. Call it once at the top of the file. */
  static forAll(): ServedScene {
    const scene = new ServedScene();
    beforeAll(async () => {
      scene.source = await startXvfb(SCENE_SIZE);
      scene.desk = await startXvfb({ width: 800, height: 600 });
      scene.painter = await XPainter.open(scene.source.display);
      await drawScene(scene.painter);
    });
    afterEach(async () => {
      await Promise.all(scene.#viewers.splice(0).map(viewer => viewer.stop()));
    });
    afterAll(async () => {
      await scene.painter?.close();
      await scene.desk?.stop();
      await scene.source?.stop();
    });
    return scene;
  }

  /** An rfb share of the scene. */
  share(options: Partial<ShareOptions>): Promise<RunningShare> {
    return RunningShare.start({
      ...{ source: { kind: 'x11' }, target: { kind: 'all' }, display: this.source.display },
      ...{ classicPort: null, rfbPort: 0 },
      ...options,
    });
  }

  /** Ends the viewer after the test. */
  watchedBy(viewer: VncViewer): VncViewer {
    this.#viewers.push(viewer);
    return viewer;
  }
}

export function rfbPort({ wires }: RunningShare): number {
  return wires.find(({ wire }) => wire === 'rfb')!.port;
}
