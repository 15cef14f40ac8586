import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { CanvasShare } from './canvas-share.js';
import { Chromium, hashOf } from './chromium.mjs';
import { stopAfterEach } from './cleanup.js';

export type OpenedPage = Awaited<ReturnType<Chromium['open']>>;

/**
 * Opens pages in one Chromium for a test file. After each test they are closed, and must have complained of nothing.
 * Call it once at the top of a test file.
 * @param harmless complaints that say nothing
 */
export function pageOpener(harmless?: RegExp) {
  let chromium: Chromium;
  const later = stopAfterEach();
  const opened: OpenedPage[] = [];
  beforeAll(async () => {
    chromium = await Chromium.start();
  });
  afterAll(() => chromium.stop());
  afterEach(() => {
    const complaints = opened.splice(0).flatMap(page => page.complaints);
    expect(complaints.filter(text => !harmless?.test(text))).toEqual([]);
  });
  return async (url: string, options: Parameters<Chromium['open']>[1] = {}): Promise<OpenedPage> => {
    const page = later(await chromium.open(url, options));
    opened.push(page);
    return page;
  };
}

/** Resolves when a page shows every pixel of a share. */
export function isExact(page: OpenedPage, { canvas }: CanvasShare): Promise<void> {
  return expect.poll(() => page.shown()).toEqual(hashOf(canvas));
}
