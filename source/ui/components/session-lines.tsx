import { Box } from 'ink';
import { memo } from 'react';
import { bytesText } from '../../core/bytes-text.js';
import type { ExportSnapshot, RecordingSnapshot, Snapshot } from '../../session/snapshot.js';
import { countText, elapsed, timeOfDay } from '../format.js';
import { detailOf } from '../layout.js';
import type { Notice } from '../session-view.js';
import { shareVerdictLine } from '../share-lines.js';
import type { Tone as ToneName } from '../theme.js';
import Tone from './tone.js';

interface Lines {
  readonly verdict: string | null;
  readonly exported: ExportSnapshot | null;
  readonly recording: RecordingSnapshot | null;
}

/** Shown whichever panel is enlarged: what limits the session (unless a panel says so), and files being written. */
export function sessionLines(
  snapshot: Snapshot | null,
  columns: number,
  rows: number,
  enlarged: string | null,
): Lines & { readonly rows: number } {
  const bare = rows >= 10 && (detailOf(columns, rows) === 'tiny' || (enlarged !== null && enlarged !== 'figures'));
  const verdict = bare ? verdictOf(snapshot) : null;
  const exported = exportLine(snapshot?.export ?? null, rows);
  const recording = rows >= 9 ? (snapshot?.recording ?? null) : null;
  const lines = [verdict, exported, recording].filter(each => each !== null);
  return { verdict, exported, recording, rows: lines.length };
}

function verdictOf(snapshot: Snapshot | null): string {
  return snapshot?.role === 'share' ? shareVerdictLine(snapshot).text : (snapshot?.bottleneck ?? ' ');
}

/** The line about a running export, where there is room for one. */
export function exportLine(exported: ExportSnapshot | null, rows: number): ExportSnapshot | null {
  return rows >= 9 ? exported : null;
}

export default function SessionLines({ verdict, exported, recording }: Lines) {
  return (
    <Box flexDirection="column" paddingX={1} flexShrink={0}>
      {verdict === null ? null : <Tone tone="muted">{verdict}</Tone>}
      {exported === null ? null : (
        <Tone tone="warning">
          {`● ${exported.kind === 'captured' ? 'exporting' : 'exporting, synthesised'}: ${countText(exported.packets)} packets  ${exported.file}`}
        </Tone>
      )}
      {recording === null ? null : (
        <Tone tone="bad">
          {`● recording: ${elapsed(recording.ms)}  ${bytesText(recording.bytes)}  ${recording.file}`}
        </Tone>
      )}
    </Box>
  );
}

interface Props {
  readonly notices: readonly Notice[];
  readonly rows: number;
  /** For a narrow terminal: without times. */
  readonly bare?: boolean;
}

const TONES: Record<Notice['tone'], ToneName> = { info: 'plain', good: 'good', warning: 'warning' };

/** The latest notices, newest at the bottom. */
export const NoticeList = memo(function NoticeList({ notices, rows, bare = false }: Props) {
  const shown = notices.slice(-Math.max(0, rows));
  return (
    <Box flexDirection="column" height={rows} flexShrink={0}>
      {shown.map(notice => (
        <Tone key={notice.id} tone={TONES[notice.tone]}>
          {bare ? '' : <Tone tone="muted">{`${timeOfDay(notice.time)} `}</Tone>}
          {notice.tone === 'warning' ? '! ' : ''}
          {notice.text}
        </Tone>
      ))}
    </Box>
  );
});
