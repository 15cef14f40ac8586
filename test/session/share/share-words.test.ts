import { describe, expect, it } from 'vitest';
import { ConnectionNotices } from '../../../source/session/share/connection-notices.js';
import { levelText } from '../../../source/session/share/level-report.js';
import { duration, ViewerList } from '../../../source/session/share/viewer-list.js';
import type { ViewerSession } from '../../../source/session/share/viewer-session.js';
import { FakeClock } from '../../helpers/fake-clock.js';

describe('the report on a new level', () => {
  it.each([
    [{ fps: 31, bytes: 1000 }, { fps: 54, bytes: 1180 }, 'level 6 to 1: 31 to 54 fps, +18 % bytes a frame'],
    [{ fps: 60, bytes: 1000 }, { fps: 59.6, bytes: 700 }, 'level 6 to 1: 60 to 60 fps, −30 % bytes a frame'],
    [{ fps: 0, bytes: 1000 }, { fps: 0, bytes: 1000 }, 'level 6 to 1: static screen, +0 % bytes a frame'],
  ])('%j -> %j', (before, after, text) => expect(levelText(6, 1, before, after)).toBe(text));

  it('is omitted without a frame before or after', () => {
    expect(levelText(6, 1, { fps: 0, bytes: 0 }, { fps: 1, bytes: 5 })).toBeNull();
  });
});

describe('duration', () => {
  it.each([
    [400, '0 s'],
    [59_400, '59 s'],
    [180_000, '3 min'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
  ])('%d ms is %s', (ms, text) => expect(duration(ms)).toBe(text));
});

function viewer(id: number, address: string, state: ViewerSession['state']): ViewerSession {
  const nothing = () => {};
  const notAskedFor = () => {
    throw new Error('not asked for');
  };
  return {
    ...{ id, address, state, wantsFrame: false },
    ...{ onPicture: nothing, onCursor: nothing, onSettings: nothing, close: nothing, cut: nothing },
    snapshot: notAskedFor,
    ...{ link: notAskedFor, trial: notAskedFor, linkEstimate: notAskedFor, encodeAs: notAskedFor },
  };
}

describe('connection notices', () => {
  it('are shown one by one, but not in a flood of connections', () => {
    const clock = new FakeClock();
    const told: string[] = [];
    const notices = new ConnectionNotices(clock, (_tone, text) => told.push(text));
    for (let index = 0; index < 500; index++) notices.left(`stranger ${index}`, false);
    expect(told).toHaveLength(10);
    for (let index = 0; index < 30; index++) notices.joined(`viewer ${index} connected`);
    for (let index = 0; index < 30; index++) notices.left(`viewer ${index} left`, true);
    expect(told).toHaveLength(70);
    for (let index = 0; index < 500; index++) notices.joined(`flood ${index}`);
    expect(told).toHaveLength(74);
    clock.advance(10_000);
    expect(told.at(-1)).toBe('986 more connected or left');
    clock.advance(20_000);
    notices.left('stranger again', false);
    expect(told.at(-1)).toBe('stranger again');
    expect(told).toHaveLength(76);
  });
});

describe('ViewerList', () => {
  type State = ViewerSession['state'];

  function come(list: ViewerList, count: number, address: (index: number) => string, state: State, asks = false) {
    const cut: number[] = [];
    let came = 0;
    for (let index = 0; index < count; index++) {
      if (!list.makeRoom(address(index), asks)) continue;
      came++;
      const id = list.nextId();
      list.add({ ...viewer(id, address(index), state), cut: () => cut.push(id) });
    }
    return { come: came, cut };
  }

  it('limits those waiting for an answer, those from one other address, and all', () => {
    const list = new ViewerList(new FakeClock());
    expect(come(list, 40, () => '192.168.1.86', 'watching').come).toBe(24);
    expect(come(list, 30, index => `10.0.0.${index}`, 'asking', true).come).toBe(16);
    expect(come(list, 60, () => '127.0.0.1', 'watching').come).toBe(24);
    expect(list.all.length).toBe(64);
  });

  it('has room for those that need no answer, however many are waiting for one', () => {
    const list = new ViewerList(new FakeClock());
    come(list, 30, index => `10.0.0.${index}`, 'asking', true);
    expect(list.makeRoom('10.0.1.1', true)).toBe(false);
    expect(list.makeRoom('10.0.1.1', false)).toBe(true);
  });

  it('closes silent ones to make room, the oldest of the address that has most of them', () => {
    const list = new ViewerList(new FakeClock());
    expect(come(list, 2, () => '10.0.0.1', 'handshake')).toEqual({ come: 2, cut: [] });
    const flood = come(list, 40, () => '192.168.1.86', 'handshake');
    expect([flood.come, flood.cut.slice(0, 3), flood.cut.length]).toEqual([40, [3, 4, 5], 26]);
    const others = come(list, 100, index => `10.0.1.${index}`, 'watching');
    expect(others).toEqual({ come: 64, cut: [] });
    expect(list.makeRoom('10.0.2.1', false)).toBe(false);
    expect(flood.cut.length).toBe(40);
    expect(list.remove(3)).toBe('was disconnected in its handshake to make room for others');
  });

  it('treats all addresses of an IPv6 network as one client', () => {
    const list = new ViewerList(new FakeClock());
    expect(come(list, 40, index => `2001:db8::${index}`, 'watching').come).toBe(24);
    expect(come(list, 1, () => '2001:db8:0:1::1', 'watching').come).toBe(1);
    const silent = new ViewerList(new FakeClock());
    come(silent, 2, () => '10.0.0.1', 'handshake');
    expect(come(silent, 40, index => `2001:db8::${index}`, 'handshake').cut).not.toContain(1);
  });

  it('closes the newest request of a client with many to make room for a first one', () => {
    const list = new ViewerList(new FakeClock());
    const flood = come(list, 30, () => '10.0.0.1', 'asking', true);
    expect(flood).toEqual({ come: 16, cut: [] });
    expect(come(list, 20, () => '10.0.0.2', 'asking', true).come).toBe(8);
    expect(flood.cut).toEqual([16, 15, 14, 13, 12, 11, 10, 9]);
    expect(come(list, 1, () => '10.0.0.1', 'asking', true).come).toBe(0);
  });

  it('never closes a watching viewer to make room', () => {
    const list = new ViewerList(new FakeClock());
    come(list, 64, index => `10.0.0.${index}`, 'watching');
    expect(list.makeRoom('10.0.1.1', false)).toBe(false);
  });

  it('describes how a viewer left', () => {
    const clock = new FakeClock();
    const list = new ViewerList(clock);
    list.add(viewer(1, 'a', 'watching'));
    list.add(viewer(2, 'b', 'watching'));
    list.end(2, 'was ended');
    list.mark(2, 'was refused');
    clock.advance(180_000);
    expect([list.remove(1), list.remove(2)]).toEqual(['left after 3 min', 'was ended']);
  });

  it('reports no watching time for one that never watched', () => {
    const list = new ViewerList(new FakeClock());
    list.add(viewer(1, 'a', 'asking'));
    list.add(viewer(2, 'b', 'handshake'));
    expect([list.remove(1), list.remove(2)]).toEqual(['left before it was accepted', 'left without watching']);
  });
});
