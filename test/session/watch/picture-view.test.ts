import { describe, expect, it } from 'vitest';
import type { Rectangle } from '../../../source/core/rectangle.js';
import type { Display, DisplayEvent } from '../../../source/display/display.js';
import { NoneDisplay } from '../../../source/display/none-display.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import type { Framebuffer } from '../../../source/pixels/framebuffer.js';
import { PictureView } from '../../../source/session/watch/picture-view.js';
import { bannerOf, windowTitle } from '../../../source/session/watch/watch-snapshot.js';
import { WATCH_WINDOW } from '../../../source/session/window-keys.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { full } from '../../helpers/full-memory.js';

const SIZE = { width: 64, height: 48 };

/** A window that a test plays. */
class FakeWindow extends NoneDisplay implements Display {
  readonly presented: { readonly colour: number; readonly dirty: number }[] = [];
  override readonly interactive = true as never;
  override fullscreen = false as never;
  readonly done: string[] = [];
  banner: string | null = null;
  events: DisplayEvent[] = [];

  override present(picture?: Framebuffer, dirty: readonly Rectangle[] = []): void {
    this.presented.push({ colour: picture!.bytes()[0]!, dirty: dirty.length });
  }

  override toggleFullscreen(): void {
    this.fullscreen = !this.fullscreen as never;
    this.done.push('fullscreen');
  }

  override pan(...by: readonly number[]): void {
    this.done.push(`pan ${by.join(' ')}`);
  }

  override setBanner(text?: string | null): void {
    this.banner = text ?? null;
  }

  override pump(): DisplayEvent[] {
    return this.events.splice(0);
  }
}

function setUp(window: Display = new FakeWindow()) {
  const memory = createPixelMemory();
  const clock = new FakeClock();
  const asked: string[] = [];
  const view = new PictureView(memory, window, clock, {
    keys: WATCH_WINDOW,
    fullscreen: false,
    scale: 'fit',
    title: () => 'a title',
    onAction: action => asked.push(action),
    onClosed: () => asked.push('closed'),
    onFailure(thrown) {
      throw thrown;
    },
  });
  return { clock, asked, view, memory, window: window as FakeWindow };
}

function opened() {
  const world = setUp();
  world.view.resize(SIZE);
  world.view.present([]);
  const press = (...keys: readonly string[]) => {
    world.window.events.push(...keys.map(key => ({ type: 'key', key }) as const));
    world.clock.advance(100);
  };
  return { ...world, press };
}

it('the picture is kept when one of another size does not fit in memory', () => {
  const { view, memory } = setUp(new NoneDisplay());
  const first = view.resize(SIZE);
  first.bytes().fill(7);
  view.present([]);
  const end = full(memory);
  expect(() => view.resize({ width: 640, height: 480 })).toThrow(expect.objectContaining({ code: 'E_MEMORY' }));
  expect(view.picture?.bytes().every(byte => byte === 7)).toBe(true);
  expect(view.resize(SIZE)).toBe(first);
  end();
  expect(view.resize({ width: 640, height: 480 }).width).toBe(640);
  expect(() => memory.lengthOf(first.pointer)).toThrow(RangeError);
});

it('a framebuffer that an ended connection still paints is not reused', () => {
  const { view } = setUp(new NoneDisplay());
  const first = view.resize(SIZE);
  expect(view.resize(SIZE)).toBe(first);
  const release = first.hold();
  const second = view.resize(SIZE);
  expect(second).not.toBe(first);
  second.bytes().fill(1);
  first.bytes().fill(2);
  expect(second.bytes().every(byte => byte === 1)).toBe(true);
  release();
  expect(view.resize(SIZE)).toBe(second);
  view.close();
});

it('a frozen picture stays, whatever comes, and the newest follows when it is released', () => {
  const { view, window } = setUp();
  const live = view.resize(SIZE);
  live.bytes().fill(1);
  view.present([live.bounds]);
  view.freeze(true);
  expect(view.frozen).toBe(true);
  const shown = window.presented.length;
  live.bytes().fill(2);
  view.present([live.bounds]);
  expect(window.presented).toHaveLength(shown);
  expect(view.picture?.bytes()[0]).toBe(1);
  view.freeze(false);
  expect(window.presented.at(-1)).toEqual({ colour: 2, dirty: 1 });
  expect(view.picture).toBe(live);
  view.close();
});

describe('keys of the window', () => {
  it('Esc leaves full screen, and ends nothing: in a window it names the key that does', () => {
    const { window, asked, press, view } = opened();
    window.toggleFullscreen();
    press('escape');
    expect([window.fullscreen, window.banner]).toEqual([false, null]);
    press('escape');
    expect([window.done, window.banner, asked]).toEqual([
      ['fullscreen', 'fullscreen'],
      'Press q to stop watching.',
      [],
    ]);
    press('q');
    window.events.push({ type: 'closed' });
    press();
    expect(asked).toEqual(['end', 'closed']);
    view.close();
  });

  it('arrows pan, and ? toggles the list of keys', () => {
    const { window, asked, press, clock, view } = opened();
    press('left', 'down');
    expect([window.done, asked]).toEqual([['pan -1 0', 'pan 0 1'], []]);
    press('?');
    expect(window.banner).toContain('stop watching');
    press('?');
    expect(window.banner).toBe(null);
    press('?');
    clock.advance(20_000);
    expect(window.banner).toBe(null);
    view.close();
  });
});

describe('the banner', () => {
  it("stays while its state holds; a key's hint covers it for a moment", () => {
    const { view, window, clock } = setUp();
    view.setBanner('The sharer paused the share.');
    expect(window.banner).toBe(null);
    view.resize(SIZE);
    view.present([]);
    expect(window.banner).toBe('The sharer paused the share.');
    view.freeze(true);
    expect(window.banner).toContain('Frozen');
    clock.advance(3000);
    expect(window.banner).toBe('The sharer paused the share.');
    view.setBanner(null);
    expect(window.banner).toBe(null);
    view.freeze(false);
    view.freeze(true);
    view.freeze(false);
    expect(window.banner).toBe(null);
    view.close();
  });

  it('gives the reason for a still picture, and is absent otherwise', () => {
    expect(bannerOf('watching', null)).toBe(null);
    expect(bannerOf('watching', { kind: 'sharing', text: '' })).toBe(null);
    expect(bannerOf('watching', { kind: 'paused', text: '' })).toBe('The sharer paused the share.');
    expect(bannerOf('frozen', { kind: 'minimised', text: 'Notes is minimised.' })).toBe('Notes is minimised.');
    expect(bannerOf('reconnecting', null)).toMatch(/Reconnecting/);
    expect(bannerOf('waiting', null)).toMatch(/sharer's OK/);
    // It was let in, and what was said before the connection went no longer counts.
    expect(bannerOf('waiting', { kind: 'paused', text: '' })).toBe('The sharer paused the share.');
    expect(bannerOf('waiting', { kind: 'sharing', text: '' })).toBe(null);
    expect(bannerOf('reconnecting', { kind: 'paused', text: '' })).toMatch(/Reconnecting/);
  });
});

it('the title has no rate while nothing moves', () => {
  expect(windowTitle('10.0.0.1', 'watching', 30.6)).toBe('10.0.0.1: 31 fps - peerglass');
  expect(windowTitle('10.0.0.1', 'watching', 0.2)).toBe('10.0.0.1 - peerglass');
  expect(windowTitle('10.0.0.1', 'reconnecting', 0)).toBe('10.0.0.1: reconnecting - peerglass');
});
