import { describe, expect, it } from 'vitest';
import { fixedMemory } from '../../source/native/c-memory.js';
import { findVideoEncoders } from '../../source/native/h264-encoder.js';
import { random } from '../pixels/planes.js';

const SIZE = { width: 322, height: 180 };
/** 25 kB a picture at most, and much less on average. */
const CONFIG = { ...SIZE, bitrate: 1_200_000, framerate: 30 };

const picture = fixedMemory((SIZE.width * SIZE.height * 3) / 2);

/** A moving gradient with grain. */
function draw(turn: number): Uint8Array {
  const next = random(turn);
  for (let i = 0; i < SIZE.width * SIZE.height; i++) {
    picture[i] = 120 + 60 * Math.sin(((i % SIZE.width) + turn * 4) / 30) + next() * 12;
  }
  picture.fill(110 + (turn % 9), SIZE.width * SIZE.height);
  return picture;
}

/** The types of the NAL units of an access unit. */
function unitsOf(data: Uint8Array): number[] {
  const types: number[] = [];
  for (let at = 0; at + 3 < data.length; at++) {
    if (data[at] === 0 && data[at + 1] === 0 && data[at + 2] === 1) types.push(data[at + 3]! & 31);
  }
  return types;
}

const encoders = findVideoEncoders('');

it('both encoders are installed here, the better one first', () => {
  expect(encoders.map(({ name }) => name)).toEqual(['x264', 'OpenH264']);
});

it('one may be named, or none', () => {
  expect(findVideoEncoders('openh264').map(({ name }) => name)).toEqual(['OpenH264']);
  expect(findVideoEncoders('none')).toEqual([]);
});

describe.each(encoders)('$name', library => {
  it('gives each picture one slice, SPS and PPS before each IDR, and IDRs only where asked for', () => {
    const encoder = library.open(CONFIG, 'superfast');
    for (let turn = 0; turn < 60; turn++) {
      const asked = turn === 0 || turn === 40;
      const { data, key } = encoder.encode(draw(turn), asked);
      expect(key).toBe(asked);
      const units = unitsOf(data);
      expect(units.filter(type => type === 1 || type === 5)).toEqual([asked ? 5 : 1]);
      if (asked) expect(units.slice(0, 2)).toEqual([7, 8]);
    }
    encoder.close();
  });

  it('keeps to the rate, follows another one, and no IDR is larger than two pictures', () => {
    const encoder = library.open(CONFIG, 'superfast');
    let turn = 0;
    const meanOf = (pictures: number) => {
      let bytes = 0;
      for (let count = 0; count < pictures; count++) bytes += encoder.encode(draw(turn++), turn === 1).data.length;
      return bytes / pictures;
    };
    meanOf(30);
    expect(meanOf(30) / 5000).toBeLessThan(1.25);
    encoder.setRate(400_000, 30);
    meanOf(20);
    expect(meanOf(30) / 1667).toBeLessThan(1.25);
    // A quarter of the pictures a second, each four times as large.
    encoder.setRate(400_000, 7.5);
    meanOf(20);
    const mean = meanOf(20);
    expect(mean / 6667).toBeLessThan(1.25);
    expect(mean / 6667).toBeGreaterThan(0.5);
    expect(encoder.encode(draw(turn), true).data.length).toBeLessThan(2.3 * 6667);
    // Higher than ever before.
    encoder.setRate(2_400_000, 30);
    meanOf(20);
    expect(meanOf(30) / 10_000).toBeGreaterThan(0.6);
    encoder.close();
  });

  it('takes any rates, one after the other', () => {
    const next = random(5);
    for (let run = 0; run < 40; run++) {
      const encoder = library.open(CONFIG, 'superfast');
      for (let change = 0; change < 4; change++) {
        encoder.setRate(10 ** (3.5 + next() * 4.5), 1 + next() * 59);
        expect(encoder.encode(picture, false).data.length).toBeGreaterThan(0);
      }
      encoder.close();
    }
  });

  it('refuses what it cannot encode', () => {
    expect(() => library.open({ ...CONFIG, width: 40_000, height: 40_000 }, 'superfast')).toThrow(library.name);
  });

  it('gives nothing once it is closed', () => {
    const encoder = library.open(CONFIG, 'superfast');
    encoder.close();
    encoder.close();
    encoder.setRate(1000, 30);
    expect(() => encoder.encode(picture, true)).toThrow('closed');
  });
});
