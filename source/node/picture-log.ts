import { appendFileSync } from 'node:fs';
import { followPictures, type PictureLine } from '../core/picture-events.js';

/** A file for the events of each picture's way, from all threads and processes of this machine. */
export const PICTURES_VARIABLE = 'PEERGLASS_PICTURES';

/** How long events are kept before they are written. */
const FLUSH_MS = 1000;

/** Logs the events of this thread if the environment asks for it, as JSON lines. */
export function logPictures(end: PictureLine['end'], file = process.env[PICTURES_VARIABLE] ?? ''): void {
  if (file === '') return;
  let lines: PictureLine[] = [];
  let waiting = false;
  const flush = () => {
    waiting = false;
    const text = lines.map(line => `${JSON.stringify(line)}\n`).join('');
    lines = [];
    try {
      appendFileSync(file, text, { mode: 0o600 });
    } catch (thrown) {
      followPictures(null);
      console.error(`${file} cannot be written: ${thrown instanceof Error ? thrown.message : thrown}`);
    }
  };
  followPictures((event, number, captured) => {
    lines.push({ end, event, ms: Number(process.hrtime.bigint()) / 1e6, number, captured });
    if (waiting) return;
    waiting = true;
    setTimeout(flush, FLUSH_MS).unref();
  });
  process.once('exit', flush);
}
