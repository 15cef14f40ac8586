import { beforeEach, describe, expect, it } from 'vitest';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Screen } from '../../../source/pixels/screen.js';
import type { Thumbnail } from '../../../source/session/messages.js';
import { Thumbnailer } from '../../../source/session/share/thumbnailer.js';
import { FakeClock } from '../../helpers/fake-clock.js';

const memory = createPixelMemory();

describe('thumbnails', () => {
  let clock: FakeClock;
  let screen: Screen;
  let thumbnailer: Thumbnailer;
  let sent: Thumbnail[];

  function paint(colour: number): void {
    const { incoming } = screen;
    memory.kernels.fillRectangle(incoming.at(0, 0), incoming.stride, 160, 90, colour);
    screen.commit([incoming.bounds], clock.now());
    thumbnailer.changed();
  }

  beforeEach(() => {
    clock = new FakeClock();
    clock.advance(1000);
    screen = new Screen(memory, { width: 160, height: 90 });
    sent = [];
    thumbnailer = new Thumbnailer(
      clock,
      () => screen,
      thumbnail => sent.push(thumbnail),
    );
  });

  it('come four times a second at most, and always the last one', () => {
    thumbnailer.ask({ columns: 32, rows: 40 });
    for (let ms = 0; ms <= 1000; ms += 10) {
      paint(0x010101 * (1 + ms / 10));
      clock.advance(10);
    }
    clock.advance(1000);
    expect(sent).toHaveLength(6);
    expect(sent.at(-1)).toMatchObject({ columns: 32, rows: 18 });
    expect(new Set(sent.at(-1)!.rgb)).toEqual(new Set([101]));
  });

  it('come only when the picture has changed, and with a new size at once', () => {
    thumbnailer.ask({ columns: 32, rows: 40 });
    paint(0x333333);
    expect(sent).toHaveLength(1);
    clock.advance(1000);
    thumbnailer.changed();
    expect(sent).toHaveLength(1);
    thumbnailer.ask({ columns: 16, rows: 9 });
    expect(sent.at(-1)).toMatchObject({ columns: 16, rows: 9 });
  });

  it('do not come before there is a picture, nor after nobody wants them any more', () => {
    thumbnailer.ask({ columns: 32, rows: 40 });
    expect(sent).toEqual([]);
    paint(0x333333);
    paint(0x444444);
    thumbnailer.ask(null);
    clock.advance(1000);
    paint(0x555555);
    clock.advance(1000);
    expect(sent).toHaveLength(1);
    thumbnailer.ask({ columns: 0, rows: 9 });
    expect(sent).toHaveLength(1);
  });
});
