import { expect, it } from 'vitest';
import { isDoubleClick, PanGestures } from '../../source/display/pan-gestures.js';
import { EVENT, WINDOW_EVENT } from '../../source/native/sdl2.js';

/** An SDL_Event, as SDL 2 lays it out. */
function event(type: number, fields: readonly (readonly [offset: number, value: number, bytes?: 1 | 4])[]): DataView {
  const view = new DataView(new ArrayBuffer(128));
  view.setUint32(0, type, true);
  for (const [offset, value, bytes = 4] of fields) {
    if (bytes === 1) view.setUint8(offset, value);
    else view.setInt32(offset, value, true);
  }
  return view;
}

const button = (type: number, which: number, clicks: number, x = 0, y = 0) =>
  event(type, [
    [16, which, 1],
    [18, clicks, 1],
    [20, x],
    [24, y],
  ]);
const motion = (x: number, y: number) =>
  event(EVENT.mouseMotion, [
    [20, x],
    [24, y],
  ]);
const wheel = (x: number, y: number, direction = 0) =>
  event(EVENT.mouseWheel, [
    [16, x],
    [20, y],
    [24, direction],
  ]);
const leave = event(EVENT.window, [[12, WINDOW_EVENT.leave, 1]]);
const free = () => false;
const WINDOW = { width: 800, height: 600 };

it('a drag with the left button pans with the pointer', () => {
  const gestures = new PanGestures();
  gestures.take(motion(100, 100), free);
  gestures.take(button(EVENT.mouseDown, 1, 1, 100, 100), free);
  expect(gestures.take(motion(80, 130), free)).toEqual({ x: 20, y: -30 });
  expect(gestures.take(motion(79, 130), free)).toEqual({ x: 1, y: 0 });
  gestures.take(button(EVENT.mouseUp, 1, 1, 79, 130), free);
  expect(gestures.take(motion(0, 0), free)).toEqual({ x: 0, y: 0 });
  gestures.take(button(EVENT.mouseDown, 3, 1, 0, 0), free);
  expect(gestures.take(motion(50, 50), free)).toEqual({ x: 0, y: 0 });
});

it('the wheel pans vertically, and horizontally with Shift or when tilted', () => {
  const turned = (event: DataView, shift: boolean) => {
    const { x, y } = new PanGestures().take(event, () => shift);
    // No difference between 0 and -0.
    return [x + 0, y + 0];
  };
  expect(turned(wheel(0, -1), false)).toEqual([0, 80]);
  expect(turned(wheel(0, 1, 1), false)).toEqual([0, 80]);
  expect(turned(wheel(1, 0), true)).toEqual([80, 0]);
  expect(turned(wheel(0, -1), true)).toEqual([80, 0]);
});

it('a pointer at the edge pans over time, and stops off the edge and outside the window', () => {
  const gestures = new PanGestures();
  gestures.take(motion(799, 300), free);
  expect(gestures.atEdge(WINDOW, 1000)).toEqual({ x: 0, y: 0 });
  expect(gestures.atEdge(WINDOW, 1020)).toEqual({ x: 18, y: 0 });
  expect(gestures.atEdge(WINDOW, 9000)).toEqual({ x: 45, y: 0 });
  gestures.take(motion(0, 0), free);
  expect(gestures.atEdge(WINDOW, 9020)).toEqual({ x: -18, y: -18 });
  gestures.take(motion(400, 300), free);
  expect(gestures.atEdge(WINDOW, 9040)).toBe(null);
  gestures.take(motion(400, 599), free);
  gestures.take(leave, free);
  expect(gestures.atEdge(WINDOW, 9060)).toBe(null);
});

it('detects a double click', () => {
  const clicks = [1, 2, 3].map(count => isDoubleClick(button(EVENT.mouseDown, 1, count)));
  expect(clicks).toEqual([false, true, false]);
  expect(isDoubleClick(button(EVENT.mouseDown, 3, 2))).toBe(false);
  expect(isDoubleClick(button(EVENT.mouseUp, 1, 2))).toBe(false);
});
