import { describe, expect, it } from 'vitest';
import { systemClock } from '../../source/node/clock.js';
import { readWebPage } from '../../source/session/share/web-page.js';
import type { ShareOptions } from '../../source/session/share-options.js';
import { LIVENESS } from '../../source/transport/liveness.js';
import { CanvasShare } from '../helpers/canvas-share.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { isExact, pageOpener } from '../helpers/opened-pages.js';
import { noise, paintScene } from '../helpers/scenes.js';
import { ownStateFolder } from '../helpers/state-folder.js';

const SIZE = { width: 640, height: 360 };
const CODE = 'k7m2p9qx';
const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';

const later = stopAfterEach();
ownStateFolder('all');
const openPage = pageOpener();
const open = (url: string) => openPage(url, { context: { ignoreHTTPSErrors: true, userAgent: USER_AGENT } });

async function shared(options: Partial<ShareOptions>): Promise<CanvasShare> {
  const web = { webPort: 0, access: 'code', code: CODE, ...options } as const;
  return later(await CanvasShare.start(SIZE, web, systemClock, LIVENESS, [], readWebPage));
}

describe('the page that a share serves', () => {
  it('works under its own policy, with nothing from elsewhere, and stands among the viewers', async () => {
    const share = await shared({ encrypt: 'offered' });
    paintScene(share);
    const page = await open(`http://127.0.0.1:${share.webPort}/#${CODE}`);
    await isExact(page, share);
    share.canvas.paint({ x: 5, y: 7, width: 300, height: 90 }, noise);
    await isExact(page, share);
    await expect.poll(() => share.snapshot.viewers.length).toBe(1);
    expect(share.snapshot.viewers[0]).toMatchObject({
      ...{ via: 'web', browser: 'Chrome 156', encryption: 'ChaCha20, code' },
    });
    await share.sharer.command({ type: 'ban', viewer: share.snapshot.viewers[0]!.id });
    await expect.poll(() => page.text()).toContain('banned');
  });

  it('is sent on to https where encryption is required, the code included, and encrypts there too', async () => {
    const share = await shared({ encrypt: 'required' });
    paintScene(share);
    const page = await open(`http://127.0.0.1:${share.webPort}/#${CODE}`);
    await isExact(page, share);
    expect(page.page.url()).toBe(`https://127.0.0.1:${share.webPort}/`);
    await expect.poll(() => share.snapshot.viewers[0]?.encryption).toMatch(/^(AES-256|ChaCha20), code$/);
  });
});
