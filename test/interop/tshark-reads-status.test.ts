import { expect, it } from 'vitest';
import type { StreamChunk } from '../../source/analysis/tcp-synthesis.js';
import { BGRX } from '../../source/core/pixel-format.js';
import { CanvasShare } from '../helpers/canvas-share.js';
import { RfbTestViewer } from '../helpers/rfb-test-viewer.js';
import { paintScene, photograph, settled } from '../helpers/scenes.js';
import { captureOf, tshark } from '../helpers/tshark-capture.js';

const TIGHT = 7;
const SHARE_STATUS = 0xd047_5354 | 0;
const LARGE = { width: 520, height: 320 };

/**
 * Not part of `npm test`: on a busy machine the dissector loses its place now and then, where the viewer beside it reads
 * the same bytes exactly. Why is not known.
 */
it("Wireshark's own dissector of VNC is not confused by a share's status messages", async () => {
  const share = await CanvasShare.start(LARGE);
  paintScene(share);
  const encodings = [TIGHT, -224, -24, -312, -313, SHARE_STATUS];
  const viewer = new RfbTestViewer({ port: share.port, encodings, fences: true, format: BGRX });
  const chunks: StreamChunk[] = [];
  viewer.heard = bytes => chunks.push({ direction: 'sent', time: Date.now(), bytes });
  viewer.said = bytes => chunks.push({ direction: 'received', time: Date.now(), bytes });
  await viewer.shakeHands();
  viewer.start();
  await settled(share, viewer);
  share.sharer.viewers.announce({ kind: 'source-gone', text: 'The window that was shared is closed. '.repeat(3) });
  for (let step = 1; step <= 3; step++) {
    share.canvas.paint({ x: 40, y: 40, width: 300, height: 200 }, (x, y) => photograph(x, y + step));
    await settled(share, viewer);
  }
  share.sharer.viewers.announce(null);
  share.canvas.paint({ x: 3, y: 3, width: 80, height: 70 }, 0x123456);
  await settled(share, viewer);
  expect(viewer.kinds['only-refines']).toBeGreaterThan(2);
  viewer.close();
  await share.stop();
  const file = captureOf(chunks);
  expect(tshark(file, '_ws.malformed', 'frame.number')).toEqual([]);
  const read = tshark(file, 'vnc && tcp.srcport == 5900', '_ws.col.Info');
  expect(read.filter(info => info.includes('Unknown'))).toEqual([]);
  expect(read.some(info => info.includes('Fence; Fence; Fence'))).toBe(true);
  const seen = tshark(file, 'vnc.fb_update_encoding_type', 'vnc.fb_update_encoding_type').join(',').split(',');
  expect(seen).toContain(String(SHARE_STATUS));
});
