import { expect, it } from 'vitest';
import { H264Fault } from '../../source/codecs/video/h264-bits.js';
import { H264Check } from '../../source/codecs/video/h264-check.js';
import { ENCODING } from '../../source/protocols/rfb/constants.js';
import { DecoderProcess } from '../../source/session/watch/video/decoder-process.js';
import { FILM_SIZE, FILMS, filmUnits } from '../helpers/film.js';
import { rectangle, ScriptedVncServer, u16, update } from '../helpers/scripted-vnc-server.js';
import { drawSeed } from '../helpers/seed.js';
import { WatchingHost } from '../helpers/watching-host.js';
import { random } from '../pixels/planes.js';

/** `PEERGLASS_FUZZ_MINUTES` says how long; by default as long as was promised. */
const MINUTES = Number(process.env.PEERGLASS_FUZZ_MINUTES ?? 10);
const u32 = (value: number) => [...u16(value >>> 16), ...u16(value & 0xffff)];
const FILM_UNITS = FILMS.map(filmUnits);

/** A picture of a film with a few of its bytes or bits changed, cut, repeated, or in another place. */
function changed(next: () => number): Uint8Array {
  const below = (most: number) => Math.floor(next() * most);
  const units = FILM_UNITS[below(FILM_UNITS.length)]!;
  let unit = Uint8Array.from(units[next() < 0.4 ? 0 : below(units.length)]!);
  for (let times = below(4); times > 0; times--) {
    // Parameters stand at the beginning.
    const at = below(next() < 0.7 ? Math.min(60, unit.length) : unit.length);
    switch (below(5)) {
      case 0:
        unit[at] = below(256);
        break;
      case 1:
        unit[at]! ^= 1 << below(8);
        break;
      case 2:
        unit = unit.slice(0, Math.max(at, 1));
        break;
      case 3:
        unit = Uint8Array.from([...unit.subarray(0, at), ...unit.subarray(below(unit.length))]);
        break;
      default:
        unit = Uint8Array.from([...unit.subarray(0, at), 0, 0, 1, ...unit.subarray(at)]);
    }
  }
  return unit;
}

function film(data: Uint8Array, flags: number): number[] {
  const { width, height } = FILM_SIZE;
  return update(1, rectangle(0, 0, width, height, ENCODING.h264, u32(data.length), u32(flags), [...data]));
}

it(
  `changed film is refused, or decoded, for ${MINUTES} minutes: no session ends, and none stands still`,
  async () => {
    const next = random(drawSeed());
    const end = performance.now() + MINUTES * 60_000;
    const sum = { rectangles: 0, passed: 0, shown: 0, sessions: 0, processes: 0 };
    while (performance.now() < end) {
      const host = new WatchingHost();
      const decoders = new DecoderProcess();
      const server = new ScriptedVncServer(host, 1 << 20, null, decoders);
      server.welcome(FILM_SIZE);
      await server.heard('request');
      const pids = new Set<number>();
      // Until three faults have turned it off, and a little longer.
      for (let turn = 0; turn < 12; turn++) {
        const data = changed(next);
        sum.rectangles++;
        try {
          sum.passed += new H264Check(FILM_SIZE).pictures(data).length > 0 ? 1 : 0;
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(H264Fault);
        }
        const began = performance.now();
        server.say(film(data, next() < 0.5 ? 1 : 0));
        await host.until(() => host.updates.length > turn);
        expect(performance.now() - began).toBeLessThan(10_000);
        if (decoders.pid !== null) pids.add(decoders.pid);
      }
      expect(host.error).toBeNull();
      sum.shown += host.facts.video === undefined ? 0 : 1;
      sum.sessions++;
      sum.processes += pids.size;
      server.session.close();
    }
    console.log(JSON.stringify(sum));
    expect(sum.shown).toBeGreaterThan(0);
  },
  (MINUTES + 5) * 60_000,
);
