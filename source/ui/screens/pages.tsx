import { type ReactNode, useEffect } from 'react';
import { byEncoding } from '../../session/bakeoff.js';
import type { StartPacketFeed } from '../../session/inspect/packet-messages.js';
import type { ViewerSnapshot } from '../../session/snapshot.js';
import { bytes, countText, milliseconds, rate } from '../format.js';
import { delayOf, NO_LINK_HISTORY } from '../session-view.js';
import { videoLine, viewerName } from '../share-lines.js';
import type { ShareView } from '../share-view.js';
import type { WatchView } from '../watch-view.js';
import BakeoffPage from './bakeoff-page.js';
import ConnectionPage from './connection-page.js';
import InspectPages, { type InspectKind } from './inspect-pages.js';

/** What a page behind a dashboard is given. */
export interface PageProps<View> {
  readonly view: View;
  /** A share's chosen viewer, and how to choose another. */
  readonly viewer: ViewerSnapshot | null;
  readonly moveViewer: (step: 1 | -1) => void;
  readonly startPacketFeed: StartPacketFeed;
  readonly columns: number;
  readonly rows: number;
  /** To another page, or null for the dashboard. */
  readonly go: (page: InspectKind | null) => void;
}

/** A page is redrawn with its dashboard, at each change of the view. */
type Pages<View> = Readonly<Record<string, (props: PageProps<View>) => ReactNode>>;

function filmOf(view: ShareView): string | null {
  const { snapshot } = view.get();
  return snapshot && videoLine(snapshot.video);
}

/**
 * The pages behind the share's dashboard. The key that opens a page has its name in the table of keys (`connection`:
 * the key that enlarges, where no panel is chosen); its own keys stand there as a screen.
 */
export const SHARE_PAGES = {
  packets: props => <Inspect kind="packets" {...props} />,
  messages: props => <Inspect kind="messages" {...props} />,
  connection: props => <ViewerConnection {...props} />,
  bakeoff: ({ view, viewer, columns, rows, go }) => (
    <BakeoffPage
      view={view}
      report={view.get().bakeoff}
      viewer={viewer}
      film={filmOf(view)}
      columns={columns}
      rows={rows}
      close={() => go(null)}
    />
  ),
} as const satisfies Pages<ShareView>;

/** Those behind the dashboard of who watches. */
export const WATCH_PAGES = {
  packets: props => <Inspect kind="packets" {...props} />,
  messages: props => <Inspect kind="messages" {...props} />,
  connection: props => <PeerConnection {...props} />,
} as const satisfies Pages<WatchView>;

export type SharePage = keyof typeof SHARE_PAGES;
export type WatchPage = keyof typeof WATCH_PAGES;

type Name<Pages> = keyof Pages & string;

/** Whether one of the dashboard's pages covers it. */
export function isPage<Pages extends object>(pages: Pages, over: string | null): over is Name<Pages> {
  return over !== null && Object.hasOwn(pages, over);
}

/** What the keys do that open pages. */
export function pageKeys<Pages extends object>(
  pages: Pages,
  open: (page: Name<Pages>) => void,
): Readonly<Record<Name<Pages>, () => void>> {
  const names = Object.keys(pages) as Name<Pages>[];
  return Object.fromEntries(names.map(page => [page, () => open(page)])) as Record<Name<Pages>, () => void>;
}

function Inspect({
  kind,
  view,
  startPacketFeed,
  columns,
  rows,
  go,
}: { readonly kind: InspectKind } & PageProps<ShareView | WatchView>) {
  const { messages, notices, snapshot } = view.get();
  return (
    <InspectPages
      key={kind}
      kind={kind}
      session={{
        place: view.role,
        ports: view.ports,
        messages,
        lookAtMessages: view.lookAtMessages,
        exported: snapshot?.export ?? null,
        toggleExport: view.toggleExport,
        notices,
      }}
      startPacketFeed={startPacketFeed}
      columns={columns}
      rows={rows}
      go={go}
    />
  );
}

function viewerFigures(viewer: ViewerSnapshot) {
  return [
    { label: 'protocol', value: viewer.via === 'web' ? `${viewer.wire} (web)` : viewer.wire },
    { label: 'fps', value: rate(viewer.fps) },
    { label: 'Mbit/s', value: rate(viewer.mbitPerSecond) },
    { label: 'frames', value: countText(viewer.frames) },
    { label: 'sent', value: bytes(viewer.bytes) },
    { label: 'skipped', value: countText(viewer.skipped) },
    { label: 'queued', value: bytes(viewer.unsentBytes) },
    ...byEncoding(viewer.encodings)
      .slice(0, 3)
      .map(([name, count]) => ({ label: name, value: countText(count) })),
  ];
}

function ViewerConnection({ view, viewer, moveViewer, columns, rows, go }: PageProps<ShareView>) {
  const { links, snapshot } = view.get();
  const gone = viewer === null;
  useEffect(() => {
    if (gone) go(null);
  }, [gone, go]);
  if (gone) return null;
  return (
    <ConnectionPage
      place="share"
      peer={viewer.via === 'web' ? `${viewer.address} (${viewerName(viewer)})` : viewer.address}
      figures={viewerFigures(viewer)}
      tcp={viewer.tcp}
      history={links.get(viewer.id) ?? NO_LINK_HISTORY}
      verdict={snapshot?.bottleneck ?? ' '}
      columns={columns}
      rows={rows}
      move={(snapshot?.viewers.length ?? 0) > 1 ? moveViewer : null}
      close={() => go(null)}
    />
  );
}

function PeerConnection({ view, columns, rows, go }: PageProps<WatchView>) {
  const { link, snapshot } = view.get();
  return (
    <ConnectionPage
      place="watch"
      peer={snapshot?.peer ?? view.options.peer.host}
      figures={[
        { label: 'protocol', value: snapshot?.wire ?? '-' },
        { label: 'fps', value: rate(snapshot?.fps ?? 0) },
        { label: 'Mbit/s', value: rate(snapshot?.mbitPerSecond ?? 0) },
        { label: 'frames', value: countText(snapshot?.frames ?? 0) },
        { label: 'received', value: bytes(snapshot?.bytes ?? 0) },
        { label: snapshot?.broadcast ? 'age p95' : 'latency p95', value: milliseconds(delayOf(snapshot)?.p95 ?? null) },
      ]}
      tcp={snapshot?.tcp ?? null}
      history={link}
      verdict={snapshot?.bottleneck ?? ' '}
      columns={columns}
      rows={rows}
      move={null}
      close={() => go(null)}
    />
  );
}
