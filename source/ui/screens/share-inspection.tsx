import { useEffect } from 'react';
import type { StartPacketFeed } from '../../session/inspect/packet-messages.js';
import type { ViewerSnapshot } from '../../session/snapshot.js';
import { bytes, countText, rate } from '../format.js';
import { NO_LINK_HISTORY } from '../session-view.js';
import type { ShareView, ShareViewState } from '../share-view.js';
import BakeoffPage from './bakeoff-page.js';
import ConnectionPage from './connection-page.js';
import InspectPages, { type InspectKind } from './inspect-pages.js';

export type ShareInspectionKind = InspectKind | 'connection' | 'bakeoff';

interface Props {
  readonly kind: ShareInspectionKind;
  readonly view: ShareView;
  readonly state: ShareViewState;
  /** The chosen viewer, and how to choose another. */
  readonly viewer: ViewerSnapshot | null;
  readonly moveViewer: (step: 1 | -1) => void;
  readonly startPacketFeed: StartPacketFeed;
  readonly columns: number;
  readonly rows: number;
  readonly go: (kind: ShareInspectionKind | null) => void;
}

function viewerFigures(viewer: ViewerSnapshot) {
  const used = Object.entries(viewer.encodings).sort(([, a], [, b]) => b - a);
  return [
    { label: 'wire', value: viewer.wire },
    { label: 'frames/s', value: rate(viewer.fps) },
    { label: 'Mbit/s', value: rate(viewer.mbitPerSecond) },
    { label: 'frames', value: countText(viewer.frames) },
    { label: 'sent', value: bytes(viewer.bytes) },
    { label: 'skipped', value: countText(viewer.skipped) },
    { label: 'queued here', value: bytes(viewer.unsentBytes) },
    ...used.slice(0, 3).map(([name, count]) => ({ label: name, value: countText(count) })),
  ];
}

/** The pages behind the share dashboard that look at the wire and what goes over it. */
export default function ShareInspection(props: Props) {
  const { kind, view, state, viewer, columns, rows, go } = props;
  const gone = kind === 'connection' && viewer === null;
  useEffect(() => {
    if (gone) go(null);
  }, [gone, go]);
  if (kind === 'connection') {
    if (viewer === null) return null;
    return (
      <ConnectionPage
        place="share"
        peer={viewer.address}
        figures={viewerFigures(viewer)}
        tcp={viewer.tcp}
        history={state.links.get(viewer.id) ?? NO_LINK_HISTORY}
        verdict={state.snapshot?.bottleneck ?? ' '}
        columns={columns}
        rows={rows}
        move={(state.snapshot?.viewers.length ?? 0) > 1 ? props.moveViewer : null}
        close={() => go(null)}
      />
    );
  }
  if (kind === 'bakeoff') {
    const close = (): void => go(null);
    return (
      <BakeoffPage view={view} report={state.bakeoff} viewer={viewer} columns={columns} rows={rows} close={close} />
    );
  }
  return (
    <InspectPages
      key={kind}
      kind={kind}
      session={{
        place: 'share',
        ports: state.listening,
        messages: state.messages,
        lookAtMessages: view.lookAtMessages,
        exported: state.snapshot?.export ?? null,
        toggleExport: () => view.toggleExport(),
        notices: state.notices,
      }}
      startPacketFeed={props.startPacketFeed}
      columns={columns}
      rows={rows}
      go={go}
    />
  );
}
