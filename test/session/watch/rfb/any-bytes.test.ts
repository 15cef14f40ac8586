import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ENCODING, PSEUDO_ENCODING } from '../../../../source/protocols/rfb/constants.js';
import { rectangle, ScriptedVncServer, update } from '../../../helpers/scripted-vnc-server.js';
import { drawSeed } from '../../../helpers/seed.js';
import { WatchingHost } from '../../../helpers/watching-host.js';

/** What a peer may be blamed for after the handshake. */
const DECLARED = new Set(['E_RFB_PROTOCOL', 'E_RFB_DECODE', 'E_PEER_CLOSED']);

const encodings = [...Object.values(ENCODING), ...Object.values(PSEUDO_ENCODING)];
const small = fc.integer({ min: 0, max: 40 });
const noise = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 60 });
const quiet = fc.array(fc.constantFrom(0, 0, 0, 1, 2, 4, 0x40, 0x80, 0xff), { maxLength: 200 });
const anyRectangle = fc
  .tuple(small, small, small, small, fc.constantFrom(...encodings), fc.oneof(noise, quiet))
  .map(([x, y, width, height, encoding, data]) => rectangle(x, y, width, height, encoding, data));
const anyMessage = fc.oneof(
  fc
    .tuple(fc.constantFrom(1, 2, 0xffff), fc.array(anyRectangle, { maxLength: 4 }))
    .map(([count, all]) => update(count, ...all)),
  fc.tuple(fc.constantFrom(0, 1, 2, 3, 150, 248), fc.oneof(noise, quiet)).map(([type, data]) => [type, ...data]),
);

it("ends only with errors that are the peer's fault, whatever it sends", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyMessage, { maxLength: 5 }),
      fc.constantFrom(1, 7, 1 << 20),
      async (messages, piece) => {
        const host = new WatchingHost();
        const server = new ScriptedVncServer(host, piece);
        server.welcome({ width: 32, height: 24 });
        for (const message of messages) server.say(message);
        server.hangUp();
        await expect(host.until(() => false)).rejects.toSatisfy(
          (error: unknown) => error instanceof Error && 'code' in error && DECLARED.has(String(error.code)),
        );
      },
    ),
    { seed: drawSeed(), numRuns: 300 },
  );
});
