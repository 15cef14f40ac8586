import type { PeerglassError } from '../core/errors.js';
import { checkWritable } from '../node/whole-file.js';

/** Files that a person has named, and what for; null: none. */
export interface NamedFiles {
  /** A recording to be read, and the time to play it from, in seconds. */
  readonly recording: { readonly file: string; readonly at: number | null } | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  readonly snapshotFile: string | null;
  readonly exportFile: string | null;
  readonly recordFile: string | null;
}

/**
 * Checks files before a terminal, a display or a connection is asked for, since a mistyped name is what to tell then.
 * Nothing is written. What a check needs is loaded only where such a file is named.
 * @throws PeerglassError E_REPLAY_FILE, E_CERTIFICATE, E_SNAPSHOT, E_EXPORT, E_RECORDING; E_USAGE for a time after the
 * end of the recording
 */
export async function checkNamedFiles(files: NamedFiles): Promise<void> {
  const { recording, certFile, keyFile, snapshotFile, exportFile, recordFile } = files;
  if (recording) {
    const { openToPlay } = await import('./play/open-recording.js');
    await (await openToPlay(recording)).close();
  }
  if (certFile !== null) {
    const { shareIdentity } = await import('./share/share-identity.js');
    // The share itself tells what is to be noticed about it.
    shareIdentity({ certFile, keyFile }, null, () => {});
  }
  await check(snapshotFile, 'whole', async () => (await import('./picture-file.js')).unwrittenPicture);
  await check(exportFile, 'in place', async () => (await import('./inspect/traffic-export.js')).unwrittenExport);
  await check(recordFile, 'new', async () => (await import('./recording/recording-file.js')).unwrittenRecording);
}

async function check(
  file: string | null,
  way: Parameters<typeof checkWritable>[1],
  problem: () => Promise<(file: string, cause: unknown) => PeerglassError>,
): Promise<void> {
  if (file === null) return;
  try {
    checkWritable(file, way);
  } catch (cause) {
    throw (await problem())(file, cause);
  }
}
