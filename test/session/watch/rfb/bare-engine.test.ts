import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build, type Metafile } from 'esbuild';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasVectors } from '../../../../source/pixels/vectors.js';
import { ENCODING } from '../../../../source/protocols/rfb/constants.js';
import type { PictureUpdate } from '../../../../source/session/watch/protocol-session.js';
import { ClientConnection } from '../../../../source/session/watch/rfb/client-connection.js';
import { noTrace } from '../../../../source/session/watch/rfb/rfb-host.js';
import type { BareReport, watchRecording } from '../../../helpers/bare-watcher.js';
import { CanvasShare } from '../../../helpers/canvas-share.js';
import { noise, photograph, text } from '../../../helpers/scenes.js';
import { type SeenUpdate, seenUpdate } from '../../../helpers/seen-update.js';
import { WatchingHost } from '../../../helpers/watching-host.js';

const ROOT = path.resolve(import.meta.dirname, '../../../..');
const SIZE = { width: 320, height: 200 };

/** A watcher on Node that keeps what each update showed. */
class RecordingHost extends WatchingHost {
  readonly seen: SeenUpdate[] = [];

  override present(update: PictureUpdate): void {
    const seen = seenUpdate(update, this.framebuffer!);
    if (seen) this.seen.push(seen);
    super.present(update);
  }
}

interface Recorded {
  /** All that the share said. */
  readonly bytes: Uint8Array;
  readonly seen: readonly SeenUpdate[];
  readonly encodings: Record<string, number>;
}

let share: CanvasShare | null = null;
afterEach(async () => {
  await share?.stop();
  share = null;
});

/** A share that paints, scrolls and points, watched on Node. */
async function record(encodings: readonly number[]): Promise<Recorded> {
  share = await CanvasShare.start(SIZE);
  const { canvas } = share;
  const stream = connect(share.port, '127.0.0.1');
  stream.pause();
  await once(stream, 'connect');
  const chunks: Uint8Array[] = [];
  const host = new RecordingHost();
  const received = (chunk: Uint8Array) => chunks.push(chunk.slice());
  const session = new ClientConnection(
    {
      stream,
      early: new Uint8Array(0),
      peer: 'the share',
      resume: null,
      jpeg: null,
      createTrace: (...given) => ({ ...noTrace(...given), received }),
    },
    host,
    { encodings },
  );
  session.start();
  const shown = () =>
    canvas.colours.every((colour, at) => host.colour(at % SIZE.width, Math.floor(at / SIZE.width)) === colour);
  const settled = () => host.until(() => host.framebuffer !== null && shown());
  canvas.paint({ x: 0, y: 0, ...SIZE }, 0x2e3440);
  canvas.paint({ x: 10, y: 10, width: 180, height: 170 }, text);
  canvas.paint({ x: 210, y: 10, width: 90, height: 60 }, photograph);
  canvas.paint({ x: 210, y: 80, width: 40, height: 30 }, noise);
  await settled();
  canvas.move({ x: 10, y: 38, width: 180, height: 142 }, 0, -28);
  await settled();
  const rgba = new Uint8Array(10 * 8 * 4).map((_, at) => [120, 0, 60, 128][at % 4]!);
  const updates = host.updates.length;
  canvas.point({ x: 50, y: 60, shape: { width: 10, height: 8, rgba, hotspotX: 3, hotspotY: 2, serial: 1 } });
  await host.until(() => host.updates.length > updates);
  await share.stop();
  await host.until(() => host.error !== null);
  return { bytes: Buffer.concat(chunks), seen: host.seen, encodings: host.encodings() };
}

describe('the rfb client, bundled for a browser', () => {
  let code = '';
  let inputs: Metafile['inputs'] = {};
  const kernels = readFileSync(path.join(ROOT, `dist/source/pixels/kernels${hasVectors() ? '' : '-plain'}.wasm`));

  beforeAll(async () => {
    const built = await build({
      entryPoints: [path.join(ROOT, 'test/helpers/bare-watcher.ts')],
      absWorkingDir: ROOT,
      bundle: true,
      write: false,
      metafile: true,
      format: 'iife',
      globalName: 'peerglass',
      platform: 'neutral',
      target: 'es2022',
      logLevel: 'silent',
    });
    code = built.outputFiles[0]!.text;
    inputs = built.metafile.inputs;
  });

  it('contains the core, without platform modules', () => {
    const outside = Object.values(inputs).flatMap(({ imports }) => imports.filter(({ external }) => external));
    expect(outside).toEqual([]);
    const own =
      /^(source\/(core|pixels|protocols|codecs|session\/watch\/rfb)\/|source\/(session\/time-budget|library\/decoder)\.ts$|test\/helpers\/(bare-watcher|seen-update)\.ts$|node_modules\/@noble\/)/;
    expect(Object.keys(inputs).filter(place => !own.test(place))).toEqual([]);
    expect(Object.keys(inputs).length).toBeGreaterThan(50);
  });

  it.each([
    ['Tight', ENCODING.tight, 'tight'],
    ['ZRLE', ENCODING.zrle, 'zrle'],
    ['zlib', ENCODING.zlib, 'zlib'],
    ['Hextile', ENCODING.hextile, 'hextile'],
  ])('shows the same pixels in a bare engine as on Node: %s, CopyRect and a pointer', async (_, encoding, name) => {
    const recorded = await record([encoding, ENCODING.copyRect]);
    expect(recorded.encodings).toMatchObject({ [name]: expect.any(Number), copyrect: expect.any(Number) });
    expect(recorded.seen.some(({ rawBytes }) => rawBytes === 0)).toBe(true);
    const entry = runInContext(`${code}\npeerglass`, createContext(Object.create(null))) as {
      watchRecording: typeof watchRecording;
    };
    const told = await entry.watchRecording(kernels, recorded.bytes, [1, 7, 4093, 2, 61]);
    const report = JSON.parse(told) as BareReport;
    expect(report).toEqual({
      platform: [],
      name: 'test',
      size: SIZE,
      updates: recorded.seen,
      ended: 'E_SHARE_ENDED',
    });
  });
});
