import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { PeerglassError } from '../../../source/core/errors.js';
import { systemClock } from '../../../source/node/clock.js';
import { nodeCompressors } from '../../../source/node/compressors.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Recordings } from '../../../source/session/recording/recordings.js';
import type { RecordedChange } from '../../../source/session/recording/screen-recorder.js';
import { ScreenRecorder } from '../../../source/session/recording/screen-recorder.js';

const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-'));
afterAll(() => rmSync(folder, { recursive: true }));

function recordings() {
  const notices: (string | undefined)[] = [];
  const texts: string[] = [];
  const made = new Recordings({
    ...{ clock: systemClock, memory: createPixelMemory(), compressors: nodeCompressors },
    ...{ date: () => 0, recordingChanged: () => {}, recordNext: () => {}, refineRecording: () => {} },
    notice: (_tone, text, code) => {
      texts.push(text);
      notices.push(code);
    },
  });
  return { made, notices, texts };
}

test('one that is still being opened when the session closes is ended, too', async () => {
  const { made } = recordings();
  const file = path.join(folder, 'late.pglog');
  const begun = made.begin(file);
  await made.switchTo(null);
  await begun;
  expect(made.active).toBe(false);
  expect(readFileSync(file).length).toBeGreaterThan(0);
});

test('a change that cannot be recorded ends the recording, with its reason, and not the session', async () => {
  const { made, notices } = recordings();
  await made.begin(path.join(folder, 'full.pglog'));
  const take = vi.spyOn(ScreenRecorder.prototype, 'take').mockImplementation(() => {
    throw new PeerglassError('E_MEMORY', 'There is not enough memory.');
  });
  made.take({} as RecordedChange);
  take.mockRestore();
  expect(made.active).toBe(false);
  expect(notices.at(-1)).toBe('E_RECORDING');
  await made.switchTo(null);
});

test('the size of a small recording is said in its unit', async () => {
  const { made, texts } = recordings();
  await made.begin(path.join(folder, 'small.pglog'));
  await made.switchTo(null);
  expect(texts.at(-1)).toMatch(/small\.pglog: 0 s, [1-9]\d* B$/);
});
