import { expect, it } from 'vitest';
import { NoneDisplay } from '../../../source/display/none-display.js';
import { createPixelMemory } from '../../../source/pixels/kernels.js';
import { PictureView } from '../../../source/session/watch/picture-view.js';
import { FakeClock } from '../../helpers/fake-clock.js';

it('a picture that an ended connection still paints is not given to the next one', async () => {
  const view = new PictureView(createPixelMemory(), new NoneDisplay(), new FakeClock(), {
    fullscreen: false,
    scale: 'fit',
    title: () => 'a title',
    onEvent() {},
    onFailure(thrown) {
      throw thrown;
    },
  });
  const size = { width: 64, height: 48 };
  const first = view.resize(size);
  expect(view.resize(size)).toBe(first);
  const release = first.hold();
  const second = view.resize(size);
  expect(second).not.toBe(first);
  second.bytes().fill(1);
  first.bytes().fill(2);
  expect(second.bytes().every(byte => byte === 1)).toBe(true);
  release();
  expect(view.resize(size)).toBe(second);
  view.close();
});
