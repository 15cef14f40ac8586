import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ConnectionTrace } from '../../../source/session/inspect/connection-trace.js';
import { VIEWER_LIMITS } from '../../../source/session/share/viewer-limits.js';
import type { ViewerFigures } from '../../../source/session/stats/share-figures.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { RfbTestViewer } from '../../helpers/rfb-test-viewer.js';
import { paintScene, settled } from '../../helpers/scenes.js';

const SIZE = { width: 320, height: 200 };
const CODE = 'k7m2p4qr';
const closing: { close(): void }[] = [];
let share: CanvasShare;

afterEach(async () => {
  for (const each of closing.splice(0)) each.close();
  await share.stop();
});

async function silent(): Promise<Socket> {
  const socket = connect(share.port, '127.0.0.1');
  socket.on('error', () => {}).resume();
  closing.push({ close: () => socket.destroy() });
  await once(socket, 'connect');
  return socket;
}

function viewer(version: '3.3' | '3.7' | '3.8' = '3.8'): RfbTestViewer {
  const made = new RfbTestViewer({ port: share.port, encodings: [7], code: CODE, version });
  closing.push(made);
  return made;
}

/** Fills the share with viewers that watch. */
async function fill(): Promise<void> {
  for (let count = 0; count < VIEWER_LIMITS.connections; count++) await viewer().shakeHands();
  await expect.poll(() => share.snapshot.viewers.length).toBe(VIEWER_LIMITS.connections);
}

describe('a share', () => {
  it('admits a viewer with the code, however many silent connections are held open', async () => {
    share = await CanvasShare.start(SIZE, { access: 'code', vncPassword: CODE });
    paintScene(share);
    for (let round = 0; round < 2; round++) {
      for (let count = 0; count < VIEWER_LIMITS.connections; count++) await silent();
      const made = viewer();
      await made.shakeHands();
      made.start();
      await settled(share, made);
    }
    expect(share.snapshot.viewers.length).toBeLessThanOrEqual(VIEWER_LIMITS.connections);
  });

  it('that is full says so to viewers of every version', async () => {
    share = await CanvasShare.start(SIZE, { access: 'code', vncPassword: CODE });
    await fill();
    for (const version of ['3.3', '3.7', '3.8'] as const) {
      await expect(viewer(version).shakeHands()).rejects.toThrow('The share is full.');
    }
    await expect.poll(() => share.notices).toContain('127.0.0.1 was refused: the share is full');
  });

  it('that is full holds few refused connections open, and keeps nothing about them', async () => {
    share = await CanvasShare.start(SIZE, { access: 'code', vncPassword: CODE });
    const kept = { figures: new Set<ViewerFigures>(), traces: new Set<ConnectionTrace>() };
    const { figures, inspection } = share.sharer.viewers;
    const newFigures = figures.viewer.bind(figures);
    const forgetFigures = figures.forget.bind(figures);
    const newTrace = inspection.trace.bind(inspection);
    figures.viewer = () => {
      const each = newFigures();
      kept.figures.add(each);
      return each;
    };
    figures.forget = each => {
      kept.figures.delete(each);
      forgetFigures(each);
    };
    inspection.trace = connection => {
      const each = newTrace(connection);
      const close = each.close.bind(each);
      kept.traces.add(each);
      each.close = () => {
        kept.traces.delete(each);
        close();
      };
      return each;
    };
    await fill();
    let open = 0;
    for (let count = 0; count < 60; count++) {
      const socket = await silent();
      open++;
      socket.on('close', () => open--);
    }
    await expect.poll(() => open).toBeLessThanOrEqual(VIEWER_LIMITS.beingRefused);
    expect([kept.figures.size, kept.traces.size]).toEqual([VIEWER_LIMITS.connections, VIEWER_LIMITS.connections]);
    expect(share.notices.filter(text => text.includes('full')).length).toBeLessThanOrEqual(12);
  });
});
