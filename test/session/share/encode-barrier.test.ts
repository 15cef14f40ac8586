import { describe, expect, it } from 'vitest';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Screen } from '../../../source/pixels/screen.js';
import { EncodeBarrier } from '../../../source/session/share/rfb/encode-barrier.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { RfbTestViewer } from '../../helpers/rfb-test-viewer.js';
import { noise, settled } from '../../helpers/scenes.js';

const memory = createPixelMemory();

function paint(screen: Screen, colour: number): void {
  new DataView(memory.memory.buffer).setUint32(screen.incoming.at(0, 0), colour, true);
  screen.commit([{ x: 0, y: 0, width: 1, height: 1 }], 0);
}

describe('the encode barrier', () => {
  it('lets viewers of the same version join, and makes the others wait', () => {
    const screen = new Screen(memory, { width: 64, height: 64 });
    paint(screen, 1);
    const turns = new EncodeBarrier();
    const done: string[] = [];
    expect(turns.mayBegin(screen)).toBe(true);
    const end = turns.begin(screen);
    expect(turns.mayBegin(screen)).toBe(true);
    const endOther = turns.begin(screen);
    paint(screen, 2);
    expect(turns.mayBegin(screen)).toBe(false);
    const forgotten = () => done.push('forgotten');
    turns.wait(() => done.push('first'));
    turns.wait(forgotten);
    turns.forget(forgotten);
    end(10);
    expect(done).toEqual([]);
    endOther(10);
    expect(done).toEqual(['first']);
    expect(turns.mayBegin(screen)).toBe(true);
    expect(turns.typicalMs).toBeGreaterThan(0);
    screen.free();
  });

  it('has a film encoded once per frame for eight viewers that are never ready together', async () => {
    const size = { width: 512, height: 384 };
    const share = await CanvasShare.start(size);
    const viewers: RfbTestViewer[] = [];
    for (let count = 0; count < 8; count++) {
      viewers.push(await RfbTestViewer.open({ port: share.port, encodings: [7, 1] }));
    }
    for (const viewer of viewers) await settled(share, viewer);
    const encoded = share.figures.encodedRectangles;
    const updates = viewers.map(viewer => viewer.updates);
    for (let step = 0; step < 25; step++) {
      share.canvas.paint({ x: 0, y: 0, ...size }, (x, y) => noise(x, y) ^ (step * 0x10305));
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    for (const viewer of viewers) await settled(share, viewer);
    // Six cells a frame. Each viewer for itself would come to eight times as many.
    const perUpdate =
      (share.figures.encodedRectangles - encoded) /
      Math.max(...viewers.map((viewer, at) => viewer.updates - updates[at]!));
    expect(perUpdate).toBeLessThan(16);
    for (const viewer of viewers) viewer.close();
    await share.stop();
  });
});
