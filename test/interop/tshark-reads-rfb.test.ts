import { describe, expect, it } from 'vitest';
import type { StreamChunk } from '../../source/analysis/tcp-synthesis.js';
import { BGR233, BGRX, type PixelFormat } from '../../source/core/pixel-format.js';
import { CanvasShare } from '../helpers/canvas-share.js';
import { RfbTestViewer } from '../helpers/rfb-test-viewer.js';
import { noise, paintScene, settled, text } from '../helpers/scenes.js';
import { captureOf, tshark } from '../helpers/tshark-capture.js';

const [RAW, COPY_RECT, HEXTILE, TIGHT, ZRLE] = [0, 1, 5, 7, 16];
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
    const file = captureOf(chunks);
    expect(tshark(file, '_ws.malformed', 'frame.number')).toEqual([]);
    const updates = tshark(file, 'vnc.server_message_type == 0', 'vnc.server_message_type');
    expect(updates.length).toBeGreaterThan(5);
    const seen = tshark(file, 'vnc.fb_update_encoding_type', 'vnc.fb_update_encoding_type').join(',').split(',');
    expect(seen).toContain(String(encoding));
  });
});
