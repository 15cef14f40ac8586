import { afterEach, describe, expect, it } from 'vitest';
import { ENCODING } from '../../../../source/protocols/rfb/constants.js';
import { DecoderProcess } from '../../../../source/session/watch/video/decoder-process.js';
import { FILM_KEYS, FILM_SIZE, FILMS, filmSource, filmUnits, psnr } from '../../../helpers/film.js';
import { rectangle, ScriptedVncServer, u16, update } from '../../../helpers/scripted-vnc-server.js';
import { WatchingHost } from '../../../helpers/watching-host.js';

const u32 = (value: number) => [...u16(value >>> 16), ...u16(value & 0xffff)];
const RESET = 1;
/** How like its source each picture is, in decibels. */
const LIKENESS = {
  x264: [33.3, 34.9, 36.6, 38.8, 40.1, 41.3, 42.2, 42.9, 36.9, 38.2, 39.2, 40.2],
  openh264: [36.6, 36.9, 38.4, 39.6, 41.0, 41.2, 41.4, 41.6, 37.0, 37.6, 39.3, 40.8],
} as const;

let server: ScriptedVncServer | null = null;
afterEach(() => server?.session.close());

function film(data: Uint8Array, flags = 0): number[] {
  const { width, height } = FILM_SIZE;
  return update(1, rectangle(0, 0, width, height, ENCODING.h264, u32(data.length), u32(flags), [...data]));
}

/** A viewer that decodes with what is installed here. */
async function watching() {
  const host = new WatchingHost();
  const decoders = new DecoderProcess();
  server = new ScriptedVncServer(host, 1 << 20, null, decoders);
  const { said } = server;
  server.welcome(FILM_SIZE);
  await server.heard('request');
  // What comes while the process starts is not shown.
  server.say(film(filmUnits('x264')[0]!, RESET));
  await host.until(() => host.updates.length > 0);
  await expect.poll(() => decoders.starting).toBe(false);
  host.updates.length = 0;
  const asked = () => said.filter(each => each.type === 'request' && !each.incremental).length - 1;
  return { host, decoders, server, asked };
}

const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("a viewer's decoders", () => {
  it.each(FILMS)('show the film of %s in its colours, picture by picture', async name => {
    const { host, server } = await watching();
    const units = filmUnits(name);
    const likeness: number[] = [];
    for (const [index, unit] of units.entries()) {
      server.say(film(unit, index === 0 ? RESET : 0));
      await host.until(() => host.updates.length > index);
      likeness.push(psnr(host.picture().rgb, filmSource(index)));
    }
    // As in the page and in noVNC (film.machine.test.ts).
    expect(likeness.map((each, index) => Math.abs(each - LIKENESS[name][index]!)).filter(off => off > 0.2)).toEqual([]);
    expect(host.facts.video).toMatch(/^H\.264 by (libavcodec|OpenH264) \d/);
    expect(host.notices).toEqual([]);
  });

  it('cost one picture when their process dies, and end with the session', async () => {
    const { host, decoders, server, asked } = await watching();
    const units = filmUnits('x264');
    const say = async (index: number, flags = 0) => {
      const before = host.updates.length;
      server.say(film(units[index]!, flags));
      await host.until(() => host.updates.length > before);
    };
    await say(0, RESET);
    await say(1);
    const first = decoders.pid!;
    process.kill(first, 'SIGKILL');
    while (decoders.pid !== null) await new Promise(resolve => setTimeout(resolve, 5));
    const shown = Buffer.from(host.picture().rgb);
    // The next one finds no decoder that knows what came before.
    await say(2);
    await expect.poll(asked).toBe(1);
    await say(3);
    expect(Buffer.compare(Buffer.from(host.picture().rgb), shown)).toBe(0);
    expect(asked()).toBe(1);
    const [, key] = FILM_KEYS as [number, number];
    await expect.poll(() => decoders.starting).toBe(false);
    await say(key, RESET);
    await say(key + 1);
    expect(psnr(host.picture().rgb, filmSource(key + 1))).toBeGreaterThan(29);
    expect(host.notices).toEqual([]);
    const second = decoders.pid!;
    server.session.close();
    await expect.poll(() => alive(second)).toBe(false);
    expect(alive(first)).toBe(false);
  });

  it('are not given what is damaged twice: it is asked for anew', async () => {
    const { host, server, asked } = await watching();
    const units = filmUnits('openh264');
    const damaged = units[1]!.subarray(0, units[1]!.length >> 1);
    server.say(film(units[0]!, RESET), film(damaged), film(units[2]!));
    await host.until(() => host.updates.length > 2);
    expect(asked()).toBe(1);
    server.say(film(units[8]!, RESET));
    await host.until(() => host.updates.length > 3);
    expect(psnr(host.picture().rgb, filmSource(8))).toBeGreaterThan(29);
  });
});
