import { chromium } from 'playwright-core';
import { CHROMIUM_ARGUMENTS, findProgram } from '../../scripts/programs.mjs';

/** Debian's Chromium, without a window. Complaints of its pages are kept. */
export class Chromium {
  #browser;

  static async start() {
    const executablePath = findProgram('chromium');
    if (!executablePath) throw new Error('chromium is not installed');
    return new Chromium(await chromium.launch({ executablePath, args: CHROMIUM_ARGUMENTS }));
  }

  /** @private */
  constructor(browser) {
    this.#browser = browser;
  }

  /**
   * A page in a context of its own.
   * @param {string} url
   * @param {object} options
   * @param {{ width: number, height: number }} [options.viewport]
   * @param {number} [options.scale] the screen's pixels for each of CSS
   * @param {string} [options.script] run before the page's own
   * @param {object} [options.context] for the browser's context
   */
  async open(url, { viewport = { width: 800, height: 600 }, scale = 1, script = '', context: more = {} } = {}) {
    const context = await this.#browser.newContext({ viewport, deviceScaleFactor: scale, ...more });
    const page = await context.newPage();
    const opened = new OpenedPage(page, context, url);
    if (script) await page.addInitScript(script);
    await page.goto(url);
    return opened;
  }

  async stop() {
    await this.#browser.close();
  }
}

/** A hash of the colours that the canvas shows, read by ordinary means. */
export function hashOfCanvas() {
  const shown = document.querySelector('canvas');
  if (!shown || shown.width < 2) return { width: 0, height: 0, hash: 0 };
  const { width, height } = shown;
  const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  copy.drawImage(shown, 0, 0);
  const pixels = new Uint32Array(copy.getImageData(0, 0, width, height).data.buffer);
  let hash = 0x811c9dc5;
  for (const pixel of pixels) hash = Math.imul(hash ^ (pixel & 0xffffff), 0x01000193);
  return { width, height, hash: hash >>> 0 };
}

/** Red, green and blue of the canvas's pixels; null: it has another size, or there is none. */
function rgbOfCanvas({ width, height }) {
  const shown = document.querySelector('canvas');
  if (shown?.width !== width || shown.height !== height) return null;
  const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  copy.drawImage(shown, 0, 0);
  return [...copy.getImageData(0, 0, width, height).data].filter((_, at) => at % 4 !== 3);
}

/**
 * The same hash of a share's picture.
 * @param {{ width: number, height: number, colours: Uint32Array }} canvas colours are 0xRRGGBB
 */
export function hashOf({ width, height, colours }) {
  let hash = 0x811c9dc5;
  for (const colour of colours) {
    const turned = (colour & 0xff00) | ((colour >>> 16) & 0xff) | ((colour & 0xff) << 16);
    hash = Math.imul(hash ^ turned, 0x01000193);
  }
  return { width, height, hash: hash >>> 0 };
}

class OpenedPage {
  /** Of playwright. */
  page;
  #context;
  /** Errors on the console, violations of the policy, requests to other hosts. */
  complaints = [];

  constructor(page, context, url) {
    this.page = page;
    this.#context = context;
    const { host } = new URL(url);
    page.on('console', message => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
    page.on('pageerror', error => this.complaints.push(String(error)));
    page.on('request', request => {
      if (new URL(request.url()).host !== host && !request.url().startsWith('blob:'))
        this.complaints.push(request.url());
    });
  }

  shown() {
    return this.page.evaluate(hashOfCanvas);
  }

  /**
   * @param {{ width: number, height: number }} size
   * @returns {Promise<Uint8Array | null>} packed RGB; null: there is no picture of that size
   */
  async rgb(size) {
    const rgb = await this.page.evaluate(rgbOfCanvas, size);
    return rgb && Uint8Array.from(rgb);
  }

  /** What the page is doing: connecting, code, waiting, watching, away, ended, stopped, unsupported. */
  state() {
    return this.page.evaluate(() => document.body.dataset.state);
  }

  /** All visible text. @returns {Promise<string>} */
  text() {
    return this.page.evaluate(() => document.body.innerText);
  }

  /** @param {'visible' | 'hidden'} visibility */
  async setVisibility(visibility) {
    await this.page.evaluate(value => {
      Object.defineProperty(document, 'visibilityState', { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, visibility);
  }

  async stop() {
    await this.#context.close();
  }
}
