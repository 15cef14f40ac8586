import { oneLine } from '../core/errors.js';
import type { LocalAddress } from '../session/app-services.js';
import { regionText } from '../session/option-values.js';
import type { ShareTargets } from '../session/share-targets.js';

/** What `peerglass list` prints, with a line end. */
export function listText(targets: ShareTargets, addresses: readonly LocalAddress[]): string {
  const { source, monitors, windows } = targets;
  const lines = ['Monitors (--monitor N or NAME)'];
  if (source.kind === null) lines.push(`  ${oneLine(source.error)}`);
  else lines.push(`  by ${source.kind}: ${source.why}`);
  for (const { number, name, primary, geometry } of monitors) {
    lines.push(`  ${number}  ${regionText(geometry).padEnd(20)}  ${name}${primary ? ' (primary)' : ''}`);
  }
  lines.push('', 'Windows (--window ID)');
  if (windows.length === 0) lines.push('  none');
  for (const { id, title, geometry } of windows) {
    lines.push(`  ${id.padEnd(12)}  ${regionText(geometry).padEnd(20)}  ${title}`);
  }
  lines.push('', 'Addresses of this machine');
  if (addresses.length === 0) lines.push('  none but 127.0.0.1');
  for (const { address, card, defaultRoute } of addresses) {
    lines.push(`  ${address}  ${card}${defaultRoute ? ' (default route)' : ''}`);
  }
  return `${lines.join('\n')}\n`;
}
