import { describe, expect, it } from 'vitest';
import { BGRX } from '../../../source/core/pixel-format.js';
import * as write from '../../../source/protocols/rfb/client-writer.js';

const area = { x: 1, y: 2, width: 0x1234, height: 0xffff };

describe("the viewer's messages", () => {
  it('set the pixel format', () => {
    const format = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
    expect([...write.setPixelFormat(BGRX)]).toEqual([0, 0, 0, 0, ...format]);
  });

  it('list encodings, negative ones too', () => {
    const numbers = [0, 0, 0, 7, 0xff, 0xff, 0xfe, 0xc8];
    expect([...write.setEncodings([7, -312])]).toEqual([2, 0, 0, 2, ...numbers]);
  });

  it('ask for an update', () => {
    expect([...write.updateRequest(true, area)]).toEqual([3, 1, 0, 1, 0, 2, 0x12, 0x34, 0xff, 0xff]);
    expect([...write.updateRequest(false, area).subarray(0, 2)]).toEqual([3, 0]);
  });

  it('turn continuous updates on and off', () => {
    expect([...write.enableContinuousUpdates(true, area)]).toEqual([150, 1, 0, 1, 0, 2, 0x12, 0x34, 0xff, 0xff]);
    expect([...write.enableContinuousUpdates(false, area).subarray(0, 2)]).toEqual([150, 0]);
  });

  it('answer a fence', () => {
    expect([...write.clientFence(3, Uint8Array.of(9, 8))]).toEqual([248, 0, 0, 0, 0, 0, 0, 3, 2, 9, 8]);
    expect([...write.clientFence(0x8000_0000, new Uint8Array(0))]).toEqual([248, 0, 0, 0, 0x80, 0, 0, 0, 0]);
    expect(() => write.clientFence(0, new Uint8Array(65))).toThrow(RangeError);
  });
});
