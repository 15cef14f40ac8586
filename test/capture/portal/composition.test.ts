import { beforeEach, describe, expect, test } from 'vitest';
import { Composition } from '../../../source/capture/portal/composition.js';
import type { CastStream } from '../../../source/capture/portal/screen-cast.js';
import type { Rectangle } from '../../../source/core/rectangle.js';
import { FakeClock } from '../../helpers/fake-clock.js';

const SIZE = { width: 20, height: 10 };
const ALL: Rectangle = { x: 0, y: 0, ...SIZE };
const SMALL: Rectangle = { x: 3, y: 4, width: 2, height: 1 };
const STREAM: CastStream = { node: 1, position: null, size: null };

let clock: FakeClock;
let told: unknown[];
let memory: Buffer;
let composition: Composition;

beforeEach(() => {
  clock = new FakeClock();
  begin([STREAM]);
});

function begin(streams: readonly CastStream[], region: Rectangle | null = null): void {
  told = [];
  memory = Buffer.alloc(40 * 20 * 4);
  composition = new Composition(streams, region, {
    clock,
    send: message => told.push(message),
    written: (answers, rectangles) => told.push([answers, ...rectangles]),
  });
}

/** A frame of one colour. */
function frame(colour: number, damage: readonly Rectangle[] | null, index = 0, size = SIZE): void {
  const part = composition.parts[index]!;
  if (part.format?.width !== size.width) composition.negotiated(part, size, 'BGRx');
  const bytes = Buffer.from(new Uint32Array(size.width * size.height).fill(colour).buffer);
  composition.frame(part, { bytes, stride: size.width * 4, damage, crop: null, transform: 0 });
}

function room(size = SIZE): void {
  composition.takeMemory({ write: (bytes, offset) => memory.set(bytes, offset) }, size);
}

/** What was told since the last time. */
function news(): unknown[] {
  return told.splice(0);
}

const pixel = (x: number, y: number, width = SIZE.width) => memory.readUInt32LE((y * width + x) * 4);

describe('the picture of one stream', () => {
  test('is written when the reader allows it: at first all of it, then what changed', () => {
    composition.next(true);
    frame(1, [SMALL]);
    expect(news()).toEqual([{ type: 'size', ...SIZE }]);
    room();
    expect(news()).toEqual([[1, ALL]]);
    frame(2, [SMALL]);
    frame(3, [{ ...SMALL, y: 8 }]);
    expect(news(), 'once').toEqual([{ type: 'newer' }]);
    expect(pixel(3, 4), 'nothing is written while it is read').toBe(1);
    composition.next(true);
    expect(news()).toEqual([[2, SMALL, { ...SMALL, y: 8 }]]);
    expect([pixel(3, 4), pixel(4, 8), pixel(0, 0)]).toEqual([3, 3, 1]);
    composition.next(true);
    expect(news(), 'nothing new').toEqual([]);
    composition.next(false);
    expect(news(), 'but an answer is wanted').toEqual([[4]]);
  });

  test('is handed over as a whole 1.5 seconds after a change that was told in part, and not again', () => {
    composition.next(true);
    frame(1, null);
    room();
    composition.next(true);
    clock.advance(60_000);
    expect(news(), 'a still screen costs nothing').toEqual([{ type: 'size', ...SIZE }, [1, ALL]]);
    frame(2, [SMALL]);
    expect([pixel(3, 4), pixel(0, 0)]).toEqual([2, 1]);
    composition.next(true);
    clock.advance(1_499);
    expect(news()).toEqual([[2, SMALL]]);
    clock.advance(1);
    expect(news()).toEqual([[3, ALL]]);
    expect(pixel(0, 0)).toBe(2);
    composition.next(true);
    clock.advance(60_000);
    expect([news(), clock.pending]).toEqual([[], 0]);
  });

  test('starts again with another size, and is written again when there is room for that', () => {
    composition.next(true);
    frame(1, null);
    room();
    news();
    composition.next(true);
    const larger = { width: 40, height: 20 };
    frame(2, [SMALL], 0, larger);
    expect(news()).toEqual([{ type: 'size', ...larger }]);
    room(SIZE);
    expect(news(), 'room of the size before').toEqual([]);
    room(larger);
    expect(news()).toEqual([[2, { x: 0, y: 0, ...larger }]]);
  });

  test('leaves out frames that are not all there', () => {
    composition.negotiated(composition.parts[0]!, SIZE, 'BGRx');
    const short = { bytes: Buffer.alloc(8), stride: 80, damage: null, crop: null, transform: 0 };
    expect(composition.frame(composition.parts[0]!, short)).toBe(false);
    expect(news()).toEqual([]);
  });

  test('keeps the pointer that came before the picture, and its shape', () => {
    const bitmap = { format: 11, width: 1, height: 1, stride: 4, pixels: Buffer.of(1, 2, 3, 4) };
    const place = { x: 5, y: 6, hotspotX: 1, hotspotY: 2 };
    composition.cursor(composition.parts[0]!, { ...place, bitmap });
    expect(news()).toEqual([]);
    frame(1, null);
    const shape = { width: 1, height: 1, rgba: Uint8Array.of(1, 2, 3, 4), hotspotX: 1, hotspotY: 2, serial: 1 };
    expect(news()).toContainEqual({ type: 'cursor', x: 5, y: 6, shape });
    composition.cursor(composition.parts[0]!, { ...place, x: 7, bitmap: undefined });
    expect(news()).toEqual([{ type: 'cursor', x: 7, y: 6, shape: undefined }]);
  });
});

test('several streams are one picture, black where no monitor is', () => {
  begin([
    { node: 1, position: { x: 0, y: 0 }, size: SIZE },
    { node: 2, position: { x: 20, y: 10 }, size: { width: 10, height: 5 } },
  ]);
  composition.next(true);
  frame(1, null);
  expect(news(), 'the other one is missing').toEqual([]);
  // It has a scale of 2, which counts for all places.
  frame(2, null, 1, SIZE);
  const both = { width: 60, height: 30 };
  expect(news()).toEqual([{ type: 'size', ...both }]);
  memory = Buffer.alloc(60 * 30 * 4, 9);
  room(both);
  expect(news()).toEqual([[1, { x: 0, y: 0, ...both }]]);
  expect([pixel(0, 0, 60), pixel(40, 20, 60), pixel(59, 29, 60), pixel(30, 0, 60)]).toEqual([1, 2, 2, 0]);
});

test('a region that does not lie on the picture any more is told, and when it does again', () => {
  begin([STREAM], { x: 10, y: 5, width: 5, height: 5 });
  composition.next(true);
  frame(1, null);
  room({ width: 5, height: 5 });
  expect(news()).toEqual([{ type: 'size', width: 5, height: 5 }, [1, { x: 0, y: 0, width: 5, height: 5 }]]);
  composition.next(true);
  frame(2, null, 0, { width: 12, height: 10 });
  expect(news()).toEqual([{ type: 'placed', placed: false }]);
  composition.next(false);
  expect(news(), 'a reader is not left waiting').toEqual([[3]]);
  composition.next(true);
  frame(3, null);
  expect(news()).toEqual([{ type: 'placed', placed: true }, [4, { x: 0, y: 0, width: 5, height: 5 }]]);
});
