import { describe, expect, it } from 'vitest';
import {
  type LinkUse,
  linkVerdict,
  type ShareTimes,
  shareVerdict,
  type TcpUse,
  watchVerdict,
} from '../../source/analysis/bottleneck.js';

const TCP: TcpUse = {
  busyShare: 0.05,
  carried: 1e6,
  bytesPerSecond: 100e6,
  least: true,
  minRttMs: 0.05,
  awaitedMs: 0,
};

const LINK: LinkUse = {
  address: '10.0.0.2',
  heldShare: 0.1,
  heldMs: 3,
  heldBytes: 40_000,
  heldForMs: 0,
  tcp: TCP,
  queuedBytes: 0,
};

function verdict(change: Partial<ShareTimes> = {}) {
  return shareVerdict({
    watching: 1,
    paused: false,
    fps: 30,
    fpsCap: 60,
    captures: 30,
    gate: 'viewers',
    stagesMs: { capture: 1.2, detect: 0.8, encode: 28 },
    encodeShare: 0.84,
    bytesPerFrame: 40_000,
    links: [LINK],
    levels: [],
    ...change,
  });
}

describe('shareVerdict', () => {
  it('says nothing while nobody watches', () => expect(verdict({ watching: 0 })).toBeNull());

  it.each<[string, string, Partial<ShareTimes>]>([
    ['paused', 'paused: viewers keep the last picture', { paused: true }],
    ['screen', 'nothing changes on the screen', { gate: 'screen', captures: 0, fps: 0 }],
    ['screen', 'keeping up: the screen changes 1 time a second, a frame takes 30 ms', { gate: 'screen', captures: 1 }],
    [
      'screen',
      'keeping up: the screen changes 1 time a second, a frame takes 11 ms',
      { fps: 1, captures: 1, stagesMs: { capture: 1, detect: 1, encode: 9 }, encodeShare: 0.01, links: [] },
    ],
    ['cap', 'at the cap of 60 fps: busy 17 of 17 ms a frame', { fps: 59 }],
    [
      'cap',
      'at the cap of 10 fps: busy 5.0 of 100 ms a frame',
      { gate: 'cap', fps: 9, fpsCap: 10, stagesMs: { capture: 1, detect: 1, encode: 3 } },
    ],
    [
      'capture',
      'limited by capture: 31 of 33 ms a frame',
      { gate: 'capture', stagesMs: { capture: 31, detect: 1, encode: 9 } },
    ],
    [
      'capture',
      'limited by capture: 64 of 77 ms a frame',
      { gate: 'screen', fps: 13, captures: 13, stagesMs: { capture: 63.9, detect: 2.3, encode: 4 } },
    ],
    [
      'screen',
      'nothing changes on the screen',
      { gate: 'screen', fps: 0, captures: 13, stagesMs: { capture: 63.9, detect: 2.3, encode: 0 } },
    ],
    [
      'screen',
      'keeping up: the screen changes 17 times a second, a frame takes 3.1 ms',
      { gate: 'screen', fps: 17, captures: 17, stagesMs: { capture: 0.3, detect: 0.8, encode: 2 } },
    ],
    [
      'detect',
      'limited by change detection: 31 of 33 ms a frame',
      { gate: 'capture', stagesMs: { capture: 1, detect: 31, encode: 9 } },
    ],
    ['compress', 'limited by compression: 28 of 33 ms a frame', {}],
    // In the first second nothing has been compressed yet.
    [
      'compress',
      'limited by compression: the first frame is in progress',
      { fps: 0, stagesMs: { capture: 1, detect: 1, encode: 0 } },
    ],
    // Most of the time is left: nothing of it limits alone.
    [
      'compress',
      'slowest step compression: 14 of 42 ms a frame',
      { fps: 24, stagesMs: { capture: 1, detect: 1, encode: 14 } },
    ],
    [
      'viewer',
      'mostly waiting for the viewer at 10.0.0.2: it takes 12 of 42 ms a frame',
      { fps: 24, encodeShare: 0.1, links: [{ ...LINK, heldShare: 0.3, heldMs: 12 }] },
    ],
    [
      'network',
      'limited by the network to 10.0.0.2: 8.00 Mbit/s carried, 14 kB queued',
      {
        links: [
          {
            ...LINK,
            heldShare: 0.9,
            heldMs: 30,
            tcp: { ...TCP, busyShare: 0.95, bytesPerSecond: 1e6, least: false },
            queuedBytes: 14_000,
          },
        ],
      },
    ],
    [
      'viewer',
      'limited by the viewer at 10.0.0.2: it takes 30 of 33 ms a frame',
      { links: [{ ...LINK, heldShare: 0.9, heldMs: 30 }] },
    ],
    [
      'viewer',
      'limited by the viewer at 10.0.0.2: it has accepted nothing for 3 s',
      { fps: 0, links: [{ ...LINK, heldShare: 1, heldMs: 30, heldForMs: 3100 }], encodeShare: 0 },
    ],
    [
      'network',
      'limited by the network or the viewer at 10.0.0.2: 30 of 33 ms a frame',
      { links: [{ ...LINK, heldShare: 0.9, heldMs: 30, tcp: null }] },
    ],
  ])('%s: %s', (limit, text, change) => expect(verdict(change)).toEqual({ limit, text }));

  it('blames the fastest viewer, since captures wait for no other', () => {
    const links = [{ ...LINK, heldShare: 1, address: 'stopped' }, LINK];
    expect(verdict({ links })?.limit).toBe('compress');
  });

  it('names a level that was measured to give more, the one with the fewest bytes of several', () => {
    const levels = [
      { level: 1, timeFactor: 0.2, bytesFactor: 1.6 },
      { level: 3, timeFactor: 0.22, bytesFactor: 1.3 },
      { level: 9, timeFactor: 3, bytesFactor: 0.9 },
    ];
    expect(verdict({ levels, fpsCap: 240 })?.text).toBe(
      'limited by compression: 28 of 33 ms a frame; compression level 3 would give 86 fps',
    );
    expect(verdict({ levels })?.text).toMatch(/level 3 would give 60 fps$/);
  });

  it('promises nothing that the link was never seen to carry', () => {
    const levels = [{ level: 0, timeFactor: 0.01, bytesFactor: 60 }];
    const links = [{ ...LINK, tcp: { ...TCP, bytesPerSecond: 60e6 } }];
    expect(verdict({ levels, links })?.text).toBe('limited by compression: 28 of 33 ms a frame');
  });

  it('advises more compression where the network limits', () => {
    const links = [
      { ...LINK, heldShare: 0.9, heldMs: 30, tcp: { ...TCP, busyShare: 0.9, bytesPerSecond: 1.2e6, least: false } },
    ];
    const levels = [{ level: 9, timeFactor: 1.1, bytesFactor: 0.7 }];
    expect(verdict({ links, levels, stagesMs: { capture: 1, detect: 1, encode: 2 }, encodeShare: 0.06 })?.text).toMatch(
      /level 9 would give 41 fps$/,
    );
  });
});

describe('linkVerdict', () => {
  const of = (link: Partial<LinkUse>, tcp: Partial<TcpUse> = {}, fps = 10) =>
    linkVerdict({ ...LINK, heldShare: 0.9, heldMs: 90, ...link, tcp: { ...TCP, ...tcp } }, fps);

  it('does not take a late acknowledgement on a fast link for a network limit', () => {
    const loopback = { busyShare: 0.9, bytesPerSecond: 7e9, awaitedMs: 0.05 };
    expect(of({ heldMs: 40 }, loopback, 25)).toEqual({
      limit: 'viewer',
      text: 'limited by the viewer at 10.0.0.2: it takes 40 of 40 ms a frame',
    });
    expect(of({ heldMs: 90 }, { ...loopback, busyShare: 0.4 }).limit).toBe('viewer');
  });

  it('reports a link that is busy with the bytes for most of the time', () => {
    const slow = { busyShare: 0.9, bytesPerSecond: 1e6, carried: 0.9e6, least: false };
    expect(of({ heldBytes: 80_000, queuedBytes: 30_000 }, slow)).toEqual({
      limit: 'network',
      text: 'limited by the network to 10.0.0.2: 7.20 Mbit/s carried, 30 kB queued',
    });
    // It could have taken them in a small part of that time.
    expect(of({ heldBytes: 8000 }, slow).limit).toBe('viewer');
  });

  it('reports a long round trip where each update waits for an answer', () => {
    const far = { busyShare: 0.9, bytesPerSecond: 500_000, minRttMs: 80 };
    expect(of({}, { ...far, awaitedMs: 80 })).toEqual({
      limit: 'network',
      text: 'limited by the network to 10.0.0.2: a round trip takes 80 ms',
    });
  });

  it('does not blame a long round trip where updates overlap, nor a slow viewer behind one', () => {
    const far = { busyShare: 0.5, bytesPerSecond: 500_000, minRttMs: 80 };
    expect(of({}, far).limit).toBe('viewer');
    expect(of({ heldMs: 300 }, { ...far, busyShare: 0.27, awaitedMs: 80 }, 3).limit).toBe('viewer');
  });

  it('reports data that is lost or queues on the way, whatever the link once carried', () => {
    expect(of({ heldMs: 290 }, { busyShare: 0.85 }, 3).limit).toBe('network');
    const cut = of({ heldShare: 1, heldForMs: 3100, queuedBytes: 120_000 }, { busyShare: 1, carried: 0 }, 0);
    expect(cut).toEqual({
      limit: 'network',
      text: 'limited by the network to 10.0.0.2: 0.00 Mbit/s carried, 120 kB queued',
    });
  });

  it('writes large rates in full', () => {
    const text = of({ heldBytes: 1e9 }, { bytesPerSecond: 7.275e9, carried: 7.275e9, least: false, busyShare: 1 }).text;
    expect(text).toContain(': 58.2 Gbit/s carried, ');
  });
});

describe('watchVerdict', () => {
  it('says how much room there is when the sharer sets the pace', () => {
    const stagesMs = { receive: 1, decode: 2, present: 4 };
    expect(watchVerdict({ frozen: false, still: null, fps: 20, changed: 20, stagesMs })).toEqual({
      limit: 'sharer',
      text: 'in step with the sharer: busy 6.0 of 50 ms',
    });
  });

  it('does not blame the network alone for what a slow encoder causes as well', () => {
    const stagesMs = { receive: 49, decode: 2, present: 4 };
    expect(watchVerdict({ frozen: false, still: null, fps: 20, changed: 20, stagesMs })).toEqual({
      limit: 'network',
      text: "limited by the network or the sharer's encoding: 49 of 50 ms a frame to arrive",
    });
  });

  it('does not say that nothing changes where that is unknown', () => {
    const stagesMs = { receive: 0, decode: 2, present: 4 };
    const still = 'Connection lost. Reconnecting …';
    expect(watchVerdict({ frozen: false, still, fps: 0, changed: 0, stagesMs })).toEqual({
      limit: 'paused',
      text: still,
    });
  });
});
