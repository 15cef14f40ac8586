import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../source/cli/arguments.js';
import { runBakeoff } from '../../source/cli/bakeoff.js';
import type { BakeoffCommand } from '../../source/cli/command.js';
import type { BakeoffReport } from '../../source/session/bakeoff.js';
import { FakeServices, shareSnapshot, viewer } from '../helpers/fake-sessions.js';

const REPORT: BakeoffReport = {
  state: 'done',
  problem: null,
  viewer: { id: 1, address: '127.0.0.1', wire: 'rfb' },
  frames: { count: 3, whole: false, pixels: 1000, from: 0, to: 1, part: 1 },
  link: { bytesPerSecond: 125_000, least: false, by: 'told' },
  fpsCap: 60,
  total: 2,
  tried: 2,
  rows: [
    {
      choice: { encoding: 'tight', level: 2, jpeg: { quality: 75, subsampling: '4:2:2' } },
      levels: { least: 2, most: 3 },
      qualities: { least: 60, most: 75 },
      ...{ ms: 1.234, bytes: 4321.4, ratio: 12.34, fps: 28.9, limit: 'link', least: false, present: true, best: true },
    },
    {
      choice: { encoding: 'raw', level: null, jpeg: null },
      levels: null,
      qualities: null,
      ...{ ms: 0.1, bytes: 40_000, ratio: 0.75, fps: 3.1, limit: 'link', least: false, present: false, best: false },
    },
  ],
};

function begin(line: string) {
  const services = new FakeServices();
  const printed: string[] = [];
  let interrupt: (exitCode: number) => void = () => {};
  const done = runBakeoff(parseArguments(line.split(' ')) as BakeoffCommand, {
    services,
    print: async text => void printed.push(text),
    onInterrupt: listener => {
      interrupt = listener;
    },
  });
  const share = services.shares[0]!;
  share.emit({
    type: 'listening',
    wires: [{ wire: 'rfb', address: '127.0.0.1', port: 5901 }],
    code: null,
    vncPassword: null,
  });
  return { services, share, printed, done, interrupt: (exitCode: number) => interrupt(exitCode) };
}

describe('peerglass bakeoff', () => {
  test('asks once frames have come, for the given link, and prints a table', async () => {
    const { services, share, printed, done } = begin('bakeoff --link 1mbit --duration 0.05');
    expect(services.watches[0]?.options.peer).toEqual({ host: '127.0.0.1', port: 5901 });
    await new Promise(resolve => setTimeout(resolve, 100));
    expect(share.sent).toEqual([]);
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: [viewer(1)] }) });
    await expect.poll(() => share.sent).toEqual([{ type: 'bakeoff', viewer: null, link: 125_000 }]);
    share.emit({ type: 'bakeoff', report: { ...REPORT, state: 'running', rows: [] } });
    share.emit({ type: 'bakeoff', report: REPORT });
    expect(await done).toBe(0);
    expect(printed.join('').split('\n')).toEqual([
      'the last 3 frames, as the picture is now, 1000 pixels each',
      'fps for a link of 1.00 Mbit/s, cap 60',
      '',
      'encoding    compression  quality    ms  bytes  ratio   fps  limit',
      'Tight+JPEG          2-3    60-75  1.23   4321   12.3  28.9  link   best now lossy',
      'Raw                               0.10  40000    0.8   3.1  link',
      '',
      'best: fewest bytes within 5 % of top fps, lossless first',
      '',
    ]);
    expect([services.watches[0]?.stopped, share.stopped]).toEqual([true, true]);
  });

  test('prints the report as one line of JSON', async () => {
    const { share, printed, done } = begin('bakeoff --json');
    share.emit({ type: 'bakeoff', report: REPORT });
    expect(await done).toBe(0);
    expect(printed).toHaveLength(1);
    expect(JSON.parse(printed[0]!)).toEqual(REPORT);
  });

  test('fails with what ended the share, the viewer or the bake-off, and ends all when interrupted', async () => {
    const error = { code: 'E_NO_DISPLAY', message: 'There is no screen.', remedy: '' } as const;
    const first = begin('bakeoff');
    first.share.emit({ type: 'ended', error, frames: 0 });
    await expect(first.done).rejects.toMatchObject({ code: 'E_NO_DISPLAY' });
    const second = begin('bakeoff');
    second.services.watches[0]?.emit({ type: 'ended', error: { ...error, code: 'E_CONNECT' }, frames: 0 });
    await expect(second.done).rejects.toMatchObject({ code: 'E_CONNECT' });
    expect(second.share.stopped).toBe(true);
    const third = begin('bakeoff');
    third.share.emit({ type: 'bakeoff', report: { ...REPORT, state: 'failed', problem: '127.0.0.1 has left.' } });
    await expect(third.done).rejects.toMatchObject({ code: 'E_PEER_CLOSED', message: '127.0.0.1 has left.' });
    const fourth = begin('bakeoff');
    fourth.interrupt(130);
    expect(await fourth.done).toBe(130);
    expect(fourth.share.stopped).toBe(true);
  });
});
