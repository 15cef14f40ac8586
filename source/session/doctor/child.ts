import { PortalSource } from '../../capture/portal/portal-source.js';
import { WaylandSource } from '../../capture/wayland/wayland-source.js';
import { X11Source } from '../../capture/x11/x11-source.js';
import { asPeerglassError } from '../../core/errors.js';
import { loadVideoDecoder } from '../../native/h264-decoder.js';
import { findVideoEncoders } from '../../native/h264-encoder.js';
import { jpegLibrary } from '../../native/jpeg-library.js';
import { memoryCalls } from '../../native/memory-calls.js';
import { loadSdl2 } from '../../native/sdl2.js';
import { systemClock } from '../../node/clock.js';
import { createInflater } from '../../node/inflater.js';
import { createPixelMemory } from '../../node/load-kernels.js';
import { Framebuffer } from '../../pixels/framebuffer.js';
import { type ApartFacts, type CaptureFact, type Probed, typical } from './facts.js';

/** One probe of `peerglass doctor`, in a process of its own: a crash or a hang is only a finding. */
type Probes = { readonly [Name in keyof ApartFacts]: () => Promise<ApartFacts[Name]> };

const SIDE = 64;

const PROBES: Probes = {
  x11: captureX11,
  wayland: captureWayland,
  portal: () => PortalSource.probe(process.env, systemClock),
  async sdl() {
    const sdl = loadSdl2();
    try {
      sdl.start();
    } catch (error) {
      return { version: sdl.version, driver: null, problem: asPeerglassError(error).message };
    }
    const driver = sdl.videoDriver;
    sdl.quit();
    return { version: sdl.version, driver, problem: '' };
  },
  async jpeg() {
    const library = jpegLibrary();
    if (!library) return { name: null };
    const picture = new Framebuffer(createPixelMemory(), { width: SIDE, height: SIDE });
    const jpeg = { quality: 80, subsampling: '4:2:0' } as const;
    const bytes = await library.compress(picture, picture.bounds, jpeg, false, data => Uint8Array.from(data));
    await library.decompress(bytes, picture.bounds, picture, false);
    return { name: library.name };
  },
  inflate: async () => ({ name: createInflater().name }),
  async videoDecoder() {
    const { name, open } = loadVideoDecoder();
    open({ width: SIDE, height: SIDE }).close();
    return { name };
  },
  memory: async () => ({ maps: memoryCalls() !== null }),
  videoEncoders: async () => ({ names: findVideoEncoders().map(({ name, version }) => `${name} ${version}`) }),
};

async function captureX11(): Promise<CaptureFact> {
  const target = { kind: 'all' } as const;
  const source = new X11Source({ display: process.env.DISPLAY ?? null, target, why: '' });
  await source.open();
  const { width, height, description } = source.describe();
  const picture = new Framebuffer(createPixelMemory(), { width, height });
  const milliseconds = await typical(async () => {
    await source.read([picture.bounds], picture);
  });
  await source.close();
  return { width, height, description, milliseconds };
}

/** Reads of the last picture: how often there is a new one is up to the compositor. */
async function captureWayland(): Promise<CaptureFact> {
  const target = { kind: 'all' } as const;
  const source = new WaylandSource({ target, why: '', environment: process.env, clock: systemClock });
  await source.open();
  const { width, height, description } = source.describe();
  const picture = new Framebuffer(createPixelMemory(), { width, height });
  await new Promise<void>((damage, reject) => {
    source.start({ damage: () => damage(), cursor: () => {}, resized: () => {}, ended: reject });
  });
  const milliseconds = await typical(async () => {
    await source.read([picture.bounds], picture);
  });
  await source.close();
  return { width, height, description, milliseconds };
}

function isProbe(name: string | undefined): name is keyof ApartFacts {
  return name !== undefined && Object.hasOwn(PROBES, name);
}

async function probe(): Promise<Probed<unknown>> {
  const name = process.argv[2];
  if (!isProbe(name)) throw new Error(`There is no probe ${name}.`);
  try {
    return { ok: true, fact: await PROBES[name]() };
  } catch (thrown) {
    const { message, remedy } = asPeerglassError(thrown);
    return { ok: false, problem: message, remedy };
  }
}

// Ctrl-C reaches all processes of the terminal, but the parent ends this one.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
void probe().then(probed => process.send?.(probed, undefined, undefined, () => process.exit()));
