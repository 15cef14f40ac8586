import { describe, expect, it } from 'vitest';
import { levelText } from '../../../source/session/share/level-report.js';
import { duration, ViewerList } from '../../../source/session/share/viewer-list.js';
import type { ViewerSession } from '../../../source/session/share/viewer-session.js';
import { FakeClock } from '../../helpers/fake-clock.js';

describe('what is told about levels', () => {
  it.each([
    [{ fps: 31, bytes: 1000 }, { fps: 54, bytes: 1180 }, 'level 6 to 1: 31 to 54 fps, +18 % bytes a frame'],
    [{ fps: 60, bytes: 1000 }, { fps: 59.6, bytes: 700 }, 'level 6 to 1: 60 to 60 fps, −30 % bytes a frame'],
    [{ fps: 0, bytes: 1000 }, { fps: 0, bytes: 1000 }, 'level 6 to 1: a still screen, +0 % bytes a frame'],
  ])('%j -> %j', (before, after, text) => expect(levelText(6, 1, before, after)).toBe(text));

  it('is nothing without a frame before or after', () => {
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
    ...{ onPicture: nothing, onCursor: nothing, onSettings: nothing, close: nothing },
    snapshot: notAskedFor,
    ...{ link: notAskedFor, trial: notAskedFor, outlook: notAskedFor, encodeAs: notAskedFor },
  };
}

describe('ViewerList', () => {
  it('bounds those who have not been let in, those from one other machine, and all', () => {
    const list = new ViewerList(new FakeClock());
    const add = (count: number, address: (index: number) => string, state: ViewerSession['state']) => {
      const added = Array.from({ length: count }, (_, index) => list.add(viewer(list.nextId(), address(index), state)));
      return added.filter(Boolean).length;
    };
    expect(add(40, () => '192.168.1.86', 'watching')).toBe(24);
    expect(add(30, index => `10.0.0.${index}`, 'asking')).toBe(16);
    expect(add(60, () => '127.0.0.1', 'watching')).toBe(0);
    for (const { id } of list.asking) list.remove(id);
    expect(add(60, () => '127.0.0.1', 'watching')).toBe(40);
    expect(list.all.length).toBe(64);
  });

  it('says how a viewer left', () => {
    const clock = new FakeClock();
    const list = new ViewerList(clock);
    list.add(viewer(1, 'a', 'watching'));
    list.add(viewer(2, 'b', 'watching'));
    list.end(2, 'was ended');
    list.mark(2, 'was refused');
    clock.advance(180_000);
    expect([list.remove(1), list.remove(2)]).toEqual(['left after 3 min', 'was ended']);
  });
});
