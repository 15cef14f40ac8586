import type { CaptureSource } from '../../capture/capture-source.js';
import { chooseSource } from '../../capture/choose.js';
import type { ShareOptions, ShareTarget } from '../share-options.js';

/**
 * The source that the options ask for, opened.
 *
 * @throws PeerglassError as chooseSource and CaptureSource.open do
 */
export async function openSource(options: ShareOptions, target: ShareTarget): Promise<CaptureSource> {
  const { source, display, classicSize } = options;
  const chosen = chooseSource({ source, target, display, patternSize: classicSize });
  await chosen.open();
  return chosen;
}
