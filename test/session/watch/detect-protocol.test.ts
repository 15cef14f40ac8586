import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { detectProtocol } from '../../../source/session/watch/detect-protocol.js';
import type { ProtocolChoice } from '../../../source/session/watch-options.js';
import { FakeClock } from '../../helpers/fake-clock.js';

/** A peer that says nothing until it is written to. */
function silentPeer(wire: ProtocolChoice = 'auto', speaksFirst = false) {
  const stream = new PassThrough();
  const clock = new FakeClock();
  const told: string[] = [];
  const wires = detectProtocol(stream, {
    wire,
    peer: '192.168.1.82:9000',
    clock,
    speaksFirst,
    signal: new AbortController().signal,
    onQuiet: text => told.push(text),
  });
  wires.catch(() => {});
  return { stream, clock, told, wires };
}

describe('a peer that sends nothing', () => {
  it.each(['auto', 'classic', 'rfb'] as const)('is explained after 5 s, once (--wire %s)', wire => {
    const { clock, told } = silentPeer(wire);
    clock.advance(4999);
    expect(told).toEqual([]);
    clock.advance(50_000);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^No data yet.* [Ww]rong port\?$/);
    expect(told[0]!.length).toBeLessThanOrEqual(64);
    expect(told[0]!.includes('VNC servers speak first')).toBe(wire === 'rfb');
  });

  it.each([
    [false, 'E_PEER_REFUSED'],
    [true, 'E_PEER_CLOSED'],
  ])('that closes without sending has refused, unless its protocol gives a reason (%s)', async (speaksFirst, code) => {
    const { stream, wires } = silentPeer('auto', speaksFirst);
    stream.end();
    await expect(wires).rejects.toMatchObject({ code });
  });

  it('ends with E_PEER_SILENT after a minute', async () => {
    const { clock, wires } = silentPeer();
    clock.advance(60_000);
    await expect(wires).rejects.toMatchObject({ code: 'E_PEER_SILENT' });
  });

  it('is not reported when data came in time', async () => {
    const { stream, clock, told, wires } = silentPeer();
    clock.advance(4000);
    stream.write(Buffer.of(3, 1, 2, 3));
    await expect(wires).resolves.toMatchObject({ wire: 'classic' });
    clock.advance(100_000);
    expect(told).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
