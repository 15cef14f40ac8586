import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Pattern } from '../../source/capture/pattern/pattern.js';
import { writeRecordingPage } from '../../source/session/play/recording-page.js';
import { Chromium, hashOf } from '../helpers/chromium.mjs';

const RECORDING = fileURLToPath(new URL('../../fixtures/replay/pattern.pglog', import.meta.url));
const SIZE = { width: 480, height: 270 };
const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-player-'));
let chromium: Chromium;

beforeAll(async () => {
  chromium = await Chromium.start();
});
afterAll(async () => {
  await chromium.stop();
  rmSync(folder, { recursive: true });
});

/** The pattern as the recording has it after so many frames, of which it shows thirty a second. */
function patternAt(frame: number) {
  const pattern = new Pattern(SIZE);
  for (let each = 0; each <= frame; each++) pattern.draw(each * 2);
  return hashOf({ ...SIZE, colours: pattern.canvas.pixels });
}

it('a page with a recording plays it to the pixel, by keys and controls, and asks nobody for anything', async () => {
  const file = path.join(folder, 'page.html');
  await writeRecordingPage(RECORDING, file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const page = await chromium.open(pathToFileURL(file).href);
  await expect.poll(() => page.state()).toBe('paused');
  await expect.poll(() => page.shown()).toEqual(patternAt(0));
  expect(await page.page.title()).toBe('test pattern');
  await page.page.keyboard.press('5');
  await expect.poll(() => page.shown()).toEqual(patternAt(30));
  await page.page.keyboard.press('.');
  await expect.poll(() => page.shown()).toEqual(patternAt(31));
  await page.page.click('#step-back');
  await expect.poll(() => page.shown()).toEqual(patternAt(30));
  await page.page.locator('#position').fill('1500');
  await expect.poll(() => page.shown()).toEqual(patternAt(45));
  expect(await page.text()).toContain('0:01 / 0:02');
  await page.page.keyboard.press(' ');
  await expect.poll(() => page.state()).toBe('ended');
  await expect.poll(() => page.shown()).toEqual(patternAt(59));
  expect(page.complaints).toEqual([]);
  await page.stop();
});

it('what is no recording gets no page', async () => {
  await expect(
    writeRecordingPage(path.join(folder, 'page.html'), path.join(folder, 'other.html')),
  ).rejects.toMatchObject({ code: 'E_REPLAY_FILE' });
  await expect(writeRecordingPage(RECORDING, path.join(folder, 'none', 'page.html'))).rejects.toMatchObject({
    code: 'E_RECORDING',
  });
});
