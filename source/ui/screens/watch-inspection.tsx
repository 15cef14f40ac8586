import type { InspectedPort, StartPacketFeed } from '../../session/inspect/packet-messages.js';
import { bytes, countText, milliseconds, rate } from '../format.js';
import type { WatchView, WatchViewState } from '../watch-view.js';
import ConnectionPage from './connection-page.js';
import InspectPages, { type InspectKind } from './inspect-pages.js';

export type WatchInspectionKind = InspectKind | 'connection';

interface Props {
  readonly kind: WatchInspectionKind;
  readonly view: WatchView;
  readonly state: WatchViewState;
  readonly startPacketFeed: StartPacketFeed;
  readonly columns: number;
  readonly rows: number;
  readonly go: (kind: WatchInspectionKind | null) => void;
}

/** The port of the peer, once there is a connection or where it was asked for. */
function portsOf({ options }: WatchView, { snapshot }: WatchViewState): InspectedPort[] {
  const port = /:(\d+)$/.exec(snapshot?.peer ?? '')?.[1] ?? options.peer.port;
  return port === null ? [] : [{ port: Number(port), wire: snapshot?.wire ?? null }];
}

/** The pages behind the watch dashboard that look at the wire. */
export default function WatchInspection(props: Props) {
  const { kind, view, state, columns, rows, go } = props;
  const { snapshot } = state;
  if (kind === 'connection') {
    return (
      <ConnectionPage
        place="watch"
        peer={snapshot?.peer ?? view.options.peer.host}
        figures={[
          { label: 'wire', value: snapshot?.wire ?? '-' },
          { label: 'frames/s', value: rate(snapshot?.fps ?? 0) },
          { label: 'Mbit/s', value: rate(snapshot?.mbitPerSecond ?? 0) },
          { label: 'frames', value: countText(snapshot?.frames ?? 0) },
          { label: 'received', value: bytes(snapshot?.bytes ?? 0) },
          { label: 'latency p95', value: milliseconds(snapshot?.latencyMs?.p95 ?? null) },
        ]}
        tcp={snapshot?.tcp ?? null}
        history={state.link}
        verdict={snapshot?.bottleneck ?? ' '}
        columns={columns}
        rows={rows}
        move={null}
        close={() => go(null)}
      />
    );
  }
  return (
    <InspectPages
      key={kind}
      kind={kind}
      session={{
        place: 'watch',
        ports: portsOf(view, state),
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
