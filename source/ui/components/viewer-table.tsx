import { memo } from 'react';
import { byEncoding, encodingText } from '../../session/bakeoff.js';
import type { SharedBroadcastSnapshot, VideoSnapshot, ViewerSnapshot } from '../../session/snapshot.js';
import { bytes, countText, elapsed, NOT_ENCRYPTED, rate, roundTrip } from '../format.js';
import { broadcastLine, isRead, videoLine, viewerName } from '../share-lines.js';
import { padTo } from '../text.js';
import Tone from './tone.js';

interface Column {
  readonly title: string;
  readonly width: number;
  readonly align: 'end' | 'start';
  /** Columns with a lower rank are kept longer when the terminal gets narrower. */
  readonly rank: number;
  value(viewer: ViewerSnapshot, now: number): string;
}

/** Rectangles by encoding, e.g. "Tight 120  CopyRect 4". */
function mix(viewer: ViewerSnapshot): string {
  return byEncoding(viewer.encodings)
    .map(([name, count]) => `${name} ${countText(count)}`)
    .join('  ');
}

/** "(set)" marks an encoding that the sharer chose for this viewer. */
function encoding({ sentAs }: ViewerSnapshot): string {
  return sentAs ? `${encodingText(sentAs)}${sentAs.chosen ? ' (set)' : ''}` : '';
}

/** Of photographs: lower than asked for where the link has no room for it. */
function quality({ sentAs, photoQuality }: ViewerSnapshot): string {
  return `${photoQuality ?? sentAs?.jpeg?.quality ?? ''}`;
}

const COLUMNS: readonly Column[] = [
  { title: 'viewer', width: 21, align: 'end', rank: 0, value: viewer => viewer.address },
  { title: 'name', width: 20, align: 'end', rank: 4, value: viewerName },
  { title: 'protocol', width: 8, align: 'end', rank: 6, value: ({ wire, via }) => (via === 'web' ? 'browser' : wire) },
  {
    title: 'since',
    width: 7,
    align: 'start',
    rank: 4,
    value: (viewer, now) =>
      viewer.state === 'watching' ? elapsed(now - viewer.connectedAt) : viewer.state.slice(0, 7),
  },
  { title: 'fps', width: 5, align: 'start', rank: 1, value: viewer => rate(viewer.fps) },
  { title: 'Mbit/s', width: 6, align: 'start', rank: 2, value: viewer => rate(viewer.mbitPerSecond) },
  { title: 'RTT', width: 7, align: 'start', rank: 3, value: viewer => roundTrip(viewer.rttMs, viewer.rttAgeMs) },
  { title: 'unsent', width: 7, align: 'start', rank: 5, value: viewer => bytes(viewer.unsentBytes) },
  { title: 'skipped', width: 7, align: 'start', rank: 5, value: viewer => countText(viewer.skipped) },
  { title: 'frames', width: 9, align: 'start', rank: 7, value: viewer => countText(viewer.frames) },
  { title: 'sent', width: 8, align: 'start', rank: 8, value: viewer => bytes(viewer.bytes) },
  { title: 'encoding', width: 16, align: 'end', rank: 9, value: encoding },
  { title: 'compression', width: 11, align: 'start', rank: 9, value: ({ sentAs }) => `${sentAs?.level ?? ''}` },
  { title: 'quality', width: 7, align: 'start', rank: 9, value: quality },
  {
    title: 'max rate',
    width: 8,
    align: 'start',
    rank: 8,
    value: ({ maxMbit }) => (maxMbit === null ? '' : rate(maxMbit)),
  },
  { title: 'protected by', width: 23, align: 'end', rank: 10, value: viewer => viewer.encryption ?? NOT_ENCRYPTED },
  { title: 'rectangles', width: 20, align: 'end', rank: 9, value: mix },
];

const MARK = 2;

/** @param named whether any viewer has a name */
function columnsIn(width: number, named: boolean): Column[] {
  const kept = new Set<Column>();
  let used = MARK - 1;
  for (const column of [...COLUMNS].sort((a, b) => a.rank - b.rank)) {
    if (used + column.width + 1 > width || (column.title === 'name' && !named)) continue;
    kept.add(column);
    used += column.width + 1;
  }
  return COLUMNS.filter(column => kept.has(column));
}

interface Props {
  readonly viewers: readonly ViewerSnapshot[];
  /** Said in place of viewers while there are none. */
  readonly none: string;
  /** The chosen viewer's id. */
  readonly chosen: number | null;
  /** The id of the viewer that lags most, which is marked; null if none does. */
  readonly slowest: number | null;
  /** It has a row of its own below the viewers; null: there is none. */
  readonly broadcast: SharedBroadcastSnapshot | null;
  /** Likewise where films are sent as video; null: not known yet. */
  readonly video: VideoSnapshot | null;
  readonly now: number;
  readonly columns: number;
  /** Including the heading. */
  readonly rows: number;
}

/** The range of viewers with a row (`last` excluded), always with the chosen one. @param rows including the heading */
export function shownViewers(
  viewers: readonly ViewerSnapshot[],
  chosen: number | null,
  rows: number,
): { readonly first: number; readonly last: number } {
  const space = Math.max(0, rows - 1);
  const at = Math.max(
    0,
    viewers.findIndex(viewer => viewer.id === chosen),
  );
  const first = Math.max(0, Math.min(viewers.length - space, at - Math.floor(space / 2)));
  return { first, last: Math.min(viewers.length, first + space) };
}

/** A row per viewer; the chosen one is always visible. */
function ViewerTable({ viewers, none, chosen, slowest, broadcast, video, now, columns, rows: allRows }: Props) {
  const film = video && videoLine(video);
  const rows = allRows - (broadcast === null ? 0 : 1) - (film === null ? 0 : 1);
  const named = viewers.some(viewer => viewerName(viewer) !== '');
  const shown = columnsIn(columns, named);
  const line = (cells: readonly string[]): string =>
    cells.map((cell, index) => padTo(cell, shown[index]!.width, shown[index]!.align)).join(' ');
  const { first, last } = shownViewers(viewers, chosen, rows);
  const below = (
    <>
      {film === null ? null : <Tone>{`  ${film}`}</Tone>}
      {broadcast === null ? null : (
        <Tone tone={isRead(broadcast) ? 'plain' : 'muted'}>{`  ${broadcastLine(broadcast)}`}</Tone>
      )}
    </>
  );
  if (viewers.length === 0) {
    return (
      <>
        <Tone tone="muted">{none}</Tone>
        {below}
      </>
    );
  }
  return (
    <>
      <Tone tone="muted">{`  ${line(shown.map(column => column.title))}`}</Tone>
      {viewers.slice(first, last).map(viewer => (
        <Tone
          key={viewer.id}
          tone={
            viewer.state === 'watching' && viewer.silentMs === null && viewer.id !== slowest
              ? viewer.id === chosen
                ? 'accent'
                : 'plain'
              : 'warning'
          }
          bold={viewer.id === chosen}
        >
          {`${viewer.id === chosen ? '▸' : ' '}${viewer.id === slowest ? '!' : ' '}${line(shown.map(column => column.value(viewer, now)))}`}
        </Tone>
      ))}
      {below}
    </>
  );
}

export default memo(ViewerTable);
