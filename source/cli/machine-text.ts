import { oneLine } from '../core/errors.js';
import { formatPeerAddress } from '../core/peer-address.js';
import type { FoundSharers, LocalAddress, ShareTargets } from '../session/app-services.js';
import type { Finding, FindingStatus } from '../session/doctor/finding.js';
import { encryptionText, regionText } from '../session/option-values.js';
import { asksByDialog } from '../session/share-options.js';

const MARKS: Readonly<Record<'utf8' | 'ascii', Readonly<Record<FindingStatus, string>>>> = {
  utf8: { ok: '✓', warning: '!', missing: '✗' },
  ascii: { ok: 'ok', warning: '! ', missing: 'x ' },
};

/** The output of `peerglass doctor`: one line for each finding, its remedy below. */
export function doctorText(findings: readonly Finding[], utf8: boolean): string {
  const marks = MARKS[utf8 ? 'utf8' : 'ascii'];
  const lines = findings.flatMap(({ status, text, remedy }) => [
    `${marks[status]} ${text}`,
    ...remedy
      .split('\n')
      .filter(line => line !== '')
      .map(line => `    ${line}`),
  ]);
  return `${lines.join('\n')}\n`;
}

/** A sharer or viewer that is known from before. */
export interface KnownEnd {
  /** An address, or the first digits of a key. */
  readonly id: string;
  readonly text: string;
}

/** The output of `peerglass forget` without anything to forget. */
export function knownText(sharers: readonly KnownEnd[], viewers: readonly KnownEnd[]): string {
  const lines = (ends: readonly KnownEnd[]) => {
    const width = Math.max(...ends.map(({ id }) => id.length));
    return ends.length === 0 ? ['  none'] : ends.map(({ id, text }) => `  ${id.padEnd(width)}  ${text}`);
  };
  return `${[
    'Known sharers (peerglass forget ADDRESS)',
    ...lines(sharers),
    '',
    'Remembered viewers (peerglass forget --viewer KEY)',
    ...lines(viewers),
  ].join('\n')}\n`;
}

/** The output of `peerglass list`. */
export function listText(targets: ShareTargets, addresses: readonly LocalAddress[], found: FoundSharers): string {
  const { source, monitors, windows } = targets;
  const lines = ['Monitors (--monitor N or NAME)'];
  if (source.kind === null) lines.push(`  ${oneLine(source.error)}`);
  else lines.push(`  captured by ${source.kind}: ${source.why}`);
  for (const { number, name, primary, geometry, note } of monitors) {
    const notes = `${primary ? ' (primary)' : ''}${note === undefined ? '' : ` (${note})`}`;
    lines.push(`  ${number}  ${regionText(geometry).padEnd(20)}  ${name}${notes}`);
  }
  const dialog = source.kind !== null && asksByDialog(source.kind);
  if (dialog) lines.push('  a dialog of your desktop asks which to share');
  lines.push('', 'Windows (--window ID or TITLE)');
  if (dialog) lines.push('  a dialog of your desktop asks which to share: --window any');
  else if (windows.length === 0) lines.push('  none');
  for (const { id, title, geometry } of windows) {
    lines.push(`  ${id.padEnd(12)}  ${(geometry ? regionText(geometry) : '').padEnd(20)}  ${title}`);
  }
  lines.push('', 'Addresses of this machine');
  if (addresses.length === 0) lines.push('  none but 127.0.0.1');
  for (const { address, interfaceName, defaultRoute } of addresses) {
    lines.push(`  ${address}  ${interfaceName}${defaultRoute ? ' (default route)' : ''}`);
  }
  lines.push('', 'Sharers on the network (peerglass watch ADDRESS)', ...sharerLines(found));
  return `${lines.join('\n')}\n`;
}

function sharerLines({ sharers, more, problem }: FoundSharers): string[] {
  const lines = sharers.map(({ name, address, port, encryption }) => {
    const place = formatPeerAddress({ host: address, port }, 'rfb');
    return [`  ${place.padEnd(24)}`, name, encryptionText(encryption)].join('  ').trimEnd();
  });
  if (more > 0) lines.push(`  and ${more} more`);
  if (problem !== null) lines.push(`  ${problem}`);
  return lines.length > 0 ? lines : ['  none found'];
}
