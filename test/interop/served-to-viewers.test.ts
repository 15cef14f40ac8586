import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningShare, SHARED_PATTERN } from '../helpers/running-share.js';
import {
  gvncCapture,
  libVncViewer,
  passwordFile,
  tigerVncViewer,
  tightVncViewer,
  type VncViewer,
  vncSnapshot,
} from '../helpers/vnc-viewers.js';
import { type Picture, readDisplay } from '../helpers/xvfb.js';
import { rfbPort, SCENE_SIZE, ServedScene } from './served-scene.js';

const NAME = 'peerglass interop';

/** `npm run interop` runs every combination, `npm test` a choice in which each viewer and each encoding occurs. */
const WHOLE = process.env.PEERGLASS_INTEROP === 'whole';
const chosen = <T>(all: readonly T[], ...some: readonly T[]) => (WHOLE ? all : some);

const scene = ServedScene.forAll();
let share: RunningShare;

beforeAll(async () => {
  share = await scene.share({ name: NAME });
});
afterAll(() => share?.stop());

const port = () => rfbPort(share);
const watching = (viewer: VncViewer) => scene.watchedBy(viewer);

/** How far apart the channels of two pictures are at most; 255 when the sizes differ. */
function worst(a: Picture, b: Picture): number {
  if (a.width !== b.width || a.height !== b.height) return 255;
  let most = 0;
  for (let at = 0; at < a.rgb.length; at++) most = Math.max(most, Math.abs(a.rgb[at]! - b.rgb[at]!));
  return most;
}

/** What is left of a picture in so many bits a channel. */
function quantised({ width, height, rgb }: Picture, bits: readonly [number, number, number]): Picture {
  const reduced = rgb.map((value, at) => {
    const max = 2 ** bits[at % 3]! - 1;
    return Math.round((Math.floor((value * max + 127) / 255) * 255) / max);
  });
  return { width, height, rgb: reduced };
}

/** Waits until a viewer shows the shared screen; the test's time limit ends that. */
async function shows(viewer: VncViewer, reduce = (picture: Picture) => picture, tolerance = 0): Promise<void> {
  const expected = reduce(await readDisplay(scene.source.display));
  let off = 256;
  for (let tries = 0; tries < 100 && off > tolerance; tries++) {
    const shown = await viewer.picture();
    if (shown) off = worst(shown, expected);
    if (off > tolerance) await new Promise(resolve => setTimeout(resolve, 150));
  }
  expect(off).toBeLessThanOrEqual(tolerance);
}

let step = 0;

/** The scene, then what changes: small things, a scroll, something covered. */
async function follows(viewer: VncViewer, reduce?: (picture: Picture) => Picture, tolerance?: number): Promise<void> {
  await shows(viewer, reduce, tolerance);
  step++;
  scene.painter.fill({ x: 100 + step, y: 50, width: 33, height: 21 }, 0x00ff7f ^ (step * 0x102030));
  scene.painter.scroll({ x: 0, y: 180, width: 300, height: 100 }, 7, 40);
  await scene.painter.sync();
  await shows(viewer, reduce, tolerance);
}

async function usedEncodings(): Promise<string[]> {
  const {
    viewers: [last],
  } = await share.snapshotWhere(({ viewers: all }) => all.some(each => each.frames > 0));
  return Object.keys(last!.encodings).filter(name => name !== 'copyrect');
}

describe('xtigervncviewer', () => {
  const preferring = (encoding: string) => [`-PreferredEncoding=${encoding}`, '-AutoSelect=0', '-NoJPEG'];

  it.each(chosen(['Tight', 'ZRLE', 'Hextile', 'Raw'], 'Tight', 'ZRLE'))(
    'shows exactly the screen in %s',
    async encoding => {
      await follows(watching(tigerVncViewer(scene.desk.display, port(), NAME, preferring(encoding))));
      expect(await usedEncodings()).toEqual([encoding.toLowerCase()]);
    },
  );

  it.each([['Tight'], ...chosen([['ZRLE'], ['Hextile'], ['Raw']])])(
    'shows it in 8 bits a pixel in %s',
    async encoding => {
      const args = [...preferring(encoding!), '-FullColor=0', '-LowColorLevel=2'];
      const viewer = watching(tigerVncViewer(scene.desk.display, port(), NAME, args));
      await follows(viewer, picture => quantised(picture, [3, 3, 2]), 1);
    },
  );

  it('shows it exactly in the end when it asks for JPEG', async () => {
    await follows(watching(tigerVncViewer(scene.desk.display, port(), NAME, ['-QualityLevel=3'])));
    expect(await usedEncodings()).toContain('tight');
  });
});

describe('xtightvncviewer', () => {
  const encodings = ['tight', 'zlib', 'hextile', 'raw'];

  it.each(chosen(encodings, 'zlib', 'hextile'))('shows exactly the screen in %s', async encoding => {
    const args = ['-encodings', `${encoding} copyrect`, '-nojpeg'];
    await follows(watching(tightVncViewer(scene.desk.display, port(), NAME, args)));
    expect(await usedEncodings()).toEqual([encoding]);
  });

  it.each(chosen(encodings, 'tight'))('shows it in 8 bits a pixel in %s', async encoding => {
    const args = ['-encodings', `${encoding} copyrect`, '-bgr233'];
    const viewer = watching(tightVncViewer(scene.desk.display, port(), NAME, args));
    await follows(viewer, picture => quantised(picture, [3, 3, 2]), 1);
  });
});

describe('libvncclient', () => {
  const encodings = ['tight', 'zrle', 'zlib', 'hextile', 'raw'];

  it.each(chosen(encodings, 'tight', 'raw'))('shows exactly the screen in %s', async encoding => {
    await follows(watching(await libVncViewer(port(), { encodings: `${encoding} copyrect`, bytesPerPixel: 4 })));
    expect(await usedEncodings()).toEqual([encoding]);
  });

  it.each(chosen(encodings, 'zrle', 'tight'))('shows it in 16 bits a pixel in %s', async encoding => {
    const viewer = watching(await libVncViewer(port(), { encodings: `${encoding} copyrect`, bytesPerPixel: 2 }));
    await follows(viewer, picture => quantised(picture, [5, 5, 5]));
  });

  it.each(chosen(encodings, 'hextile'))('shows it in 8 bits a pixel in %s', async encoding => {
    const viewer = watching(await libVncViewer(port(), { encodings: `${encoding} copyrect`, bytesPerPixel: 1 }));
    await follows(viewer, picture => quantised(picture, [3, 3, 2]));
  });

  it('shows it exactly in the end when it asks for JPEG', async () => {
    await follows(watching(await libVncViewer(port(), { encodings: 'tight', bytesPerPixel: 4, quality: 5 })));
  });
});

describe('programs that take one picture', () => {
  it('gvnccapture takes exactly the screen', async () => {
    expect(worst(await gvncCapture(port()), await readDisplay(scene.source.display))).toBe(0);
  });

  it.each(chosen(['tight', 'zlib', 'hextile', 'raw'], 'tight'))(
    'vncsnapshot takes the screen in %s',
    async encoding => {
      const snapshot = await vncSnapshot(port(), ['-encodings', encoding, '-nojpeg']);
      const expected = await readDisplay(scene.source.display);
      expect(snapshot).toMatchObject(SCENE_SIZE);
      // Its own JPEG halves the chroma: thin lines and noise suffer, on the whole it must be the picture.
      const off = snapshot.rgb.reduce((sum, value, at) => sum + Math.abs(value - expected.rgb[at]!), 0);
      expect(off / snapshot.rgb.length).toBeLessThan(6);
    },
  );
});

describe('a code', () => {
  it('lets viewers in that know it, and no others', async () => {
    const guarded = await RunningShare.start({
      classicPort: null,
      rfbPort: 0,
      access: 'code',
      vncPassword: 'k7m2p4qr',
    });
    try {
      const [{ port: guardedPort } = { port: 0 }] = guarded.wires;
      const viewer = watching(
        await libVncViewer(guardedPort, { encodings: 'tight', bytesPerPixel: 4, code: 'k7m2p4qr' }),
      );
      expect(await viewer.picture()).toMatchObject(SHARED_PATTERN.classicSize);
      const asked = { encodings: 'tight', bytesPerPixel: 4, code: 'wrong' } as const;
      await expect(libVncViewer(guardedPort, asked)).rejects.toThrow('not let in');
      const file = passwordFile('k7m2p4qr');
      watching(tigerVncViewer(scene.desk.display, guardedPort, 'test', [`-PasswordFile=${file}`]));
      watching(tightVncViewer(scene.desk.display, guardedPort, 'test', ['-passwd', file]));
      await guarded.snapshotWhere(({ viewers: all }) => all.filter(({ state }) => state === 'watching').length === 3);
    } finally {
      await guarded.stop();
    }
  });
});
