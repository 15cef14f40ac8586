import { describe, expect, it } from 'vitest';
import type { StreamChunk } from '../../source/analysis/tcp-synthesis.js';
import { BGR233, BGRX, type PixelFormat } from '../../source/core/pixel-format.js';
import { CanvasShare } from '../helpers/canvas-share.js';
import { RfbTestViewer } from '../helpers/rfb-test-viewer.js';
import { noise, paintScene, photograph, settled, text } from '../helpers/scenes.js';
import { captureOf, vncPackets } from '../helpers/tshark-capture.js';

const [RAW, COPY_RECT, HEXTILE, TIGHT, ZRLE] = [0, 1, 5, 7, 16];
const SHARE_STATUS = 0xd047_5354 | 0;
const LARGE = { width: 520, height: 320 };
/**
 * The dissector does not put rectangles of ZRLE together that span TCP segments, and takes pixels of raw ZRLE tiles for
 * four bytes: small updates, and of few colours. (In zlib it loses its place at the first rectangle, whoever serves it:
 * at x11vnc's too.)
 */
const SMALL = { width: 80, height: 44 };

describe("Wireshark's own dissector of VNC", () => {
  it.each([
    ['raw', RAW, BGRX, LARGE],
    ['hextile', HEXTILE, BGRX, LARGE],
    ['hextile in 8 bits', HEXTILE, BGR233, LARGE],
    ['zrle', ZRLE, BGRX, SMALL],
    ['tight', TIGHT, BGRX, LARGE],
    ['tight in 8 bits', TIGHT, BGR233, LARGE],
  ] as const)('reads a session in %s without a malformed packet', async (_, encoding, format: PixelFormat, size) => {
    const share = await CanvasShare.start(size);
    const { canvas } = share;
    if (size === LARGE) paintScene(share);
    else canvas.paint({ x: 0, y: 0, ...size }, text);
    const viewer = new RfbTestViewer({ port: share.port, encodings: [encoding!, COPY_RECT!, -239, -224, -24], format });
    const chunks: StreamChunk[] = [];
    viewer.heard = bytes => chunks.push({ direction: 'sent', time: Date.now(), bytes });
    viewer.said = bytes => chunks.push({ direction: 'received', time: Date.now(), bytes });
    await viewer.shakeHands();
    viewer.start();
    await settled(share, viewer, format);
    for (let step = 1; step <= 6; step++) {
      canvas.paint({ x: 20, y: 20, width: size.width - 40, height: size.height - 20 }, (x, y) => text(x, y + step * 9));
      canvas.paint({ x: 10 * step, y: 3, width: 16, height: 12 }, size === LARGE ? noise : step * 0x102030);
      await viewer.quiet(30);
    }
    await settled(share, viewer, format);
    viewer.close();
    await share.stop();
    const packets = vncPackets(captureOf(chunks));
    expect(packets.filter(({ malformed }) => malformed)).toEqual([]);
    expect(packets.filter(({ messageTypes }) => messageTypes.includes('0')).length).toBeGreaterThan(5);
    expect(packets.flatMap(({ encodings }) => encodings)).toContain(String(encoding));
  });

  it("is not confused by a share's status messages", async () => {
    const share = await CanvasShare.start(LARGE);
    paintScene(share);
    // Not ContinuousUpdates: the dissector takes EndOfContinuousUpdates for two bytes instead of one, and loses its place
    // where something follows in the same segment, as it does on a busy machine.
    const encodings = [TIGHT!, -224, -24, -312, SHARE_STATUS];
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
    const packets = vncPackets(captureOf(chunks));
    expect(packets.filter(({ malformed }) => malformed)).toEqual([]);
    const read = packets.filter(({ vnc, fromSharer }) => vnc && fromSharer).map(({ info }) => info);
    expect(read.filter(info => info.includes('Unknown'))).toEqual([]);
    expect(read.some(info => info.includes('Fence; Fence; Fence'))).toBe(true);
    expect(packets.flatMap(({ encodings }) => encodings)).toContain(String(SHARE_STATUS));
  });
});
