import { describe, expect, it } from 'vitest';
import { ConnectionNotices } from '../../../source/session/share/connection-notices.js';
import { levelText } from '../../../source/session/share/level-report.js';
import { VIEWER_LIMITS } from '../../../source/session/share/viewer-limits.js';
import { duration, ViewerList } from '../../../source/session/share/viewer-list.js';
import type { ViewerSession } from '../../../source/session/share/viewer-session.js';
import { FakeClock } from '../../helpers/fake-clock.js';

describe('the report on a new level', () => {
  it.each([
    [{ fps: 31, bytes: 1000 }, { fps: 54, bytes: 1180 }, 'compression level 6 to 1: 31 to 54 fps, +18 % bytes a frame'],
    [
      { fps: 60, bytes: 1000 },
      { fps: 59.6, bytes: 700 },
      'compression level 6 to 1: 60 to 60 fps, −30 % bytes a frame',
    ],
    [{ fps: 0, bytes: 1000 }, { fps: 0, bytes: 1000 }, 'compression level 6 to 1: static screen, +0 % bytes a frame'],
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

function viewer(
  id: number,
  address: string,
  state: ViewerSession['state'],
  admission: ViewerSession['admission'] = state === 'handshake' ? 'silent' : 'settled',
): ViewerSession {
  const nothing = () => {};
  const notAskedFor = () => {
    throw new Error('not asked for');
  };
  return {
    ...{
      id,
      address,
      state,
      admission,
      wantsFrame: false,
      takesSmall: false,
      ...{ fixedRate: 0, demand: 0, grant() {}, limitRate: () => true },
      encodeProfile: null,
      budget: null,
      name: null,
      proven: null,
    },
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
  interface Coming {
    readonly asks?: boolean;
    readonly admission?: ViewerSession['admission'];
    /** Moved on before each. */
    readonly clock?: FakeClock;
  }

  function come(
    list: ViewerList,
    count: number,
    address: (index: number) => string,
    state: State,
    { asks = false, admission, clock }: Coming = {},
  ) {
    const cut: number[] = [];
    let came = 0;
    for (let index = 0; index < count; index++) {
      clock?.advance(VIEWER_LIMITS.silentMs);
      if (!list.makeRoom(address(index), asks)) continue;
      came++;
      const id = list.nextId();
      list.add({ ...viewer(id, address(index), state, admission), cut: () => cut.push(id) });
    }
    return { come: came, cut };
  }

  const { connections, connectionsFromOne, silentFromOne, asking } = VIEWER_LIMITS;

  it('has room for a class behind one router: a hundred viewers of one address, and others beside them', () => {
    const list = new ViewerList(new FakeClock());
    expect(come(list, 100, () => '192.168.1.86', 'watching')).toEqual({ come: 100, cut: [] });
    expect(come(list, 20, () => '192.168.1.87', 'watching')).toEqual({ come: 20, cut: [] });
  });

  it('has room for a class that connects at once and types its codes side by side', () => {
    const list = new ViewerList(new FakeClock());
    expect(come(list, 100, () => '192.168.1.86', 'handshake')).toEqual({ come: 100, cut: [] });
    const typing = new ViewerList(new FakeClock());
    expect(come(typing, 100, () => '192.168.1.86', 'handshake', { admission: 'typing' }).cut).toEqual([]);
  });

  it('bounds those that wait for an answer, those from one machine, and the total', () => {
    const list = new ViewerList(new FakeClock());
    expect(come(list, connections, () => '192.168.1.86', 'watching').come).toBe(connectionsFromOne);
    expect(come(list, asking + 20, index => `10.0.0.${index}`, 'asking', { asks: true }).come).toBe(
      connections - connectionsFromOne,
    );
    expect(list.all.length).toBe(connections);
    const asks = new ViewerList(new FakeClock());
    expect(come(asks, asking + 20, index => `10.0.0.${index}`, 'asking', { asks: true }).come).toBe(asking);
  });

  it('has room for viewers that need no answer, however many wait for one', () => {
    const list = new ViewerList(new FakeClock());
    come(list, asking + 10, index => `10.0.0.${index}`, 'asking', { asks: true });
    expect(list.makeRoom('10.0.0.200', true)).toBe(false);
    expect(list.makeRoom('10.0.0.200', false)).toBe(true);
  });

  it('lets few stay silent for long from one address: the oldest gives way', () => {
    const clock = new FakeClock();
    const list = new ViewerList(clock);
    const flood = come(list, 40, () => '192.168.1.86', 'handshake', { clock });
    expect(flood.come).toBe(40);
    expect(flood.cut.slice(0, 3)).toEqual([1, 2, 3]);
    expect(flood.cut.length).toBe(40 - silentFromOne);
    expect(list.remove(1)).toBe('was disconnected in its handshake to make room for others');
  });

  it('lets silent ones give way before those with a challenge, and both to whoever comes', () => {
    const list = new ViewerList(new FakeClock());
    const typing = come(list, 100, () => '10.0.0.1', 'handshake', { admission: 'typing' });
    const silent = come(list, connections - 100, index => `10.1.0.${index}`, 'handshake');
    const others = come(list, connections, index => `10.2.${index}.1`, 'watching');
    expect(others).toEqual({ come: connections, cut: [] });
    expect([silent.cut.length, typing.cut.length]).toEqual([connections - 100, 100]);
    expect(typing.cut.slice(0, 3)).toEqual([1, 2, 3]);
    expect(list.makeRoom('10.3.0.1', false)).toBe(false);
  });

  it('lets whoever types keep its place while a machine with many addresses takes all others', () => {
    const list = new ViewerList(new FakeClock());
    const honest = come(list, 1, () => '10.0.0.1', 'handshake', { admission: 'typing' });
    const flood = come(list, 1000, index => `2001:db8:1:${index.toString(16)}::1`, 'handshake', {
      admission: 'typing',
    });
    expect([flood.come, honest.cut]).toEqual([1000, []]);
  });

  it('treats all addresses of an IPv6 network as one client', () => {
    const list = new ViewerList(new FakeClock());
    expect(come(list, connections, index => `2001:db8::${index}`, 'watching').come).toBe(connectionsFromOne);
    expect(come(list, 1, () => '2001:db8:0:1::1', 'watching').come).toBe(1);
  });

  it('closes the newest request of a client with many to make room for a first one', () => {
    const list = new ViewerList(new FakeClock());
    const flood = come(list, asking + 4, () => '10.0.0.1', 'asking', { asks: true });
    expect(flood).toEqual({ come: asking, cut: [] });
    expect(come(list, asking, () => '10.0.0.2', 'asking', { asks: true }).come).toBe(asking / 2);
    expect(flood.cut.slice(0, 3)).toEqual([asking, asking - 1, asking - 2]);
    expect(come(list, 1, () => '10.0.0.1', 'asking', { asks: true }).come).toBe(0);
  });

  it('never closes a watching viewer to make room', () => {
    const list = new ViewerList(new FakeClock());
    come(list, connections, index => `10.0.0.${index}`, 'watching');
    expect(list.makeRoom('10.0.1.1', false)).toBe(false);
  });

  it('describes how a viewer left', () => {
    const clock = new FakeClock();
    const list = new ViewerList(clock);
    list.add(viewer(1, 'a', 'watching'));
    list.add(viewer(2, 'b', 'watching'));
    list.end(2, 'was ended', 'ended');
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
