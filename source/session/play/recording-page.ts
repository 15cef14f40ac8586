import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PeerglassError } from '../../core/errors.js';
import { fileText } from '../../core/plain-text.js';
import { whyUnread, whyUnwritten, writeWhole } from '../../node/whole-file.js';
import { openRecording, unreadable } from './open-recording.js';

/** A larger page would exceed the longest string of browsers. */
const MAX_BYTES = 256 * 1024 * 1024;
const PLACE = '<!-- recording -->';

/**
 * Writes a page that holds a recording and its player, in one file.
 * @throws PeerglassError E_REPLAY_FILE, E_RECORDING
 */
export async function writeRecordingPage(file: string, page: string): Promise<void> {
  const { bytes, close } = await openRecording(file);
  await close();
  if (bytes > MAX_BYTES) {
    const size = `${Math.ceil(bytes / 1e6)} MB`;
    throw new PeerglassError(
      'E_REPLAY_FILE',
      `${fileText(file)} has ${size}: a page holds at most ${MAX_BYTES / 1e6} MB.`,
    );
  }
  const template = await readTemplate();
  const at = template.indexOf(PLACE);
  let recording: Buffer;
  try {
    recording = await readFile(file);
  } catch (cause) {
    throw unreadable(file, whyUnread(cause), cause);
  }
  const parts = [template.slice(0, at), recording.toString('base64'), template.slice(at + PLACE.length)];
  try {
    await writeWhole(page, Buffer.concat(parts.map(part => Buffer.from(part))));
  } catch (cause) {
    const message = `The page cannot be written to ${fileText(page)} (${whyUnwritten(cause)}).`;
    throw new PeerglassError('E_RECORDING', message, 'Choose another file.', { cause });
  }
}

/** The page without a recording, made by the build. */
async function readTemplate(): Promise<string> {
  const places = ['../../../browser/player.html', '../../../dist/browser/player.html'];
  for (const place of places) {
    const text = await readFile(fileURLToPath(new URL(place, import.meta.url)), 'utf8').catch(() => null);
    if (text?.includes(PLACE)) return text;
  }
  throw new PeerglassError('E_RECORDING', 'The page for recordings was not built.', 'Build it: npm run build');
}
